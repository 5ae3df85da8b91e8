"""MLflow on the PostgreSQL that it finds and an object store, and an API from a Git repository that serves what is
registered there."""

from __future__ import annotations

import pytest
import requests

from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, Launcher
from tests.kind.services import NAMESPACE, S3, Node

pytestmark = [pytest.mark.kind, pytest.mark.whole("they need images that are heavy")]
SMALL = {"persistence": {"size": "1Gi"}}
GIT_PORT = 9418
# The model doubles; the API finds it by the name under which it is registered.
LOG = """
import mlflow

class Twice(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["x"] * 2

mlflow.set_experiment("first")
with mlflow.start_run() as run:
    mlflow.log_metric("accuracy", 0.9)
    mlflow.pyfunc.log_model(
        name="model", python_model=Twice(), registered_model_name="twice", pip_requirements=[]
    )
mlflow.MlflowClient().set_registered_model_alias("twice", "champion", "1")
print(mlflow.get_run(run.info.run_id).data.metrics["accuracy"])
"""
API = """
import mlflow
import pandas
from fastapi import FastAPI

app = FastAPI()
model = mlflow.pyfunc.load_model("models:/twice@champion")

@app.get("/twice")
def twice(x: float) -> float:
    return float(model.predict(pandas.DataFrame({"x": [x]}))[0])
"""
SERVED = """
set -e
git init --quiet --initial-branch=main /tmp/git/api
cd /tmp/git/api
printenv API >main.py
git add main.py
git -c user.name=Ann -c user.email=ann@example.invalid commit --quiet --message one
exec git daemon --export-all --base-path=/tmp/git
"""


@pytest.fixture(scope="module")
def tracker(launch: Launcher, s3: S3) -> Release:
    launch("postgresql", "records", SMALL).started()
    return launch("mlflow", "tracker", {**SMALL, "s3": s3.values}).started()


@pytest.fixture(scope="module")
def api(launch: Launcher, tracker: Release, node: Node) -> Release:
    assert tracker.is_ready()
    node.start("repositories", ["bash", "-c", SERVED], [GIT_PORT], {"API": API})
    repository = f"git://repositories.{NAMESPACE}.svc:{GIT_PORT}/api"
    client = launch("app-python", "client", {**SMALL, **shell(repository)}).started()
    assert client.run("/opt/python/bin/python -", stdin=LOG).splitlines()[-1] == "0.9"
    values = {"git": {"repository": repository}, "app": {"revision": "main"}}
    return launch("app-python", "api", {**SMALL, **values}).started()


def shell(repository: str) -> dict[str, object]:
    """An application that does nothing but listen, in which to run programs."""
    command = 'exec python -m http.server --bind 127.0.0.1 "$PORT"'
    return {"git": {"repository": repository}, "app": {"kind": "command", "command": command}}


def test_a_registered_model_is_served_by_an_api_from_git(api: Release) -> None:
    with api.forward() as address:
        assert requests.get(f"http://{address}/twice?x=21", timeout=30).status_code == 401
        me = ("onyxia", api.password)
        answer = requests.get(f"http://{address}/twice?x=21", auth=me, timeout=30)
        assert answer.json() == 42


def test_runs_are_in_the_database_and_files_in_the_object_store(
    tracker: Release, api: Release
) -> None:
    assert api.is_ready()
    kept = tracker.run("cat $WORKSPACE_DIR/mlflow/stores.json; ls $WORKSPACE_DIR/mlflow")
    assert '"postgresql"' in kept
    assert '"s3://' in kept
    assert "mlflow.db" not in kept
    assert "artifacts\n" not in kept


def test_runs_outlive_a_pod_that_is_killed(tracker: Release, api: Release) -> None:
    tracker.killed()
    with tracker.forward() as address:
        search = f"http://{address}/api/2.0/mlflow/registered-models/get?name=twice"
        assert requests.get(search, timeout=30).status_code == 401
        answer = requests.get(search, auth=("onyxia", tracker.password), timeout=30)
        assert answer.json()["registered_model"]["aliases"][0]["alias"] == "champion"
    assert api.is_ready()


def test_it_starts_in_a_restricted_namespace_on_its_volume_alone(launch: Launcher) -> None:
    alone = launch("mlflow", "alone", SMALL, RESTRICTED).started()
    assert '"sqlite"' in alone.run("cat $WORKSPACE_DIR/mlflow/stores.json")
