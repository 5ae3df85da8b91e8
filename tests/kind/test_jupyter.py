"""JupyterLab with R and Python, with all that a chart offers to connect it, in a namespace that
allows nothing but the restricted profile."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, Launcher
from tests.kind.jupyter import Jupyter
from tests.kind.packages import GREETING
from tests.kind.services import S3, SECRET, Outside

pytestmark = pytest.mark.kind
CHART = "jupyter-r-python"


@pytest.fixture(scope="module")
def release(launch: Launcher, s3: S3, outside: Outside) -> Release:
    region, region_sum = outside.script("region.sh")
    personal, personal_sum = outside.script("personal.sh")
    scripts = {
        "regionInit": region,
        "regionInitCheckSum": region_sum,
        "personalInit": personal,
        "personalInitCheckSum": personal_sum,
    }
    values = {
        **outside.values,
        "s3": s3.values,
        "init": {**scripts, "personalInitArgs": "one 'two words'"},
        "security": {"sudo": False, "password": "a-token-of-the-user"},
        "extraEnvVars": [{"name": "RELEASE", "value": "{{ .Release.Name }}"}],
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "3Gi"}},
    }
    return launch(CHART, "lab", values, RESTRICTED).started()


@pytest.fixture(scope="module")
def jupyter(release: Release) -> Iterator[Jupyter]:
    with release.forward() as address:
        yield Jupyter(address, release.password)


def test_strangers_are_sent_to_the_login(jupyter: Jupyter) -> None:
    assert jupyter.token == "a-token-of-the-user", (
        "the notes tell another password than the one that was asked for"
    )
    for token in ("", "wrong"):
        answer = requests.get(
            f"http://{jupyter.address}/api/contents",
            headers={"Authorization": f"token {token}"},
            timeout=30,
        )
        assert answer.status_code == 403
    answer = requests.get(f"http://{jupyter.address}/lab", timeout=30)
    assert "/login" in answer.url
    answer = requests.get(
        f"http://{jupyter.address}/lab", params={"token": jupyter.token}, timeout=30
    )
    assert answer.ok
    assert "/login" not in answer.url


def test_a_cell_of_each_language_uses_the_object_store(jupyter: Jupyter) -> None:
    python = """
import os, s3fs
store = s3fs.S3FileSystem()
path = os.environ["AWS_WORKING_DIRECTORY_PATH"] + "/from-python.txt"
with store.open(path, "w") as file:
    file.write("written by Python")
print(store.cat(path).decode())
"""
    # R's own HTTP client signs requests, so that the test needs no further package.
    r = """
address <- function(name) paste(Sys.getenv("AWS_ENDPOINT_URL"), Sys.getenv("AWS_WORKING_DIRECTORY_PATH"), name, sep = "/")
signed <- function(...) curl::new_handle(
  aws_sigv4 = paste0("aws:amz:", Sys.getenv("AWS_DEFAULT_REGION"), ":s3"),
  userpwd = paste0(Sys.getenv("AWS_ACCESS_KEY_ID"), ":", Sys.getenv("AWS_SECRET_ACCESS_KEY")), ...)
