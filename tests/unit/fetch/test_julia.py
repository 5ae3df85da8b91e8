"""Where Julia packages are fetched: a setting, Julia's own variable, or what the Julia here asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import FetchError
from builder.fetch.julia import default, locate, server
from builder.lock.model import Artifact
from builder.settings import read

SOURCE = (
    'function pkg_server()\n    server = get(ENV, "JULIA_PKG_SERVER", "https://pkg.example.org/")\n'
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return the program of a Julia that says which server it asks."""
    program = tmp_path / "julia/bin/julia"
    for path, text in (
        (program, ""),
        (tmp_path / "julia/share/julia/stdlib/v1.12/Pkg/src/Pkg.jl", SOURCE),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    program.chmod(0o755)
    return program


def test_the_setting_comes_first_then_julias_own(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    monkeypatch.delenv("JULIA_PKG_SERVER", raising=False)
    bare = read(tmp_path, {"HOME": str(tmp_path)})
    assert server(bare) == "https://pkg.example.org"
    monkeypatch.setenv("JULIA_PKG_SERVER", "mirror.example.org")
    assert server(bare) == "https://mirror.example.org"
    url = "http://127.0.0.1:1/julia/"
    assert server(read(tmp_path, {"HOME": str(tmp_path), "CATALOG_MIRROR_JULIA": url})) == url[:-1]


def test_without_any_the_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JULIA_PKG_SERVER", raising=False)
    with pytest.raises(FetchError) as caught:
        server(read(tmp_path, {"HOME": str(tmp_path)}))
    assert "CATALOG_MIRROR_JULIA" in caught.value.hint


def test_a_julia_that_tells_no_server(tmp_path: Path) -> None:
    assert default(tmp_path / "bin/julia") is None


def test_files_are_at_the_paths_of_their_trees(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/julia"
    settings = read(tmp_path, {"HOME": str(tmp_path), "CATALOG_MIRROR_JULIA": url})
    one = Artifact("julia:A=1", "julia", "A", "1", "julia", "package/u/t", "sha256:", 0)
    assert locate([one], "", settings) == {one.id: (f"{url}/package/u/t",)}
