"""cosign, a registry with the API of referrers, and keys: `setup/signing-programs` has compiled the
programs."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "a password of the key"
PROGRAMS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PROGRAMS = PROGRAMS / "catalog" / "setup" / "signing" / "bin"


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A key of cosign's."""

    private: Path
    public: Path


def programs() -> Path:
    """Return the directory of the programs."""
    if not (PROGRAMS / "cosign").exists():
        pytest.fail("cosign is not compiled: run `setup/install whole`")
    return PROGRAMS


def key_pair(folder: Path) -> KeyPair:
    """Make a key."""
    folder.mkdir(parents=True, exist_ok=True)
    cosign("generate-key-pair", cwd=folder)
    return KeyPair(private=folder / "cosign.key", public=folder / "cosign.pub")


def cosign(*argv: str | Path, cwd: Path | None = None) -> str:
    """Run cosign, which must succeed; return what it printed."""
    done = subprocess.run(
        [programs() / "cosign", *argv],
        cwd=cwd,
        env={**os.environ, "COSIGN_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def with_api() -> Iterator[str]:
    """Run a registry that keeps the lists of referrers itself; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    server = subprocess.Popen([programs() / "registry", address], stderr=subprocess.PIPE)
    try:
        host, _, port = address.partition(":")
        while True:
            assert server.poll() is None
            with socket.socket() as client:
                if client.connect_ex((host, int(port))) == 0:
                    break
        yield address
    finally:
        server.kill()
        server.communicate()
