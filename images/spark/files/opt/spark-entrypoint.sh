#!/usr/bin/env bash
# Starts what Spark asks of an image on Kubernetes (`driver`, `executor`), and anything else as it is. The start script makes
# Java trust the authorities of the pod (PATH_TO_CA_BUNDLE), and gives the process a parent that reaps its children.
set -euo pipefail
export SPARK_CONF_DIR=${SPARK_CONF_DIR:-$SPARK_HOME/conf}

driver() {
  exec /opt/onyxia-init.sh "$SPARK_HOME/bin/spark-submit" --deploy-mode client \
    --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
    --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" "$@"
}

executor() {
  # SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1, … in the order of their numbers
  local options=() variable
  while IFS= read -r -d '' variable; do
    [[ $variable != SPARK_JAVA_OPT_* ]] || options+=("${variable#*=}")
  done < <(env --null | sort --zero-terminated --version-sort)
  exec /opt/onyxia-init.sh "$JAVA_HOME/bin/java" "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
    -cp "$SPARK_CONF_DIR:${SPARK_EXTRA_CLASSPATH:-}:$SPARK_HOME/jars/*:$HADOOP_CONF_DIR:$PWD" \
    org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
    --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
    --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
    --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
}

case ${1:-} in
  driver | executor) "$@" ;;
  *) exec "$@" ;;
esac
