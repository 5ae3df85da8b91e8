"""The same lock gives the same bytes, wherever and however often it is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.integration.tiny import Tiny

pytestmark = [
    pytest.mark.docker,
    pytest.mark.registries,
    pytest.mark.whole("a catalog is built three times from nothing"),
]

ROOT = Path(__file__).parents[2]
# Cells and images whose digest is another one at every build, with the reason. It should be empty.
EXCEPTIONS: dict[str, str] = {}
PYTHONS = ("3.13", "3.12")
"""Releases that build beside the one that runs the tests, where the machine has them."""


def differing(one: Tiny, other: Tiny) -> set[str]:
    """Return the cells and images whose digests differ in two stores."""
    first, second = one.digests(), other.digests()
    assert first.keys() == second.keys()
    return {name for name in first if first[name] != second[name]}


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory of a file system in memory, which lists what was made last first."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


def test_two_builds_give_the_same_digests_whatever_the_machine_is_like(
    tiny: Tiny, tmp_path: Path, memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What varies is what reproducible-builds.org lists, for this program and what it starts: time,
    time zone, locale, umask, name of the user, path, host name, processors, the order of a file
    system, and the release of Python. The user itself (mmdebstrap needs root) and the engine do
    not."""
    first = tiny.with_store(tmp_path / "first")
    first.build("--no-cache")
    assert len(first.digests()) == len(tiny.plan())

    elsewhere = varied(tiny, memory / "a path with blänks", tmp_path / "elsewhere", PYTHONS[0])
    elsewhere.build("--no-cache")
    assert differing(first, elsewhere) == EXCEPTIONS.keys()

    # What an earlier build left in the engine's cache must not be seen, either.
    cached = varied(tiny, memory / "cached", tmp_path / "cached", PYTHONS[1])
    cached.build()
    assert differing(first, cached) == EXCEPTIONS.keys()
    with capsys.disabled():
        releases = ", ".join(release_of(one) for one in (first, elsewhere, cached))
        sys.stdout.write(f"\n  the same bytes by Python {releases}\n")


def release_of(tiny: Tiny) -> str:
    """Return the release of the Python that builds."""
    script = "import platform; print(platform.python_version())"
    argv = [*tiny.command[:-2], "-c", script]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def varied(tiny: Tiny, root: Path, scratch: Path, python: str) -> Tiny:
    """Return the same catalog, at another root, on a machine that is otherwise another one."""
    for path in sorted(tiny.root.rglob("*"), reverse=True):
        if path.is_file() and tiny.store not in path.parents:
            target = root / path.relative_to(tiny.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    environment = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "POSIX",
        "LANG": "tr_TR.UTF-8",
        "USER": "somebody",
        "LOGNAME": "somebody",
        "PYTHONHASHSEED": "1234",
        "CATALOG_JOBS": "1",
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        **in_another_year(scratch),
    }
    # Not HOME: Docker's configuration is there.
    machine = 'umask 0077; hostname elsewhere; exec taskset --cpu-list 0 "$@"'
    command = ("unshare", "--uts", "bash", "-c", machine, "bash", interpreter(python, scratch))
    return replace(
        tiny,
        root=root,
        store=scratch / "store",
        environment={**tiny.environment, **environment},
        command=(*command, "-m", "builder"),
    )


def in_another_year(scratch: Path) -> Mapping[str, str]:
    """Return variables that let what is started live in another year."""
    scratch.mkdir(parents=True, exist_ok=True)
    argv = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "libfaketime"]
    subprocess.run(argv, cwd=scratch, check=True)
    (package,) = scratch.glob("libfaketime_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, scratch / "faketime"], check=True)
    (library,) = (scratch / "faketime").glob("usr/lib/*/faketime/libfaketime.so.1")
    return {"LD_PRELOAD": str(library), "FAKETIME": "+400d", "FAKETIME_NO_CACHE": "1"}


def interpreter(release: str, scratch: Path) -> str:
    """Return a Python of a release with the program's packages; the tests' own if there is none."""
    uv, there = find_uv_bin(), scratch / "python"
    # pyenv's programs on PATH start one release only.
    of_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    programs = [Path(f"python{release}"), *of_pyenv.glob(f"{release}.*/bin/python3")]
    for program in programs:
        argv = [
            uv,
            "venv",
            "--quiet",
            "--no-python-downloads",
            "--python",
            str(program),
            str(there),
        ]
        if subprocess.run(argv, capture_output=True, check=False).returncode == 0:
            break
    else:
        return sys.executable
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / "requirements.lock"],
        env={**os.environ, "VIRTUAL_ENV": str(there)},
        check=True,
    )
    return str(there / "bin/python")
