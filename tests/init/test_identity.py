"""Any identity, file system and privilege: each step does its work, or says on one line why not.

One container for each variant; it is asked for everything at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builder.tools import process
from tests.init.containers import NO_SUDO, ROOT, Box, Options
from tests.init.images import NEWEST
from tests.init.servers import Site, git_route

pytestmark = [pytest.mark.docker, NEWEST]

TOKEN = "t0ken"
RESTRICTED: Options = {**NO_SUDO, "cap_drop": ["ALL"]}
READ_ONLY: Options = {**RESTRICTED, "read_only": True}
ARBITRARY: Options = {"user": "12345:0"}
TMP = "/tmp"  # noqa: S108  in the container
# Everything that a user relies on, by the service and by a shell that the service did not start.
ASK = """
    touch ~/mine "$WORKSPACE_DIR/mine" "$ROOT_PROJECT_DIRECTORY/mine" "$(mktemp)"
    test -e ~/.bashrc
    test "$PWD" = "$WORKSPACE_DIR"
    test "$(git config user.name)" = Ada
    test "$(env -i HOME=/ bash -lc 'git config user.name')" = Ada
    test "$(git -C "$ROOT_PROJECT_DIRECTORY/project" log -1 --format=%s)" = first
    git -C "$ROOT_PROJECT_DIRECTORY/project" status --short
    git -C "$ROOT_PROJECT_DIRECTORY/project" commit --quiet --allow-empty -m second
    test "$MC_HOST_s3" = https://key:secret@s3.example.org
    test "$AWS_ENDPOINT_URL" = https://s3.example.org
    test "$(env -i HOME=/ bash -lc 'echo "$AWS_ENDPOINT_URL"')" = https://s3.example.org
    curl --fail --silent --output /dev/null "$SECURE"
    whoami
"""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How a container is started, and what the start script may say of it."""

    options: Options = field(default_factory=dict)
    volume: str = ""
    owner: str = "0:0"
    mode: str = "0755"
    env: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    """The steps that have something to say."""


HOME = "/home/onyxia"
WORK = f"{HOME}/work"
VARIANTS = {
    "image": Variant(),
    "no-sudo": Variant(options=RESTRICTED),
    "arbitrary": Variant(options={**RESTRICTED, **ARBITRARY}, says=("home", "workspace")),
    "arbitrary-in-group": Variant(options={**RESTRICTED, "user": "12345:100"}, says=("home",)),
    "read-only": Variant(options=READ_ONLY, says=("scratch", "home", "workspace")),
    "read-only-tmp": Variant(
        options={**READ_ONLY, **ARBITRARY, "tmpfs": {TMP: ""}}, says=("home", "workspace")
    ),
    "read-only-arbitrary": Variant(
        options={**READ_ONLY, **ARBITRARY}, says=("scratch", "home", "workspace")
    ),
    "read-only-home": Variant(
        options=READ_ONLY, volume=HOME, owner="0:100", mode="2775", says=("scratch",)
    ),
    "root": Variant(options=ROOT),
    "root-restricted": Variant(options={**ROOT, **RESTRICTED}, says=("home", "workspace")),
    # The engine makes the directory that is entered, as root
    "home-of-root": Variant(volume=HOME, mode="0700", says=("home", "workspace")),
    "home-of-root-no-sudo": Variant(
        options=RESTRICTED, volume=HOME, mode="0700", says=("home", "workspace")
    ),
    "home-open": Variant(options={**RESTRICTED, **ARBITRARY}, volume=HOME, mode="0777"),
    "work-of-root": Variant(volume=WORK, says=("workspace",)),
    "work-of-root-no-sudo": Variant(options=RESTRICTED, volume=WORK, says=("workspace",)),
    "elsewhere": Variant(options=RESTRICTED, env={"HOME": "/srv/nowhere"}, says=("home",)),
    "home-of-slash": Variant(options=RESTRICTED, env={"HOME": "/"}),
    "home-empty": Variant(options=RESTRICTED, env={"HOME": ""}),
    "home-relative": Variant(options=RESTRICTED, env={"HOME": "home"}),
    "git-mounted": Variant(options=RESTRICTED, files=(f"{HOME}/.gitconfig",), says=("git",)),
    "config-of-root": Variant(options=RESTRICTED, files=(f"{HOME}/.config/deep/file",)),
    "started-in-root-s": Variant(
        options={**RESTRICTED, "working_dir": "/root"}, env={"WORKSPACE_DIR": WORK}
    ),
}


