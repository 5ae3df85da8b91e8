#!/usr/bin/env bash
# Lays Spark out as its own archive does.
set -euo pipefail
home=/usr/local/lib/spark
source=/tmp/pyspark
install -d "$source" "$home/conf" "$home/python" /usr/local/lib/hadoop/etc/hadoop
tar -xzf /artifacts/sdists/pyspark-*.tar.gz -C "$source" --strip-components=1 --no-same-owner
for part in bin data jars licenses sbin; do
  mv "$source/deps/$part" "$home/$part"
done
mv "$source/lib" "$home/python/lib"
# For Windows, for an R package that is not here, and for other machines
rm "$home"/bin/*.cmd "$home/bin/sparkR" "$home/bin/docker-image-tool.sh"
find "$home/jars" -name '*-osx-*.jar' -delete -o -name '*-riscv64.jar' -delete -o -name '*-aarch_64.jar' -delete

# On Kubernetes, Spark gives its pods these words for a command.
for role in driver executor; do
  printf '#!/bin/sh\nexec /opt/spark-entrypoint.sh %s "$@"\n' "$role" >"$home/bin/$role"
  chmod 0755 "$home/bin/$role"
done

# The source of its Python package lacks these, which Spark's own archive has beside the history server's.
server() { # server NAME TITLE CLASS
  local daemon=$home/sbin/spark-daemon.sh
  printf '#!/bin/sh\nexec %s submit %s 1 --name "%s" "$@"\n' "$daemon" "$3" "$2" >"$home/sbin/start-$1.sh"
  printf '#!/bin/sh\nexec %s stop %s 1\n' "$daemon" "$3" >"$home/sbin/stop-$1.sh"
  chmod 0755 "$home/sbin/start-$1.sh" "$home/sbin/stop-$1.sh"
}
server thriftserver "Thrift JDBC/ODBC Server" org.apache.spark.sql.hive.thriftserver.HiveThriftServer2
server connect-server "Spark Connect server" org.apache.spark.sql.connect.service.SparkConnectServer

# What Spark has in a version of its own is Spark's.
find /artifacts/maven -name '*.jar' -print0 | sort -z | while IFS= read -r -d '' jar; do
  name=$(basename "$(dirname "$(dirname "$jar")")")
  compgen -G "$home/jars/$name-[0-9]*.jar" >/dev/null || install -m 0644 "$jar" "$home/jars/"
done
rm -r "$source"
