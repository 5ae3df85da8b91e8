#!/bin/bash
# The entry point starts what it is told to, and an executor with what Spark gives it.
set -euo pipefail
[[ $(/opt/spark-entrypoint.sh echo "a  b" c) == "a  b c" ]]
export JAVA_HOME=/tmp/java SPARK_DRIVER_URL=spark://driver SPARK_EXECUTOR_ID=1 SPARK_EXECUTOR_CORES=2 SPARK_APPLICATION_ID=app
export SPARK_EXECUTOR_MEMORY=1g SPARK_EXECUTOR_POD_IP=10.0.0.1 SPARK_RESOURCE_PROFILE_ID=0 SPARK_EXECUTOR_POD_NAME=pod
export SPARK_JAVA_OPT_10=-Dlast SPARK_JAVA_OPT_2="-Dtext=a b"
mkdir -p /tmp/java/bin
printf '#!/bin/bash\nprintf "%%s|" "$@"\n' >/tmp/java/bin/java
chmod +x /tmp/java/bin/java
said=$(executor)
[[ $said == "-Dtext=a b|-Dlast|-Xms1g|-Xmx1g|-cp|"*"|--podName|pod|" ]] || { echo "$said" && exit 1; }
