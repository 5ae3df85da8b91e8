#!/usr/bin/env bash
# Makes Debian's R an R of the image's user, under the paths that scripts for other images name.
set -euo pipefail

# install.packages() works for the user, and for a uid that nobody knows, which engines put into the group 0. So does
# changing R's configuration, also by programs that write a new file and rename it (`sed -i`).
install -d -o 1000 -g 0 -m 2775 /usr/local/lib/R/site-library /etc/R
find /etc/R -type f -exec chown 1000:0 {} + -exec chmod 0664 {} +

# R as its own installation has it. Debian's has `etc` full of links, which `sed -i` would replace.
home=/usr/local/lib/R
for entry in bin lib library modules; do
  ln -s "../../../lib/R/$entry" "$home/$entry"
done
for entry in doc include share; do
  ln -s "../../../share/R/$entry" "$home/$entry"
done
ln -s ../../../../etc/R "$home/etc"

# R warns on standard output, where scripts read, about an R_HOME that is another directory than its own. This one
# leads there.
# shellcheck disable=SC2016
for script in /usr/bin/R /usr/lib/R/bin/R; do
  sed -i 's|^   test "${R_HOME}" != "${R_HOME_DIR}"; then$|   ! test "${R_HOME}/bin" -ef "${R_HOME_DIR}/bin"; then|' $script
  grep -q -- ' -ef "${R_HOME_DIR}/bin"; then$' $script
done

# What layers have to say when R starts
cat >>/etc/R/Rprofile.site <<'R'
for (file in Sys.glob("/opt/onyxia/R/*.R")) sys.source(file, new.env())
R

# R's programs start this before they load a library
echo '. /opt/onyxia/r-threads.sh' >>/etc/R/ldpaths

ln -s /usr/bin/R /usr/bin/Rscript /usr/bin/r /usr/local/bin/
for program in install2.r installBioc.r installGithub.r; do
  ln -s "/usr/lib/R/site-library/littler/examples/$program" /usr/local/bin/
done
