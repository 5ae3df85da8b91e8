#!/bin/bash
# volume: /home/onyxia
# DuckDB's extensions load without the network, in the command line and in Python, for the user and in a home that was made anew.
set -euo pipefail
load='LOAD httpfs; LOAD aws; LOAD postgres; LOAD spatial; LOAD icu; LOAD json; LOAD parquet;'
ask="$load SELECT ST_AsText(ST_Point(1, 2)) || ' ' || version();"
said=$(duckdb -init /dev/null -csv -noheader -c "$ask")
echo "$said"
[[ $said == "POINT (1 2) v"* ]]
if python -c 'import duckdb' 2>/dev/null; then
  python - "$ask" "$said" <<'END'
import sys

import duckdb

load, said = sys.argv[1:]
statements = duckdb.extract_statements(load)
for statement in statements:
    answer = duckdb.execute(statement)
assert answer.fetchone()[0] == said, (answer, said)
END
fi
