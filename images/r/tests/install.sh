#!/bin/bash
# timeout: 300
# install.packages() works for the image's user: a source package, C code included, from a repository in a directory.
set -euo pipefail
work=$(mktemp -d)
mkdir -p "$work"/probe/{R,src} "$work"/repo/src/contrib
cd "$work"
cat >probe/DESCRIPTION <<'D'
Package: probe
Version: 1.0
Title: Probe
Description: Shows that packages can be installed.
Author: Nobody
Maintainer: Nobody <nobody@example.org>
License: MIT
D
printf 'useDynLib(probe)\nexport(answer)\n' >probe/NAMESPACE
printf 'answer <- function() .Call("probe_answer", PACKAGE = "probe")\n' >probe/R/answer.R
printf '#include <Rinternals.h>\nSEXP probe_answer(void) { return Rf_ScalarInteger(42); }\n' >probe/src/answer.c
R CMD build --no-build-vignettes probe >/dev/null
mv probe_1.0.tar.gz repo/src/contrib/
Rscript -e 'tools::write_PACKAGES("repo/src/contrib", type = "source")' >/dev/null
Rscript -e 'options(warn = 2); install.packages("probe", repos = paste0("file://", getwd(), "/repo"), quiet = TRUE)'
Rscript -e 'stopifnot(probe::answer() == 42L)'
