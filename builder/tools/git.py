"""git: the files at a revision, the two sides of a merge, a commit."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.errors import BuilderError, InputError, IntegrityError, Problem, ToolError
from builder.tools import process

# The name of the commit that git merges in, and the revision that it is based on.
TAKING_IN = {
    "CHERRY_PICK_HEAD": "CHERRY_PICK_HEAD^",
    "REBASE_HEAD": "REBASE_HEAD^",
}


COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
REVISIONS = "name a commit, a branch or a tag of the repository that the catalog is in"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """The commits of a merge. `base` is None if the branches have no common commit."""

    base: str | None
    ours: str
    theirs: str


def export(repository: Path, revision: str, target: Path, *, argument: str = "--from") -> None:
    """Write the files that a directory of a repository had at a revision to `target`. `argument` is
    the word of the command line that names the revision.

    Raises:
        InputError: there is no such revision, or the directory is in no repository.
        ToolError: git is not installed.

    """
    # A revision that begins with '-' would be an option.
    argv = ["git", "archive", "--format=tar", "--end-of-options", revision]
    try:
        done = process.run(argv, cwd=repository)
    except ToolError as error:
        if error.code is None:
            raise
        reason = error.tail.splitlines()[0] if error.tail else "git refused it"
        raise InputError([Problem(argument, 0, 0, f"{revision!r}: {reason}", REVISIONS)]) from error
    try:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(target, filter="data")
    except tarfile.TarError as error:
        raise IntegrityError(f"{revision!r} holds what leads out of it: {error}") from None


def fetch(url: str, commit: str, target: Path) -> None:
    """Write the files that a repository elsewhere has at a commit to `target`, which is not there
    yet: beside it first, then all at once. Submodules are not fetched, and nothing that the
    repository holds is run.

    Raises:
        BuilderError: the repository does not answer, or has no such commit.
        IntegrityError: it holds what leads out of it.
        ToolError: git is not installed.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching.") as name:
        repository, files = Path(name, "git"), Path(name, "files")
        process.run(["git", "init", "--quiet", "--bare", repository])
        _far(url, "-C", repository, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, commit)
        export(repository, commit, files)
        if not target.exists():
            files.rename(target)


def commit_of(url: str, revision: str) -> str:
    """Return the commit that a branch or a tag of a repository elsewhere names by now; a whole id
    of a commit is taken as it is.

    Raises:
        BuilderError: the repository does not answer, or has no such branch or tag.
        ToolError: git is not installed.

    """
    if COMMIT.fullmatch(revision):
        return revision
    peeled = f"{revision}^{{}}"
    said = _far(url, "ls-remote", "--", url, revision, peeled).decode()
    named: dict[str, str] = {}
    for line in said.splitlines():
        commit, _, ref = line.partition("\t")
        named[ref] = commit
    # Of a tag with a text of its own, the commit is behind it.
    for ref in sorted(named, key=lambda name: not name.endswith("^{}")):
        if ref.removesuffix("^{}") in {revision, f"refs/heads/{revision}", f"refs/tags/{revision}"}:
            return named[ref]
    raise BuilderError(f"{url} has no branch or tag {revision!r}", hint="name one that it has")


def _far(url: str, *arguments: str | Path) -> bytes:
    """Run git on a repository elsewhere; it asks nobody for a password."""
    # Only these: others, such as ext::, are programs to run.
    allowed = [f"protocol.{name}.allow=always" for name in ("https", "http", "ssh", "file")]
    argv: list[str | Path] = ["git"]
    for setting in ("protocol.allow=never", *allowed):
        argv += ["-c", setting]
    try:
        return process.run([*argv, *arguments], env={"GIT_TERMINAL_PROMPT": "0"}).stdout
    except ToolError as error:
        if error.code is None:
            raise
        lines = [line for line in error.tail.splitlines() if line.startswith(("fatal:", "error:"))]
        reason = lines[0].partition(": ")[2] if lines else "git refused it"
        hint = "look at the address and the commit, and whether this machine may read it"
        raise BuilderError(f"{url} cannot be fetched: {reason}", hint=hint) from error