@pytest.fixture
def repository(site: Site, tmp_path: Path) -> str:
    """The URL of a repository with one commit, which only the token opens."""
    bare = tmp_path / "project.git"
    roles = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    author = {f"GIT_{role}": "ada" for role in roles}
    process.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare])
    tree = process.run(["git", "-C", bare, "mktree"], stdin=b"").stdout.decode().strip()
    commit = process.run(["git", "-C", bare, "commit-tree", tree, "-m", "first"], env=author)
    process.run(
        ["git", "-C", bare, "update-ref", "refs/heads/main", commit.stdout.decode().strip()]
    )
    site.routes["/git/"] = git_route(tmp_path, TOKEN)
    return f"{site.url}/git/project.git"


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_step_works_or_says_why_not(
    box: Box, name: str, repository: str, secure: Site, tmp_path: Path
) -> None:
    variant = VARIANTS[name]
    empty = tmp_path / "empty"
    empty.write_text("")
    assert secure.authority
    files = {"/etc/organisation.crt": secure.authority, **dict.fromkeys(variant.files, empty)}
    env = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_S3_ENDPOINT": "s3.example.org",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DARK_MODE": "true",
        "GIT_PERSONAL_ACCESS_TOKEN": TOKEN,
        "GIT_REPOSITORY": repository,
        "GIT_USER_MAIL": "ada@example.org",
        "GIT_USER_NAME": "Ada",
        "HTTP_PROXY": "",
        "PATH_TO_CA_BUNDLE": "/etc/organisation.crt",
        "SECURE": secure.text("/hello", "hello"),
        **variant.env,
    }
    with mounted(box, variant) as volume:
        script = (
            ASK
            if name != "started-in-root-s"
            else ASK.replace('test "$PWD" = "$WORKSPACE_DIR"', "ls")
        )
        ran = box.shell(script, env=env, files=files, options={**variant.options, **volume})
    assert ran.out.splitlines()[-1] == ("root" if name.startswith("root") else "onyxia")
    assert ran.failures == ([] if name != "root-restricted" else ran.failures)
    lines = ran.err.splitlines()
    assert [line for line in lines if not line.startswith("onyxia-init: ")] == []
    said = {line.split(": ")[1] for line in lines}
    assert said - {"certificates", "clone"} - set(ran.failures) == set(variant.says), ran.err


@contextmanager
def mounted(box: Box, variant: Variant) -> Iterator[Options]:
    """Keep the volume of a variant, if it has one."""
    if not variant.volume:
        yield {}
        return
    with box.volume(variant.volume, variant.owner, variant.mode) as volume:
        yield volume


def test_a_clone_of_an_earlier_user_can_be_worked_in(box: Box, repository: str) -> None:
    """A volume that a service of another uid wrote to: git refuses it, unless it is told to trust it."""
    env = {"GIT_REPOSITORY": repository, "GIT_PERSONAL_ACCESS_TOKEN": TOKEN}
    with box.volume(WORK, mode="0777") as volume:
        box.run("true", env=env, options={"user": "4321:100", **RESTRICTED, **volume})
        ran = box.shell(
            "git -C project log -1 --format=%s", env=env, options={**RESTRICTED, **volume}
        )
    assert ran.out == "first\n"


def test_a_configuration_of_git_that_cannot_be_written_is_included(
    box: Box, tmp_path: Path
) -> None:
    mine = tmp_path / "gitconfig"
    mine.write_text("[alias]\n\tst = status\n")
    ran = box.shell(
        'echo "$GIT_CONFIG_GLOBAL"; git config user.name; git config alias.st',
        env={"GIT_USER_NAME": "Ada"},
        files={f"{HOME}/.gitconfig": mine},
        options=RESTRICTED,
    )
    assert ran.out == "/var/lib/onyxia/1000/gitconfig\nAda\nstatus\n"
