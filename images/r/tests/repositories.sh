#!/bin/bash
# timeout: 300
# From a repository: install2.r installs, renv restores, installGithub.r starts.
set -euo pipefail
cd "$(mktemp -d)"
mkdir -p probe/R repo/src/contrib project
printf 'Package: probe\nVersion: 1.0\nTitle: P\nDescription: P.\nAuthor: N\nMaintainer: N <n@example.org>\nLicense: MIT\n' >probe/DESCRIPTION
echo 'export(answer)' >probe/NAMESPACE
echo 'answer <- function() 42L' >probe/R/answer.R
R CMD build --no-build-vignettes probe >/dev/null
mv probe_1.0.tar.gz repo/src/contrib/
Rscript -e 'tools::write_PACKAGES("repo/src/contrib", type = "source")' >/dev/null
python3 -m http.server --bind 127.0.0.1 --directory repo 8765 >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
for _ in {1..50}; do
  ! curl --silent --fail --noproxy '*' --output /dev/null http://127.0.0.1:8765/src/contrib/PACKAGES || break
  sleep 0.1
done

install2.r --error --repos http://127.0.0.1:8765 probe >/dev/null 2>&1
Rscript -e 'stopifnot(probe::answer() == 42L); remove.packages("probe")' >/dev/null 2>&1
# as a service's own mirror
R_REPOSITORY=http://127.0.0.1:8765 install2.r --error probe >/dev/null 2>&1
Rscript -e 'stopifnot(probe::answer() == 42L)'
[[ $(installGithub.r --help) == *'Usage: installGithub.r'* ]]

# one Debian release has no renv
[[ -e /usr/lib/R/site-library/renv ]] || exit 0
cat >project/renv.lock <<L
{
  "R": {"Version": "$(Rscript -e 'cat(format(getRversion()))')", "Repositories": [{"Name": "CRAN", "URL": "http://127.0.0.1:8765"}]},
  "Packages": {"probe": {"Package": "probe", "Version": "1.0", "Source": "Repository", "Repository": "CRAN"}}
}
L
cd project
Rscript -e 'renv::restore(prompt = FALSE, library = "library")' >log 2>&1 || { cat log && exit 1; }
Rscript -e 'stopifnot(file.exists("library/probe"), packageVersion("probe", lib.loc = "library") == "1.0")'
