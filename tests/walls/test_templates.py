"""A catalog may be a stranger's: to look at it and to plan it runs nothing of it on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.cli import main
from builder.lock.file import write
from builder.lock.model import NAME as LOCK
from tests.performance.large import lock_of
from tests.unit.sound import unpack

SPRUNG = "sprung"
TRAPS = {
    "a function of the operating system": (
        "{{ cycler.__init__.__globals__.os.system('touch " + SPRUNG + "') }}"
    ),
    "a class of Python": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "a loop without end": "{% for a in range(9999) %}" * 4 + "{% endfor %}" * 4,
    "a text without end": "{% set x = 'x' %}" + "{% set x = x ~ x %}" * 99,
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "nothing that can be nested so deep": "{{ " + "(" * 99_999 + " }}",
    "a division by zero": "{{ 1 / 0 }}",
    "a file of the machine": "{% include '/etc/passwd' %}",
}
LOOKS = (["validate"], ["list"], ["graph"], ["plan"], ["show", "python"], ["prune", "--dry-run"])


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = unpack(tmp_path / "catalog")
    write(lock_of(path), path.parent / LOCK)
    return path


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_layers_dockerfile_runs_nothing(
    catalog: Path, trap: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    template = catalog.parent / "images/python/Dockerfile.j2"
    template.write_text(f"RUN true\n{TRAPS[trap]}\n")
    code = main(["-C", str(catalog), *command])
    said = capsys.readouterr().err
    assert code in {0, 2}, said
    assert not list(catalog.parents[1].rglob(SPRUNG))
    if command == ["plan"]:
        assert code == 2
        assert "images/python/Dockerfile.j2:2:" in said


@pytest.mark.parametrize("trap", TRAPS)
def test_what_a_layer_promises_runs_nothing(
    catalog: Path, trap: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layer = catalog.parent / "images/python/layer.yaml"
    quoted = TRAPS[trap].replace('"', '\\"')
    layer.write_text(f'description: Python\non: [base]\naxes: [python]\nabi: ["{quoted}"]\n')
    assert main(["-C", str(catalog), "validate"]) == 2
    assert "images/python/layer.yaml:4:7:" in capsys.readouterr().err
    assert not list(catalog.parents[1].rglob(SPRUNG))
