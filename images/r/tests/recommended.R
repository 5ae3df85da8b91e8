#!/usr/bin/env Rscript
# R's recommended packages are there, and its linear algebra is OpenBLAS.
recommended <- c(
  "KernSmooth", "MASS", "Matrix", "boot", "class", "cluster", "codetools", "foreign", "lattice", "mgcv", "nlme",
  "nnet", "rpart", "spatial", "survival"
)
for (package in recommended) suppressPackageStartupMessages(library(package, character.only = TRUE))
stopifnot(
  setequal(recommended, rownames(installed.packages(priority = "recommended"))),
  grepl("openblas", extSoftVersion()[["BLAS"]]),
  grepl("openblas", La_library())
)
# the products are right, too
a <- matrix(as.numeric(1:90000 %% 97), 300)
stopifnot(all.equal(crossprod(a)[7, 11], sum(a[, 7] * a[, 11])), all.equal(solve(a + diag(1e4, 300)) %*% (a + diag(1e4, 300)), diag(300)))
