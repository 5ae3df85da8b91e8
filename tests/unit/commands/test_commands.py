from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from builder import commands
from builder.cli import parser
from builder.commands import COMMANDS, VERBS, command

ROOT = Path(commands.__file__).parent
MODULES = {" ".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.rglob("*.py")}
NAMES = [
    *(COMMANDS.keys() - VERBS.keys()),
    *(f"{name} {verb}" for name, verbs in VERBS.items() for verb in verbs),
]


def test_every_module_is_a_command_and_every_command_a_module() -> None:
    assert set(NAMES) == {name for name in MODULES if not name.endswith("__init__")}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_command_declares_its_arguments_and_runs(name: str) -> None:
    module = command(name)
    assert callable(module.add_arguments)
    assert callable(module.run)
    assert (module.run.__doc__ or "").strip()


def test_the_list_of_commands_needs_no_command() -> None:
    text = parser(()).format_help()
    for name, what in COMMANDS.items():
        assert name in text
        assert what.split()[0] in text


@pytest.mark.process
def test_a_command_imports_no_library_of_another() -> None:
    """What half a second of imports would cost every call: a build that finds nothing to do takes
    less than that."""
    script = "import sys; from builder.cli import parser; parser(['plan']); print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert "builder.commands.plan" in loaded
    assert not loaded & {
        "docker",
        "requests",
        "jsonschema",
        "jsonschema_rs",
        "builder.charts",
        "builder.resolve",
    }


def test_readme_names_every_command() -> None:
    readme = (ROOT.parents[1] / "README.md").read_text()
    prose = re.sub(r"```.*?```", "", readme, flags=re.DOTALL)
    quoted = re.findall(r"`([^`]+)`", prose)
    words = set(" ".join(quoted).split())
    assert not COMMANDS.keys() - words
