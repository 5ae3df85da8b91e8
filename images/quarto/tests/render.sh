#!/bin/bash
# timeout: 300
# A page is made of Markdown without a network; and PDF by Typst, which Quarto brings along.
set -euo pipefail
[[ $(command -v quarto) == /usr/local/bin/quarto ]]
cd "$(mktemp -d)"
printf -- '---\ntitle: Probe\n---\n\n*six* times seven\n' >probe.qmd
quarto render probe.qmd --to html --quiet
grep -q '<em>six</em>' probe.html
quarto render probe.qmd --to typst --quiet
[[ $(head -c 5 probe.pdf) == %PDF- ]]
