"""MinIO, Redis and OpenBao, and a JupyterLab that finds them, side by side in one namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.kind.cluster import Release
from tests.kind.conftest import TEAM, Launcher
from tests.kind.jupyter import Jupyter

pytestmark = [
    pytest.mark.kind,
    pytest.mark.whole("MinIO is compiled first, from hundreds of modules"),
]
ENGINES = ["minio", "redis", "openbao"]
SMALL = {"persistence": {"size": "1Gi"}}
STRANGER = {
    "minio": "curl --silent --output /dev/null --write-out '%{http_code}' localhost:9000/data",
    "redis": "redis-cli GET answer",
    "openbao": (
        "curl --silent --output /dev/null --write-out '%{http_code}'"
        " localhost:8200/v1/secret/data/first"
    ),
}
S3 = """
import os, s3fs
store = s3fs.S3FileSystem()
path = os.environ["AWS_WORKING_DIRECTORY_PATH"] + "/answer"
"""
# Without a client of Redis in the image: its protocol is lines.
REDIS = """
import os, socket
def ask(*lines):
    with socket.create_connection((os.environ["REDIS_HOST"], int(os.environ["REDIS_PORT"]))) as server:
        said = server.makefile("rwb")
        said.write(("AUTH " + os.environ["REDIS_PASSWORD"] + "\\r\\n").encode())
        said.writelines((line + "\\r\\n").encode() for line in lines)
        said.flush()
        return [said.readline().strip().decode() for _ in range(1 + len(lines))]
"""
VAULT = """
import os, requests
address = os.environ["VAULT_ADDR"] + "/v1/"
token = open("/var/run/secrets/kubernetes.io/serviceaccount/token").read()
who = {"role": os.environ["VAULT_AUTH_ROLE"], "jwt": token}
login = requests.post(address + "auth/kubernetes/login", json=who).json()
headers = {"X-Vault-Token": login["auth"]["client_token"]}
path, data = address + "secret/data/first", {"data": {"answer": "42"}}
"""
WRITE = {
    "minio": S3 + 'store.pipe(path, b"42"); print(store.cat(path).decode())',
    "redis": REDIS + 'print(ask("CONFIG SET appendfsync always", "SET answer 42")[-1])',
    "openbao": VAULT + "print(requests.post(path, headers=headers, json=data).status_code)",
}
READ = {
    "minio": S3 + "print(store.cat(path).decode())",
    # The answer is a line with its length, and one with the text.
    "redis": REDIS + 'print(ask("GET answer", "PING")[-1])',
    "openbao": VAULT
    + 'print(requests.get(path, headers=headers).json()["data"]["data"]["answer"])',
}
WRITTEN = {"minio": "42", "redis": "+OK", "openbao": "200"}
SAVED = ["minio", "redis"]
LOSE = {"minio": S3 + "store.rm(path)", "redis": REDIS + 'ask("DEL answer", "SET later 1")'}
SAVE, RESTORE = (f"bash /etc/service/backup/{name}" for name in ("save", "restore"))


@pytest.fixture(scope="module")
def engines(launch: Launcher) -> Mapping[str, Release]:
    asked = {name: launch(name, f"own-{name}", SMALL) for name in ENGINES}
    return {name: release.started() for name, release in asked.items()}


@pytest.fixture(scope="module")
def jupyter(launch: Launcher, engines: Mapping[str, Release]) -> Iterator[Jupyter]:
    assert engines
    release = launch("jupyter-r-python", "finder", {"persistence": {"enabled": False}}).started()
    with release.forward() as address:
        yield Jupyter(address, release.password)


@pytest.mark.parametrize("name", ENGINES)
def test_its_own_test_passes_and_a_stranger_is_refused(
    name: str, engines: Mapping[str, Release]
) -> None:
    release = engines[name]
    said = release.cluster.helm("test", release.name, "--namespace", TEAM, "--timeout", "3m")
    assert "Succeeded" in said
    assert {"403", "NOAUTH Authentication required."} & set(
        release.run(STRANGER[name]).strip().splitlines()
    )


@pytest.mark.parametrize("name", ENGINES)
def test_a_service_that_starts_later_uses_it(name: str, jupyter: Jupyter) -> None:
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(WRITE[name]).strip() == WRITTEN[name]


@pytest.mark.parametrize("name", ENGINES)
def test_its_data_outlives_a_pod_that_is_killed(
    name: str, engines: Mapping[str, Release], jupyter: Jupyter
) -> None:
    release = engines[name]
    with jupyter.kernel("python3") as kernel:
        kernel.run(WRITE[name])
    release.killed()
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(READ[name]).strip() == "42"


@pytest.mark.parametrize("name", SAVED)
def test_what_was_saved_is_restored(
    name: str, engines: Mapping[str, Release], jupyter: Jupyter
) -> None:
    release = engines[name]
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(WRITE[name]).strip() == WRITTEN[name]
        release.run(f"{SAVE} >/tmp/saved && test -s /tmp/saved")
        kernel.run(LOSE[name])
    release.run(f"{RESTORE} </tmp/saved && rm /tmp/saved")
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(READ[name]).strip() == "42"


@pytest.mark.parametrize("name", SAVED)
def test_what_is_no_backup_changes_nothing(
    name: str, engines: Mapping[str, Release], jupyter: Jupyter
) -> None:
    with jupyter.kernel("python3") as kernel:
        kernel.run(WRITE[name])
    said = engines[name].run(f"echo nothing | {RESTORE} 2>/dev/null || echo refused")
    assert said.splitlines()[-1] == "refused"
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(WRITE[name]).strip() == WRITTEN[name], "it can still be written to"


@pytest.mark.parametrize("name", ENGINES)
def test_it_sleeps_and_resumes_with_its_password(name: str, engines: Mapping[str, Release]) -> None:
    release = engines[name]
    password = release.password
    release.install("--reuse-values", "--set", "global.suspend=true").gone()
    release.install("--reuse-values", "--set", "global.suspend=false").started()
    assert release.password == password
