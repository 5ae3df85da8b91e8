"""GIT_*: a clone with a token that stays in the environment, and the user's name in commits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builder.tools import process
from tests.init.containers import BASH, Box, Ran
from tests.init.servers import Site, git_route

pytestmark = pytest.mark.docker

TOKEN = "glpat-s3cr3t"
AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@pytest.fixture
def repository(site: Site, tmp_path: Path) -> str:
    """The URL of a repository that only the token opens, with the branches main and other."""
    bare = tmp_path / "team" / "project.git"
    process.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare])
    process.run(["git", "-C", bare, "config", "http.receivepack", "true"])
    for branch in ("main", "other"):
        blob = (
            process.run(["git", "-C", bare, "hash-object", "-w", "--stdin"], stdin=branch.encode())
            .stdout.decode()
            .strip()
        )
        tree = (
            process.run(["git", "-C", bare, "mktree"], stdin=f"100644 blob {blob}\tfile\n".encode())
            .stdout.decode()
            .strip()
        )
        commit = (
            process.run(["git", "-C", bare, "commit-tree", tree, "-m", branch], env=AUTHOR)
            .stdout.decode()
            .strip()
        )
        process.run(["git", "-C", bare, "update-ref", f"refs/heads/{branch}", commit])
    site.routes["/git/"] = git_route(tmp_path, TOKEN)
    return f"{site.url}/git/team/project.git"


@pytest.fixture
def clone(box: Box, repository: str) -> Callable[..., Ran]:
    """Start a service with the repository and the token, and run a script in it."""

    def run(script: str, **env: str) -> Ran:
        return box.shell(
            script, env={"GIT_REPOSITORY": repository, "GIT_PERSONAL_ACCESS_TOKEN": TOKEN, **env}
        )

    return run


def test_the_repository_is_in_the_workspace(clone: Callable[..., Ran]) -> None:
    ran = clone('cat "$WORKSPACE_DIR/project/file"; git -C project status --short --branch')
    assert ran.out == "main## main...origin/main\n"
    assert ran.failures == []


def test_the_branch_is_the_one_asked_for(clone: Callable[..., Ran]) -> None:
    assert clone("cat project/file", GIT_BRANCH="other").out == "other"


def test_the_repository_is_in_the_project_directory(clone: Callable[..., Ran]) -> None:
    assert (
        clone("cat ~/elsewhere/project/file", ROOT_PROJECT_DIRECTORY="/home/onyxia/elsewhere").out
        == "main"
    )


def test_the_token_is_on_no_disk_and_in_no_message(clone: Callable[..., Ran]) -> None:
    ran = clone("! sudo grep -rIl s3cr3t /home /etc /tmp /opt; git -C project remote -v")
    assert "s3cr3t" not in ran.out + ran.err


def test_the_token_is_not_in_the_process_list(box: Box, repository: str, site: Site) -> None:
    listing = site.text("/ps.sh", "")
    watch = (
        "while sleep 0.01; do ps -eo args; done >/tmp/watched & /opt/onyxia-init.sh true; kill %1;"
        " cat /tmp/watched"
    )
    env = {
        "GIT_REPOSITORY": repository,
        "GIT_PERSONAL_ACCESS_TOKEN": TOKEN,
        "REGION_INIT_SCRIPT": listing,
    }
    ran = box.run("-c", watch, env=env, options=BASH)
    assert "git" in ran.out
    assert "s3cr3t" not in ran.out


def test_the_user_pulls_and_pushes_with_the_token_from_any_shell(clone: Callable[..., Ran]) -> None:
    script = """
        cd project && echo more >more && git add more && git commit --quiet -m more
        git push --quiet && bash -lc 'env -u GIT_PERSONAL_ACCESS_TOKEN -u ONYXIA_SESSION bash -lc "git pull --quiet"'
        git log -1 --format='%an <%ae>' origin/main
    """
    env = {"GIT_USER_NAME": 'Ada "A" O\'Hara é', "GIT_USER_MAIL": "ada@example.org"}
    assert clone(script, **env).out == 'Ada "A" O\'Hara é <ada@example.org>\n'


def test_the_token_is_given_to_no_other_server(box: Box, repository: str, site: Site) -> None:
    env = {
        "GIT_REPOSITORY": repository,
        "GIT_PERSONAL_ACCESS_TOKEN": TOKEN,
        "GIT_TERMINAL_PROMPT": "0",
    }
    other = repository.replace("localhost", "127.0.0.1")
    box.shell(
        f"! git ls-remote {other} 2>&1; ! git ls-remote {other.replace('http:', 'https:')} 2>&1",
        env=env,
    )
    assert {
        request.credentials
        for request in site.requests
        if request.headers["host"].startswith("127.0.0.1")
    } == {("", "")}


def test_a_name_in_the_url_is_the_one_that_is_used(
    clone: Callable[..., Ran], repository: str, site: Site
) -> None:
    clone("true", GIT_REPOSITORY=repository.replace("http://", "http://ada@"))
    assert {name for name, _ in (request.credentials for request in site.requests)} == {"", "ada"}


def test_a_password_in_the_url_is_taken_out_of_it(box: Box, repository: str) -> None:
    env = {"GIT_REPOSITORY": repository.replace("http://", f"http://ada:{TOKEN}@")}
    ran = box.shell("cat project/file; cat project/.git/config; cd project; git fetch", env=env)
    assert ran.out.startswith("main")
    assert "s3cr3t" not in ran.out + ran.err


def test_a_public_repository_needs_no_token(box: Box, repository: str, site: Site) -> None:
    site.routes["/git/"] = git_route(Path(repository), "")
    ran = box.run("echo", "service", env={"GIT_REPOSITORY": f"{site.url}/nothing.git"})
    assert ran.failures == ["clone"]
    assert "not found" in ran.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"GIT_PERSONAL_ACCESS_TOKEN": "wrong"}, "Authentication failed"),
        ({"GIT_PERSONAL_ACCESS_TOKEN": ""}, "terminal prompts disabled"),
        ({"GIT_BRANCH": "nowhere"}, "Remote branch nowhere not found"),
        ({"GIT_BRANCH": "--upload-pack=touch /tmp/pwned"}, "could not be cloned"),
        ({"GIT_REPOSITORY": "--upload-pack=touch /tmp/pwned"}, "could not be cloned"),
        ({"GIT_REPOSITORY": "http://localhost:1/a.git"}, "could not be cloned"),
        ({"GIT_REPOSITORY": "git@localhost:team/project.git"}, "could not be cloned"),
        ({"GIT_REPOSITORY": "http://localhost:1/.."}, "names no repository"),
        ({"GIT_REPOSITORY": "http://localhost:1/.git"}, "names no repository"),
    ],
)
def test_a_clone_that_fails_leaves_nothing(
    clone: Callable[..., Ran], change: dict[str, str], message: str
) -> None:
    ran = clone("ls -A; test ! -e /tmp/pwned", **change)
    assert (ran.out, ran.failures) == ("", ["clone"])
    assert message in ran.err
    assert "the repository is not in the workspace" in ran.err
    assert "s3cr3t" not in ran.err


def test_ssh_asks_nothing_unless_it_is_told_how(box: Box, tmp_path: Path) -> None:
    spy = tmp_path / "ssh"
    spy.write_text('#!/bin/sh\necho "error: $0 $*" >&2; exit 1\n')
    spy.chmod(0o755)
    env = {"GIT_REPOSITORY": "git@example.org:team/project.git"}
    files = {"/usr/local/bin/ssh": spy, "/usr/local/bin/mine": spy}
    assert "/usr/local/bin/ssh -o BatchMode=yes" in box.run("true", env=env, files=files).err
    assert (
        "/usr/local/bin/mine"
        in box.run("true", env={**env, "GIT_SSH_COMMAND": "mine"}, files=files).err
    )


def test_a_clone_that_is_there_stays_as_it_is(clone: Callable[..., Ran]) -> None:
    ran = clone(
        "echo mine >project/file; rm -rf .project.partial; mkdir .project.partial;"
        " /opt/onyxia-init.sh cat project/file"
    )
    assert ran.out == "mine\n"
    assert "project is already there and stays as it is" in ran.err


def test_what_is_there_and_no_clone_is_not_touched(clone: Callable[..., Ran]) -> None:
    ran = clone(
        "rm -rf project; mkdir project; echo mine >project/file; /opt/onyxia-init.sh cat"
        " project/file"
    )
    assert ran.out == "mine\n"
    assert ran.failures == ["clone"]


@pytest.mark.parametrize("suffix", [".git", "", "/", ".git/"])
def test_the_directory_is_named_after_the_repository(
    clone: Callable[..., Ran], repository: str, suffix: str
) -> None:
    assert clone("ls", GIT_REPOSITORY=repository.removesuffix(".git") + suffix).out == "project\n"


def test_names_are_set_once_however_often_a_home_is_used(box: Box) -> None:
    env = {
        "GIT_USER_NAME": "Ada",
        "GIT_USER_MAIL": "ada@example.org",
        "GIT_CREDENTIALS_CACHE_DURATION": "600",
    }
    script = (
        "git config --global credential.helper store; /opt/onyxia-init.sh true; /opt/onyxia-init.sh"
        " true; git config --global --list | sort"
    )
    assert (
        box.shell(script, env={**env, "GIT_CREDENTIALS_CACHE_DURATION": ""}).out.count(
            "credential.helper"
        )
        == 1
    )
    ran = box.shell(
        "/opt/onyxia-init.sh true; git config --global --list | sort; git config pull.rebase",
        env=env,
    )
    assert ran.out.splitlines() == [
        "credential.helper=cache --timeout=600",
        "user.email=ada@example.org",
        "user.name=Ada",
        "false",
    ]


@pytest.mark.parametrize("duration", ["a day", "-1", "1; touch /tmp/pwned"])
def test_a_duration_that_is_none_is_reported(box: Box, duration: str) -> None:
    ran = box.shell(
        "! git config --global credential.helper; test ! -e /tmp/pwned",
        env={"GIT_CREDENTIALS_CACHE_DURATION": duration},
    )
    assert ran.failures == ["git"]
    assert "GIT_CREDENTIALS_CACHE_DURATION is not a number of seconds" in ran.err
