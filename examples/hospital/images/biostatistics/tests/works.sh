#!/bin/bash
# The packages are there, and compute.
set -euo pipefail

Rscript -e 'library(Epi); library(lme4); library(survival); stopifnot(nrow(summary(survfit(Surv(time, status) ~ sex, lung))$table) == 2)'
