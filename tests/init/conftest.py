"""Images, and servers with and without TLS, for the tests of the start script."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gates import AGAIN
from tests.init.containers import Box
from tests.init.images import image
from tests.init.servers import Site, certificates, serving
from tests.releases import RELEASES

EVERY_CASE = "tests/init/test_identity.py"
"""Each of its cases has found a fault of its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-all` all cases of a test but the first: each starts a container."""
    seen: set[str] = set()
    for item in items:
        name, _, case = item.nodeid.partition("[")
        is_ours = name.startswith("tests/init/") and not name.startswith(EVERY_CASE)
        if not is_ours or item.get_closest_marker("docker") is None:
            continue
        if case and name in seen:
            item.add_marker(AGAIN)
        seen.add(name)


@pytest.fixture(scope="session", params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """A Debian release. Where its tools do not matter, a module marks its tests with `NEWEST`."""
    return str(request.param)


@pytest.fixture(scope="session")
def box(release: str, tmp_path_factory: pytest.TempPathFactory) -> Box:
    """The layer base, with nothing on it."""
    return Box(image=image(release, "base", tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="session")
def rich(release: str, tmp_path_factory: pytest.TempPathFactory) -> Box:
    """The layer base, with Python, R and DuckDB."""
    return Box(image=image(release, "rich", tmp_path_factory.mktemp("rich")))


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def wheel() -> bytes:
    """A Python distribution, probe 1.0."""
    content = io.BytesIO()
    info = "probe-1.0.dist-info"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("probe.py", "ANSWER = 42\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(
            f"{info}/RECORD", f"probe.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return content.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server without TLS."""
    with serving() as found:
        yield found


@pytest.fixture
def secure(pair: tuple[Path, Path]) -> Iterator[Site]:
    """A server whose certificate only a private authority vouches for."""
    authority, chain = pair
    with serving(chain, authority) as found:
        yield found
