#!/bin/bash
# Manuals, documentation and translations stay out of the image; licences, and directories that packages make links in, do not.
set -euo pipefail
found=$({ find /usr/share/man /usr/share/info -type f; find /usr/share/locale -name '*.mo' -type f; } | head -3)
[[ -z $found ]] || { echo "packages brought documentation: $found"; exit 1; }
for path in /usr/share/doc/bash/copyright /usr/share/man/man1 /etc/dpkg/dpkg.cfg.d/excludes; do
  [[ -e $path ]] || { echo "$path is not there"; exit 1; }
done
# No package without its licence.
for package in $(dpkg-query --show --showformat '${Package}\n'); do
  [[ -e /usr/share/doc/$package/copyright ]] || echo "$package"
done >/tmp/without
[[ ! -s /tmp/without ]] || { echo "without a licence: $(paste -sd ' ' /tmp/without)"; exit 1; }
