#!/bin/bash
# The packages are there, and compute.
set -euo pipefail

Rscript - <<'END'
library(Epi)
library(lme4)
library(survival)
curves <- summary(survfit(Surv(time, status) ~ sex, lung))
stopifnot(nrow(curves$table) == 2)
END