read <- function(name) rawToChar(curl::curl_fetch_memory(address(name), signed())$content)
body <- charToRaw("written by R")
put <- curl::curl_fetch_memory(address("from-r.txt"), signed(customrequest = "PUT", postfields = body, postfieldsize = length(body)))
cat(put$status_code, read("from-r.txt"), read("from-python.txt"), sep = "\\n")
"""
    with jupyter.kernel("python3") as kernel:
        assert kernel.run(python) == "written by Python\n"
    with jupyter.kernel("ir") as kernel:
        assert kernel.run(r).splitlines() == ["200", "written by R", "written by Python"]


def test_a_terminal_finds_the_image_s_programs(jupyter: Jupyter) -> None:
    assert "/opt/python/bin/python" in jupyter.terminal(
        'command -v python && echo "done"-it', "done-it\r\n"
    )


def test_the_repository_is_cloned_and_its_token_is_nowhere(
    release: Release, outside: Outside
) -> None:
    assert release.run("python $WORKSPACE_DIR/project/main.py") == "cloned\n"
    assert (
        release.run("git -C $WORKSPACE_DIR/project remote get-url origin").strip()
        == outside.repository
    )
    found = release.run(
        'grep -rlF -- "$(cat)" ~ /etc /tmp 2>/dev/null || true', stdin=outside.git_token
    )
    assert found == "", f"the token is in {found}"
    shown = release.run("tr '\\0' ' ' </proc/1/cmdline; ps -eo args")
    assert outside.git_token not in shown, "the token is in the list of processes"
    assert outside.git_token not in release.log


def test_commits_go_back_with_the_token_and_the_user_s_name(
    release: Release, outside: Outside
) -> None:
    release.run(
        "cd $WORKSPACE_DIR/project && git checkout -q -b mine && echo 1 >new && git add new && git"
        " commit -q -m new && git push -q origin mine"
    )
    assert (
        release.run("git -C $WORKSPACE_DIR/project log -1 --format='%an %ae' origin/mine").strip()
        == "Ann ann@example.invalid"
    )
    assert any(
        one["server"] == "outside" and one["path"].endswith("/git-receive-pack")
        for one in outside.seen()
    )


@pytest.mark.parametrize(
    ("client", "script"),
    [
        (
            "pip",
            (
                "pip install --quiet --force-reinstall greeting && python -c 'import greeting;"
                " print(greeting.greet())'"
            ),
        ),
        (
            "uv",
            (
                "uv pip install --system --quiet --reinstall greeting && python -c 'import greeting;"
                " print(greeting.greet())'"
            ),
        ),
        (
            "R",
            (
                "Rscript -e 'install.packages(\"greeting\", quiet = TRUE); cat(greeting::greet())'"
                " 2>&1 | tail -n 1"
            ),
        ),
        (
            "python-requests",
            (
                "python -c 'import requests;"
                ' print(requests.get("https://packages.example/simple/greeting/").status_code)\''
            ),
        ),
        (
            "curl",
            "curl -fsS -o /dev/null -w '%{http_code}' https://packages.example/simple/greeting/",
        ),
        ("git", "git ls-remote --quiet https://git.example/git/team/project.git main | cut -f 2"),
    ],
)
def test_proxy_authority_and_mirrors_reach_every_client(
    release: Release, outside: Outside, client: str, script: str
) -> None:
    """The mirrors' names exist for the proxy alone, and only the given authority vouches for
    them."""
    before = len(outside.seen())
    expected = {"git": "refs/heads/main", "python-requests": "200", "curl": "200"}.get(
        client, GREETING
    )
    assert release.run(script).strip() == expected
    seen = outside.seen()[before:]
    assert any(one["server"] == "proxy" and one["method"] == "CONNECT" for one in seen), (
        f"not through the proxy: {seen}"
    )
    assert any(
        one["server"] == "outside" and client.lower() in one["agent"].lower() for one in seen
    ), f"another client asked: {seen}"


def test_secrets_of_the_vault_are_variables_of_a_kernel(jupyter: Jupyter) -> None:
    with jupyter.kernel("python3") as kernel:
        printed = kernel.run(
            "import os, json; print(json.dumps([os.environ['API_KEY'], os.environ['db_password']]))"
        )
    assert json.loads(printed) == [*SECRET.values()]
    with jupyter.kernel("ir") as kernel:
        assert kernel.run('cat(Sys.getenv("API_KEY"))') == SECRET["API_KEY"]


def test_both_scripts_ran(release: Release) -> None:
    assert release.run("git config --global region.of").strip() == release.pod
    assert release.run("cat ~/work/personal") == "one\ntwo words\n"


def test_no_secret_is_printed(release: Release, outside: Outside, s3: S3) -> None:
    for secret in (
        s3.secret_key,
        outside.git_token,
        outside.vault_token,
        "a-token-of-the-user",
        *SECRET.values(),
    ):
        assert secret not in release.log


def test_the_pod_is_restricted(release: Release) -> None:
    assert release.run("id -u").strip() == "1000"
    assert release.run("sudo -n true 2>&1 || echo refused").strip().endswith("refused")
    assert release.run("grep NoNewPrivs /proc/self/status | cut -f 2").strip() == "1"
