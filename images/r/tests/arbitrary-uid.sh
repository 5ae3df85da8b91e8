#!/bin/bash
# user: 4321:0
# A uid that nobody knows, in the group that engines give to it, changes R's configuration, and installs packages.
set -euo pipefail
echo 'options(probe = 42)' >>/usr/local/lib/R/etc/Rprofile.site
[[ $(Rscript -e 'cat(getOption("probe"))') == 42 ]]
mkdir -p /tmp/probe
printf 'Package: probe\nVersion: 1.0\nTitle: P\nDescription: P.\nAuthor: N\nMaintainer: N <n@example.org>\nLicense: MIT\n' >/tmp/probe/DESCRIPTION
: >/tmp/probe/NAMESPACE
R CMD INSTALL /tmp/probe >/dev/null 2>&1
[[ -d /usr/local/lib/R/site-library/probe ]]
