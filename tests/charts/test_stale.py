"""Charts name the images that the catalog and its lock mean now, or are not packaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.execute.hold import taken
from tests.charts.test_helm import copied
from tests.unit.execute.stock import Stock

SERVICE, IMAGE = "postgresql", "postgresql:17"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """A catalog with a service, of which the images are built."""
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    root = tmp_path / "catalog"
    copied(root, SERVICE)
    path = root / "catalog.yaml"
    path.write_text("registry: registry.example.org/hub\n" + path.read_text())
    made = Stock(root=root)
    made.lock()
    made.build()
    return made


def changed(hub: Stock) -> None:
    path = hub.root / f"images/{SERVICE}/layer.yaml"
    path.write_text(path.read_text() + "\nrun: echo changed >/opt/changed\n")
    hub.lock()


@pytest.mark.parametrize(
    "argv",
    [("chart", "package", "--dry-run", "--destination", "site"), ("chart", "test", SERVICE)],
    ids=["package", "test"],
)
def test_after_a_change_and_no_build_no_chart_goes_on(
    hub: Stock, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]
) -> None:
    changed(hub)
    capsys.readouterr()
    assert hub.run(*argv) == 1
    told = capsys.readouterr().err
    assert f"{IMAGE} is not built as it is now: {SERVICE}@" in told
    assert "run `catalog build postgresql:1" in told


def test_what_is_built_is_packaged(hub: Stock) -> None:
    assert hub.run("chart", "package", "--dry-run", "--destination", "site") == 0


@pytest.mark.parametrize("verb", ["generate", "package"])
def test_digests_of_before_are_refused(
    hub: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    with taken(hub.project()) as images:
        digests = {image: manifest.digest for image, manifest in images.items()}
    file = tmp_path / "digests.json"
    file.write_text(json.dumps(digests))
    where = ("--output", "out") if verb == "generate" else ("--dry-run", "--destination", "site")
    argv = (
        "chart",
        verb,
        *(str(tmp_path / one) if one in {"out", "site"} else one for one in where),
    )
    assert hub.run(*argv, "--digests", str(file)) == 0
    changed(hub)
    capsys.readouterr()
    assert hub.run(*argv, "--digests", str(file)) == 1
    assert f"{file}: {IMAGE} is no longer sha256:" in capsys.readouterr().err