def sides(directory: Path) -> Sides:
    """Return the commits that git is merging in a directory, or has just merged.

    Raises:
        BuilderError: the directory is not in a repository, or there is no merge.

    """
    head = _commit(directory, "HEAD")
    if head is None:
        raise BuilderError(
            f"{directory} is not in a git repository with a commit",
            hint="`catalog lock --merge` takes both sides of a merge from git",
        )
    if theirs := _commit(directory, "MERGE_HEAD"):
        return Sides(base=_common(directory, head, theirs), ours=head, theirs=theirs)
    for name, before in TAKING_IN.items():
        if theirs := _commit(directory, name):
            return Sides(base=_commit(directory, before), ours=head, theirs=theirs)
    first, second = (_commit(directory, f"HEAD^{number}") for number in (1, 2))
    if first and second:
        return Sides(base=_common(directory, first, second), ours=first, theirs=second)
    raise BuilderError(
        "git is not merging anything here, and HEAD is not a merge",
        hint="run `git merge`, `git rebase` or `git cherry-pick` first",
    )


def files(directory: Path, commit: str, path: str) -> Mapping[str, str] | str | None:
    """Return what a commit has at a path: for a directory the texts of its files by path, for a
    file its text, or None if there is nothing.

    Raises:
        ToolError: git fails.

    """
    listing = _git(directory, "ls-tree", "-r", "-z", commit, "--", path).decode()
    names: dict[str, str] = {}
    for line in listing.split("\0")[:-1]:
        about, _, name = line.partition("\t")
        names[name] = about.split(" ")[2]
    if not names:
        return None
    texts = {
        name: _git(directory, "cat-file", "blob", blob).decode("utf-8", "replace")
        for name, blob in names.items()
    }
    if path in texts:
        return texts[path]
    return {name.removeprefix(f"{path}/"): text for name, text in texts.items()}


def ignored(directory: Path, paths: Sequence[str]) -> frozenset[str]:
    """Return those of some paths below a directory that git is told to ignore, and does not have;
    none where there is no repository, or no git.
    """
    inside = [path for path in paths if not path.startswith("../")]
    argv: list[str | Path] = ["git", "-C", directory, "check-ignore", "-z", "--stdin"]
    try:
        said = process.run(argv, stdin="\0".join(inside).encode()).stdout.decode()
    except ToolError:
        return frozenset()
    return frozenset(said.split("\0")) & frozenset(inside)


def history(directory: Path, most: int) -> list[str]:
    """Return the last commits that changed something in a directory, the newest first; none where
    it is in no repository.

    Raises:
        ToolError: git is not installed.

    """
    try:
        said = _git(directory, "log", f"--max-count={most}", "--format=%H", "--", ".")
    except ToolError as error:
        if error.code is None:
            raise
        return []
    return said.decode().split()


def commit(directory: Path, paths: Sequence[str], message: str) -> str | None:
    """Commit what changed of some paths below a directory, and nothing else; return the commit's
    short name, or None if nothing changed.

    Raises:
        ToolError: git refuses: there is no repository, or nobody whose name it could give.

    """
    _git(directory, "add", "--", *paths)
    if not _git(directory, "diff", "--cached", "--name-only", "--", *paths):
        return None
    argv: list[str | Path] = [
        "git",
        "-C",
        directory,
        "commit",
        "--quiet",
        "--file=-",
        "--only",
        "--",
        *paths,
    ]
    process.run(argv, stdin=message.encode())
    return _git(directory, "rev-parse", "--short", "HEAD").decode().strip()


def _common(directory: Path, one: str, other: str) -> str | None:
    try:
        return _git(directory, "merge-base", one, other).decode().strip() or None
    except ToolError:
        return None


def _commit(directory: Path, name: str) -> str | None:
    try:
        argument = f"{name}^{{commit}}"
        return _git(directory, "rev-parse", "--quiet", "--verify", argument).decode().strip()
    except ToolError as error:
        if error.code is None:
            raise
        return None


def _git(directory: Path, *arguments: str) -> bytes:
    return process.run(["git", "-C", directory, *arguments]).stdout
