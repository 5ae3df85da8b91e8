#!/usr/local/bin/Rscript
# timeout: 300
# sparklyr connects to the image's own Spark, and dplyr's verbs run there.
Sys.setenv(SPARK_LOCAL_HOSTNAME = "localhost")
library(sparklyr)
library(dplyr, warn.conflicts = FALSE)
connection <- spark_connect(master = "local[2]", spark_home = Sys.getenv("SPARK_HOME"))
numbers <- sdf_seq(connection, 0, 999)
stopifnot(pull(collect(summarise(numbers, total = sum(id, na.rm = TRUE)))) == 499500)
files <- tempfile()
spark_write_parquet(numbers, files)
stopifnot(sdf_nrow(spark_read_parquet(connection, path = files)) == 1000)
spark_disconnect(connection)
