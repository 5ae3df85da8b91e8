#!/opt/python/bin/python
# timeout: 300
"""Spark runs SQL, functions on data frames of pandas, and files; and knows S3 and PostgreSQL."""

import os
import tempfile

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf

# Nobody knows the container's name without a network.
os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
numbers = spark.range(1000)
assert numbers.selectExpr("sum(id)").first()[0] == 499500


@pandas_udf("long")
def double(column: pd.Series) -> pd.Series:
    return column * 2


assert numbers.select(double("id")).tail(1)[0][0] == 1998
files = tempfile.mkdtemp()
numbers.write.mode("overwrite").parquet(files)
assert spark.read.parquet(files).count() == 1000
assert spark.createDataFrame(pd.DataFrame({"name": ["Ada"]})).toPandas()["name"][0] == "Ada"

loader = spark.sparkContext._jvm.java.lang.Class  # noqa: SLF001  (the way into Java)
for name in (
    "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterManager",
    "org.postgresql.Driver",
):
    loader.forName(name)
spark.stop()
