#!/bin/bash
# Where records and files are is decided once: a database that is found later does not hide them, and one that is gone is told.
set -euo pipefail
export PASSWORD=correct-horse-battery WORKSPACE_DIR=/tmp/workspace
mkdir -p /tmp/workspace/mlflow
kept=/tmp/workspace/mlflow/stores.json
echo '{"records": "postgresql", "schema": "ann", "artifacts": "s3://ann/ann"}' >$kept
if said=$(mlflow-server 2>&1); then exit 1; fi
[[ $said == *"the records are in PostgreSQL"* ]]
if said=$(PGHOST=localhost mlflow-server 2>&1); then exit 1; fi
[[ $said == *"the files are in an object store"* ]]
if said=$(PASSWORD='' mlflow-server 2>&1); then exit 1; fi
[[ $said == *"set PASSWORD"* ]]
