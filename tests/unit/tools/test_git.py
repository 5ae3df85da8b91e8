"""What git fetches from a repository elsewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from builder.errors import BuilderError, IntegrityError
from builder.tools import git

pytestmark = pytest.mark.process


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits and a tag with a text."""
    root = tmp_path / "far"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    for number in (1, 2):
        (root / "a.txt").write_text(f"{number}\n")
        run(root, "add", "-A")
        run(root, "commit", "-qm", f"{number}")
    run(root, "tag", "-a", "-m", "first", "v1", "HEAD^")
    return root


def run(root: Path, *argv: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(root), *who, *argv], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_commit_is_fetched_whole_and_without_its_history(
    repository: Path, tmp_path: Path
) -> None:
    first = run(repository, "rev-parse", "HEAD^")
    target = tmp_path / "here" / first
    git.fetch(repository.as_uri(), first, target)
    assert (target / "a.txt").read_text() == "1\n"
    assert [path.name for path in target.parent.iterdir()] == [first]
    assert not (target / ".git").exists()


def test_what_a_branch_and_a_tag_name(repository: Path) -> None:
    url = repository.as_uri()
    assert (
        git.commit_of(url, "main")
        == git.commit_of(url, "HEAD")
        == run(repository, "rev-parse", "HEAD")
    )
    assert git.commit_of(url, "v1") == run(repository, "rev-parse", "HEAD^")
    with pytest.raises(BuilderError, match="has no branch or tag 'v2'"):
        git.commit_of(url, "v2")


def test_a_commit_that_is_not_there_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "here" / "x"
    with pytest.raises(BuilderError, match="cannot be fetched"):
        git.fetch(repository.as_uri(), "0" * 40, target)
    assert list(target.parent.iterdir()) == []


def test_a_link_that_leads_out_is_refused(repository: Path, tmp_path: Path) -> None:
    (repository / "out").symlink_to("/etc")
    run(repository, "add", "-A")
    run(repository, "commit", "-qm", "out")
    target = tmp_path / "here" / "x"
    with pytest.raises(IntegrityError, match="holds what leads out of it"):
        git.fetch(repository.as_uri(), run(repository, "rev-parse", "HEAD"), target)
    assert not target.exists()


def test_no_address_runs_a_program(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match="cannot be fetched: transport 'ext' not allowed"):
        git.fetch(f"ext::touch {tmp_path}/ran", "0" * 40, tmp_path / "x" / "y")
    assert not (tmp_path / "ran").exists()
