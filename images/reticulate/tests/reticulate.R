#!/usr/bin/env Rscript
# Python in R: the image's own, with its packages, in the same process; data frames become those of the other language.
stopifnot(reticulate::py_config()$python %in% c("/opt/python/bin/python", "/opt/python/bin/python3"))
stopifnot(identical(reticulate::py_eval("6 * 7"), 42L))
stopifnot(identical(reticulate::import("pandas")$isna(NULL), TRUE))
# Older ones cannot read the arrays of numpy 2
if (packageVersion("reticulate") < "1.35") quit()

frame <- reticulate::import("pandas")$DataFrame(list(number = 1:2, text = c("x", "y")), index = c("a", "b"))
stopifnot(is.data.frame(frame), identical(rownames(frame), c("a", "b")), identical(frame$text, c("x", "y")))
reticulate::py_run_string("
import pandas
frame = pandas.DataFrame({
    'time': pandas.to_datetime(['2026-01-01', '2026-02-03']),
    'category': pandas.Categorical(['u', 'v']),
    'whole': pandas.array([1, None], dtype='Int64'),
    'text': ['q', None],
})
")
frame <- reticulate::py$frame
stopifnot(inherits(frame$time, "POSIXct"), is.factor(frame$category), identical(frame$whole, c(1L, NA)), is.na(frame$text[[2]]))
again <- reticulate::py_to_r(reticulate::r_to_py(iris))
stopifnot(identical(dim(again), dim(iris)), identical(levels(again$Species), levels(iris$Species)))
