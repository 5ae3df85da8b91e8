"""AWS_*: what MinIO's client, DuckDB and others read, each in its own form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.init.containers import Box
from tests.init.images import NEWEST

pytestmark = [pytest.mark.docker, NEWEST]

S3 = {
    "AWS_S3_ENDPOINT": "minio.example.org",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "it's/a+secret",
    "AWS_SESSION_TOKEN": "t0k'en",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_PATH_STYLE_ACCESS": "true",
}
COMMAND_LINE = "/opt/duckdb:/opt/python/bin:/usr/bin:/bin"
SHOW = """
import duckdb
connection = duckdb.connect(config={"allow_unredacted_secrets": True})
connection.load_extension("httpfs")
print(connection.sql("select secret_string from duckdb_secrets(redact => false)").fetchone()[0])
"""


def test_minio_s_client_has_its_host(box: Box) -> None:
    found = box.run("env", "-0", env=S3).environment
    assert found["MC_HOST_s3"] == "https://key:it's/a+secret:t0k'en@minio.example.org"


def test_without_a_session_token_the_host_has_none(box: Box) -> None:
    found = box.run("env", "-0", env={**S3, "AWS_SESSION_TOKEN": ""}).environment
    assert found["MC_HOST_s3"] == "https://key:it's/a+secret@minio.example.org"


@pytest.mark.parametrize(
    "missing", ["AWS_S3_ENDPOINT", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
)
def test_without_credentials_there_is_no_host(box: Box, missing: str) -> None:
    assert "MC_HOST_s3" not in box.run("env", "-0", env={**S3, missing: ""}).environment


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({}, "https://minio.example.org"),
        ({"AWS_S3_ENDPOINT": "http://minio:9000"}, "http://minio:9000"),
        ({"AWS_S3_ENDPOINT": "https://minio:9000/"}, "https://minio:9000"),
        (
            {"AWS_S3_ENDPOINT": "minio:9000", "AWS_ENDPOINT_URL": "http://minio:9000"},
            "http://minio:9000",
        ),
        (
            {"AWS_S3_ENDPOINT": "minio:9000", "AWS_ENDPOINT_URL": "http://other:9000"},
            "https://minio:9000",
        ),
    ],
)
def test_the_endpoint_s_scheme(box: Box, env: dict[str, str], url: str) -> None:
    found = box.run("env", "-0", env={**S3, **env}).environment
    scheme, _, host = url.partition("://")
    assert found["MC_HOST_s3"] == f"{scheme}://key:it's/a+secret:t0k'en@{host}"
    assert found["AWS_ENDPOINT_URL"] == env.get("AWS_ENDPOINT_URL", url)
    assert found["S3_ENDPOINT"] == url


def test_what_only_user_code_reads_reaches_every_session(rich: Box) -> None:
    env = {
        "AWS_WORKING_DIRECTORY_PATH": "ada/work",
        "AWS_EXPIRATION": "2030-01-01T00:00:00Z",
        "S3_ENDPOINT": "https://mine",
    }
    for shell in ("bash -lc", "sudo -i bash -c"):
        ran = rich.shell(f"{shell} 'env -0'", env=env)
        assert {name: ran.environment[name] for name in env} == env
    script = """env -i PATH="$PATH" R_PROFILE="$R_PROFILE" Rscript -e 'cat(Sys.getenv(commandArgs(TRUE)), sep = "\\n")' """
    assert rich.shell(script + " ".join(env), env=env).out.split() == list(env.values())


CLIENTS = pytest.mark.parametrize("path", [COMMAND_LINE, ""], ids=["command-line", "python"])


def duckdb_secret(box: Box, env: dict[str, str], path: str) -> dict[str, str]:
    """Return the fields of the secret that a new DuckDB finds; the command line makes it where it
    is in the path, else Python does."""
    ran = box.run(
        "/opt/python/bin/python", "-c", SHOW, env={**env, **({"PATH": path} if path else {})}
    )
    assert ran.failures == []
    return dict(field.split("=", 1) for field in ran.out.strip().split(";"))


@CLIENTS
def test_duckdb_has_a_secret(rich: Box, path: str) -> None:
    assert duckdb_secret(rich, S3, path) == {
        "name": "s3_onyxia_connection",
        "provider": "config",
        "type": "s3",
        "scope": "s3://,s3n://,s3a://",
        "serializable": "true",
        "endpoint": "minio.example.org",
        "key_id": "key",
        "region": "us-east-1",
        "secret": "it's/a+secret",
        "session_token": "t0k'en",
        "url_style": "path",
        "use_ssl": "true",
    }


@CLIENTS
@pytest.mark.parametrize(
    ("said", "style"),
    [
        ("true", "path"),
        ("True", "path"),
        ("1", "path"),
        ("false", "vhost"),
        ("False", "vhost"),
        ("0", "vhost"),
        ("", "vhost"),
    ],
)
def test_duckdb_s_style_of_addresses_is_the_one_asked_for(
    rich: Box, path: str, said: str, style: str
) -> None:
    assert duckdb_secret(rich, {**S3, "AWS_PATH_STYLE_ACCESS": said}, path)["url_style"] == style


@CLIENTS
def test_duckdb_without_what_is_optional(rich: Box, path: str) -> None:
    found = duckdb_secret(
        rich,
        {
            **S3,
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": "",
            "AWS_S3_ENDPOINT": "http://minio:9000",
        },
        path,
    )
    assert "session_token" not in found or not found["session_token"]
    assert (found["endpoint"], found["use_ssl"]) == ("minio:9000", "false")


def test_duckdb_s_prompt_is_set_once(rich: Box) -> None:
    script = "cat ~/.duckdbrc; echo mine >~/.duckdbrc; /opt/onyxia-init.sh true; cat ~/.duckdbrc"
    assert rich.shell(script, env={"PATH": COMMAND_LINE}).out == ".prompt 'duckdb > '\nmine\n"


@CLIENTS
def test_duckdb_without_its_extension_is_reported_without_the_secret(rich: Box, path: str) -> None:
    env = {**S3, "HOME": "/home/onyxia/work", **({"PATH": path} if path else {})}
    ran = replace(rich, network="none").run("echo", "service", env=env)
    assert (ran.out, ran.failures) == ("service\n", ["duckdb"])
    assert "httpfs" in ran.err
    assert not [word for word in ("it's/a+secret", "t0k'en") if word in ran.err]


def test_without_duckdb_there_is_no_step(box: Box) -> None:
    ran = box.shell("ls -A ~", env=S3)
    assert ran.failures == []
    assert "duckdb" not in ran.out


def test_no_secret_is_in_the_process_list(rich: Box, tmp_path: Path) -> None:
    """A DuckDB that shows with what it was started, and what it was told."""
    spy = tmp_path / "duckdb"
    spy.write_text("#!/bin/bash\nps -eo args >~/ps; cat >~/told\n")
    spy.chmod(0o755)
    told, _, processes = rich.shell(
        "cat ~/told; echo ---; cat ~/ps", env=S3, files={"/usr/local/bin/duckdb": spy}
    ).out.partition("---")
    assert "it''s/a+secret" in told
    assert "duckdb" in processes
    assert "a+secret" not in processes
    assert "t0k" not in processes
