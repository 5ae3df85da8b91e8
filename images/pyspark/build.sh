#!/usr/bin/env bash
# Installs the Python package of Spark as pip would, without the Java archives, which are where Spark is.
set -euo pipefail
source=/tmp/pyspark
mkdir "$source"
tar -xzf /artifacts/sdists/pyspark-*.tar.gz -C "$source" --strip-components=1 --no-same-owner --wildcards '*/pyspark' '*/PKG-INFO'
packages=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
version=$(sed -n 's/^Version: //p' "$source/PKG-INFO")
info=$packages/pyspark-$version.dist-info
mv "$source/pyspark" "$packages/pyspark"
install -D -m 0664 "$source/PKG-INFO" "$info/METADATA"
printf 'Wheel-Version: 1.0\nGenerator: catalog\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"$info/WHEEL"
# Byte code depends on what its process has compiled before: one process for each file.
compile='import py_compile, sys; py_compile.compile(sys.argv[1], doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)'
find "$packages/pyspark" -name '*.py' -print0 | PYTHONHASHSEED=0 xargs -0 -n 1 -P "$(nproc)" python3 -c "$compile"
(cd "$packages" && find pyspark "pyspark-$version.dist-info" -type f -printf '%p,,\n' | sort >"$info/RECORD")
echo "pyspark-$version.dist-info/RECORD,," >>"$info/RECORD"
chown -R 1000:0 "$packages/pyspark" "$info"
chmod -R g=u "$packages/pyspark" "$info"
rm -r "$source"
