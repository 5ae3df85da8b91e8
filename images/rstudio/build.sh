#!/usr/bin/env bash
# RStudio Server without its package's scripts: they make an account and a service of the system, and here it runs as whoever
# the container runs.
set -euo pipefail
home=/usr/lib/rstudio-server
unpacked=$(mktemp -d)
dpkg-deb --extract /artifacts/archives/rstudio-server/rstudio-server-*.deb "$unpacked"
mv "$unpacked$home" "$home"
rm -r "$unpacked"
chown -R root:root "$home"
chmod -R go-w "$home"
# What starts it as a service of the system
rm -rf "$home/extras/init.d" "$home/extras/systemd" "$home/extras/upstart" "$home/extras/launchd"
# By the names that scripts for other images know. Quarto comes with it.
ln -s "$home/bin/rstudio-server" /usr/local/bin/rstudio-server
[[ ! -x $home/bin/quarto/bin/quarto ]] || ln -s "$home/bin/quarto/bin/quarto" /usr/local/bin/quarto
# It gives R a fresh environment, without R_PROFILE: R's own site profile leads to the service's. The start script, which does
# the same where it finds RStudio, leaves that alone.
echo 'source("/opt/onyxia/Rprofile.site")' >>/etc/R/Rprofile.site
# All libraries that its programs need are there.
for program in "$home"/bin/rserver "$home"/bin/rsession; do
  missing=$(LD_LIBRARY_PATH=/usr/lib/R/lib ldd "$program" | grep 'not found' || true)
  [[ -z $missing ]] || { printf '%s lacks\n%s\n' "$program" "$missing" && exit 1; }
done
