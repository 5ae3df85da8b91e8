#!/bin/bash
# Markdown becomes HTML, Word and back.
set -euo pipefail
cd "$(mktemp -d)"
printf '# Title\n\nText with *emphasis*.\n' >a.md
pandoc a.md -o a.html
grep -q '<em>emphasis</em>' a.html
pandoc a.md -o a.docx
[[ $(pandoc a.docx -t markdown) == *'*emphasis*'* ]]
