#!/bin/bash
# R's directory has the path that scripts for other images name, and its configuration is the user's.
set -euo pipefail
[[ $R_HOME == /usr/local/lib/R ]]
for program in Rscript R "$(R RHOME)/bin/R" /usr/local/bin/R "$R_HOME/bin/R"; do
  said=$("$program" --no-echo -e 'cat("nothing else")')
  [[ $said == "nothing else" ]] || { echo "$program says: $said" && exit 1; }
done
for entry in bin/R doc etc/Renviron include/R.h lib/libR.so library/base modules share site-library; do
  [[ -e $R_HOME/$entry ]] || { echo "$R_HOME/$entry is not there" && exit 1; }
done
for program in R Rscript r install2.r installBioc.r installGithub.r; do
  [[ -x /usr/local/bin/$program ]] || { echo "/usr/local/bin/$program is not there" && exit 1; }
done

echo 'options(probe = 42)' >>/usr/local/lib/R/etc/Rprofile.site
echo 'PROBE=renviron' >>"$R_HOME/etc/Renviron.site"
# a program that writes a new file and gives it the name of the old one
sed -i 's/probe = 42/probe = 43/' "$R_HOME/etc/Rprofile.site"
# littler's r takes R's environment from when it was compiled
[[ $(r -e 'cat(getOption("probe"))') == 43 ]]
for command in Rscript /usr/local/bin/Rscript; do
  [[ $($command -e 'cat(getOption("probe"), Sys.getenv("PROBE"))') == "43 renviron" ]]
done
# Another R_HOME than this R's is still told.
[[ $(R_HOME=/elsewhere Rscript -e NULL) == *'ignoring environment value of R_HOME'* ]]
