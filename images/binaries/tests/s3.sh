#!/bin/bash
# env: AWS_S3_ENDPOINT=minio.example.org
# env: AWS_ACCESS_KEY_ID=key
# env: AWS_SECRET_ACCESS_KEY=secret
# env: AWS_PATH_STYLE_ACCESS=true
# The start script makes DuckDB's secret, without the network.
set -euo pipefail
found=$(duckdb -init /dev/null -csv -noheader -c "select name, persistent, secret_string like '%url_style=path%' from duckdb_secrets()")
[[ $found == s3_onyxia_connection,true,true ]] || { echo "DuckDB has: $found"; exit 1; }
