#!/bin/bash
# user: 12345:0
# read-only: /tmp /home/onyxia
# security: restricted
# timeout: 300
# A uid that nobody knows, a root that cannot be written, no network, no privileges.
set -euo pipefail
cd "$(mktemp -d)"
echo '*six* times seven' >probe.qmd
quarto render probe.qmd --to html --quiet
grep -q '<em>six</em>' probe.html
