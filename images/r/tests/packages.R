#!/usr/bin/env Rscript
# Every R package asked for loads, in the version that Debian's package says, or the lock of what CRAN has.
facts <- jsonlite::fromJSON("/catalog-test/image.json")
asked <- grep("^r-cran-|^r-bioc-", facts$asked$deb, value = TRUE)
installed <- installed.packages()[, "Version"]
names(installed) <- tolower(names(installed))
wrong <- character()
cran <- facts$packages$r
for (package in asked) {
  name <- sub("^r-(cran|bioc)-", "", package)
  # A newer one is in front of it.
  if (name %in% tolower(names(cran))) next
  real <- rownames(installed.packages())[tolower(rownames(installed.packages())) == name]
  if (length(real) == 0) {
    wrong <- c(wrong, paste(package, "is not installed"))
    next
  }
  upstream <- sub("^[0-9]+:", "", facts$packages$deb[[package]])
  upstream <- sub("-[^-]*$", "", upstream)
  clean <- function(version) gsub("[^0-9]+", ".", sub("[+~].*$", "", version))
  # A snapshot of a development version, 1.3.2+git…, calls itself 1.3.2.9000.
  if (!startsWith(clean(installed[[name]]), clean(upstream))) {
    wrong <- c(wrong, sprintf("%s: the lock says %s, R says %s", package, upstream, installed[[name]]))
  }
  loaded <- try(suppressPackageStartupMessages(library(real[[1]], character.only = TRUE)), silent = TRUE)
  if (inherits(loaded, "try-error")) wrong <- c(wrong, paste(package, "does not load:", loaded))
}
for (package in names(cran)) {
  if (!identical(installed[[tolower(package)]], cran[[package]])) {
    wrong <- c(wrong, sprintf("%s: the lock says %s, R says %s", package, cran[[package]], installed[[tolower(package)]]))
  }
  loaded <- try(suppressPackageStartupMessages(library(package, character.only = TRUE)), silent = TRUE)
  if (inherits(loaded, "try-error")) wrong <- c(wrong, paste(package, "does not load:", loaded))
}
cat(length(asked), "R packages of Debian and", length(cran), "of CRAN asked for\n")
if (length(wrong)) stop(paste(wrong, collapse = "\n"))
