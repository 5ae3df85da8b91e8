"""PostgreSQL and a JupyterLab that finds it, side by side in one namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builder.verify.release import eventually
from tests.gates import AGAIN
from tests.kind.cluster import Release
from tests.kind.conftest import TEAM, Launcher
from tests.kind.jupyter import Jupyter

pytestmark = pytest.mark.kind
PSQL = "psql --host 127.0.0.1 --username ann --dbname work --no-align --tuples-only --no-password"
KEPT = "SELECT answer FROM kept"
# What libpq reads, and so every language's driver: the driver that the image has is as good as any.
CONNECT = """
connection <- DBI::dbConnect(RPostgreSQL::PostgreSQL(), host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT"),
  dbname = Sys.getenv("PGDATABASE"), user = Sys.getenv("PGUSER"), password = Sys.getenv("PGPASSWORD"))
"""


@pytest.fixture(scope="module")
def database(launch: Launcher) -> Release:
    values = {
        "postgresql": {"auth": {"username": "ann", "database": "work"}},
        "persistence": {"size": "1Gi"},
    }
    return launch("postgresql", "db", values).started()


@pytest.fixture(scope="module")
def jupyter(launch: Launcher, database: Release) -> Iterator[Jupyter]:
    assert database.is_ready()
    release = launch("jupyter-r-python", "finder", {"persistence": {"enabled": False}}).started()
    assert "PostgreSQL" in release.notes
    with release.forward() as address:
        yield Jupyter(address, release.password)


def test_a_service_that_starts_later_connects_by_itself(
    database: Release, jupyter: Jupyter
) -> None:
    code = """
invisible(DBI::dbExecute(connection, "CREATE TABLE kept AS SELECT 42 AS answer"))
cat(DBI::dbGetQuery(connection, "SELECT current_user || ' ' || current_database() || ' ' || answer FROM kept")[[1]])
"""
    with jupyter.kernel("ir") as kernel:
        assert kernel.run(CONNECT + code) == "ann work 42"
    with jupyter.kernel("python3") as kernel:
        assert kernel.run("import os; print(os.environ['PGHOST'])").strip() == database.fullname


def test_a_wrong_password_is_refused(database: Release) -> None:
    said = database.run(f"PGPASSWORD=wrong {PSQL} --command 'SELECT 1' 2>&1 || true")
    assert "password authentication failed" in said


def test_data_outlives_a_pod_that_is_killed(database: Release, jupyter: Jupyter) -> None:
    database.killed()
    with jupyter.kernel("ir") as kernel:
        assert kernel.run(f'{CONNECT}\ncat(DBI::dbGetQuery(connection, "{KEPT}")[[1]])') == "42"


def test_what_was_saved_is_restored_whole_or_not_at_all(database: Release) -> None:
    backup, sql = "bash /etc/service/backup", f"PGPASSWORD='{database.password}' {PSQL}"
    database.run(f"{backup}/save >/tmp/saved")
    database.run(sql, stdin="DROP TABLE kept")
    database.run(f"{backup}/restore </tmp/saved")
    assert database.run(sql, stdin=KEPT).strip() == "42"
    half = f"(cat /tmp/saved; echo 'SELECT nothing_such;') | {backup}/restore 2>/dev/null"
    database.run(sql, stdin="UPDATE kept SET answer = 43")
    assert database.run(f"{half} || echo refused").strip() == "refused"
    assert database.run(sql, stdin=KEPT).strip() == "43"
    database.run(sql, stdin="UPDATE kept SET answer = 42")


@AGAIN
def test_data_and_password_outlive_a_suspension(database: Release) -> None:
    password = database.password
    database.install("--reuse-values", "--set", "global.suspend=true").gone()
    assert database.cluster.list("pvc", TEAM, "app.kubernetes.io/instance=db"), (
        "the volume went with the pod"
    )
    database.install("--reuse-values", "--set", "global.suspend=false").started()
    assert database.password == password, (
        "an upgrade changed a password that nobody asked to change"
    )
    assert database.run(f"PGPASSWORD={password} {PSQL}", stdin=KEPT).strip() == "42"


def another_pod(database: Release, before: str) -> None:
    eventually(
        "another pod has started",
        lambda: database.cluster.get("pod", database.pod, TEAM)["metadata"]["uid"] != before,
    )
    database.started()


def test_a_changed_password_is_the_databases_too(database: Release) -> None:
    """The volume was made with another one."""
    former, before = database.password, uid(database)
    database.run(f"PGPASSWORD={former} {PSQL}", stdin="CREATE TABLE IF NOT EXISTS one AS SELECT 1")
    database.install("--reuse-values", "--set", "postgresql.auth.password=it's new")
    another_pod(database, before)
    assert database.run(f'PGPASSWORD="it\'s new" {PSQL}', stdin="SELECT * FROM one").strip() == "1"
    said = database.run(f"PGPASSWORD={former} {PSQL} --command 'SELECT 1' 2>&1 || true")
    assert "password authentication failed" in said


@AGAIN
def test_a_secret_of_the_users_own_holds_the_passwords(database: Release) -> None:
    before = uid(database)
    secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "own", "namespace": TEAM}}
    database.cluster.apply({**secret, "stringData": {"password": "mine"}})
    database.install("--reuse-values", "--set", "postgresql.auth.existingSecret=own")
    another_pod(database, before)
    assert database.run(f"PGPASSWORD=mine {PSQL}", stdin="SELECT * FROM one").strip() == "1"
    assert database.cluster.list("secrets", TEAM, database.selector)
    # The user postgres has no password any more, and so none that opens a session.
    said = database.run("PGPASSWORD= psql --host 127.0.0.1 --username postgres 2>&1 || true")
    assert "password" in said


@AGAIN
def test_another_user_has_what_the_former_one_had(database: Release) -> None:
    before = uid(database)
    database.install(
        "--reuse-values",
        *("--set", "postgresql.auth.existingSecret=own", "--set", "postgresql.auth.username=bob"),
    )
    another_pod(database, before)
    psql = PSQL.replace("--username ann", "--username bob")
    assert database.run(f"PGPASSWORD=mine {psql}", stdin="SELECT * FROM one").strip() == "1"


def uid(database: Release) -> str:
    return str(database.cluster.get("pod", database.pod, TEAM)["metadata"]["uid"])
