#!/bin/bash
# timeout: 420
# read-only: /tmp /home/onyxia
# security: restricted
# Runs and models are recorded for who has the password, are served, and are there after a kill, with another password.
set -euo pipefail
export MLFLOW_TRACKING_URI=http://localhost:5000 MLFLOW_TRACKING_USERNAME=onyxia MLFLOW_HTTP_REQUEST_MAX_RETRIES=1
start() {
  PASSWORD=$1 mlflow-server >>/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..360}; do curl -fsS -o /dev/null localhost:5000/health 2>/dev/null && return; sleep 0.5; done
  return 1
}
trap 'cat /tmp/server.log' ERR
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
start correct-horse-battery
[[ $(status localhost:5000/) == 401 ]]
[[ $(status --user onyxia:wrong localhost:5000/api/2.0/mlflow/experiments/get?experiment_id=0) == 401 ]]
if pgrep --full correct-horse; then echo "the password is an argument" && exit 1; fi
export MLFLOW_TRACKING_PASSWORD=correct-horse-battery
cat >/tmp/log.py <<'END'
import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema


class Twice(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["x"] * 2


mlflow.set_experiment("first")
with mlflow.start_run():
    mlflow.log_param("factor", 2)
    mlflow.log_metric("accuracy", 0.9)
    signature = ModelSignature(Schema([ColSpec("double", "x")]), Schema([ColSpec("double")]))
    mlflow.pyfunc.log_model(name="model", python_model=Twice(), signature=signature, registered_model_name="twice", pip_requirements=[])
mlflow.MlflowClient().set_registered_model_alias("twice", "champion", "1")
END
python /tmp/log.py
# Killed with all its processes, it comes back, with the password of this start.
pkill -KILL -P "$server" || true
kill -KILL "$server" && wait "$server" || true
for _ in {1..60}; do curl -s -o /dev/null localhost:5000/health || break; sleep 0.5; done
start another-horse-battery
[[ $(status --user "onyxia:$MLFLOW_TRACKING_PASSWORD" localhost:5000/) == 401 ]]
export MLFLOW_TRACKING_PASSWORD=another-horse-battery
mlflow models serve --model-uri models:/twice@champion --env-manager local --port 5001 >>/tmp/server.log 2>&1 &
served=$!
for _ in {1..240}; do curl -fsS -o /dev/null localhost:5001/ping 2>/dev/null && break; sleep 0.5; done
answer=$(curl -fsS localhost:5001/invocations -H 'Content-Type: application/json' -d '{"dataframe_records": [{"x": 21}]}')
[[ $answer == *42* ]]
kill "$served" "$server"
