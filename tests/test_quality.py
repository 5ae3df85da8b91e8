"""Linters as tests: one command checks everything, and what passes here passes everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from builder.catalog import script
from builder.catalog.load import load
from builder.cli import main
from builder.graph.build import graph
from builder.lock.file import read
from builder.lock.model import NAME
from builder.render.dockerfile import dockerfile

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
MAX_BYTES = 1 << 20

# Split, so that this file passes its own test.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("cran", "r-project", "org"),
        ("cloud", "r-project", "org"),
        ("packagemanager", "posit", "co"),
        ("anaconda", "org"),
    )
)
MACHINE_PATHS = re.compile(
    r"(?:^|[^A-Za-z0-9_.~-])/(?:work|farm)/(?!\.\.)|/root/\.(?!cache|config|local)|bash" + "_jobs"
)


@cache
def files() -> tuple[Path, ...]:
    """Every file that git holds or would take, whoever owns the checkout."""
    command = [
        "git",
        "-c",
        f"safe.directory={ROOT}",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


@cache
def texts() -> dict[str, str]:
    """Path and content of every text file."""
    found = {}
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            found[str(path.relative_to(ROOT))] = content.decode()
    return found


def run(*argv: str | Path) -> None:
    """Run a linter of the virtual environment on the whole tree; its output is the message of the
    failure."""
    done = subprocess.run(
        [TOOLS / argv[0], *argv[1:]], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"{' '.join(str(part) for part in argv[:6])}:\n{done.stdout}{done.stderr}"
    )


def lines(pattern: re.Pattern[str]) -> Iterator[str]:
    for name, text in texts().items():
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield f"{name}:{number}: {line.strip()[:120]}"


@pytest.mark.process
def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--quiet", "--output-format=concise", ".")


@pytest.mark.process
def test_ruff_would_format_nothing() -> None:
    run("ruff", "format", "--quiet", "--check", ".")


@pytest.mark.process
def test_types_hold() -> None:
    run("mypy", "--no-error-summary")
    for program in sorted((ROOT / "setup").glob("*.py")):
        run("mypy", "--no-error-summary", program)


@pytest.mark.process
def test_shell_scripts_are_sound() -> None:
    shebang = re.compile(r"#!(/usr/bin/env |/bin/)(ba)?sh\b")
    scripts = [
        name for name, text in texts().items() if shebang.match(text) or name.endswith(".sh")
    ]
    assert scripts
    run("shellcheck", "--external-sources", *scripts)


@pytest.mark.process
def test_scripts_of_layers_are_sound(tmp_path: Path) -> None:
    """Also those that stand in layer.yaml, where no editor looks at them."""
    for name, layer in load(ROOT / "catalog.yaml").layers.items():
        for key in script.KEYS:
            text = str(getattr(layer, key))
            if text.strip() and not script.file_of(text):
                header = "#!/bin/bash\nset -euo pipefail\n# shellcheck disable=SC2154\n"
                (tmp_path / f"{name}-{key}.sh").write_text(f"{header}{text}")
    scripts = sorted(tmp_path.iterdir())
    assert scripts
    run("shellcheck", "--exclude=SC2155", *scripts)


@pytest.mark.process
def test_shell_scripts_may_be_run() -> None:
    closed = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.read_bytes()[:2] == b"#!" and not path.stat().st_mode & 0o100
    ]
    assert not closed, f"chmod +x {' '.join(closed)}"


@pytest.mark.process
def test_rendered_dockerfiles_are_sound(tmp_path: Path) -> None:
    loaded = load(ROOT / "catalog.yaml")
    whole, lock = graph(loaded), read(ROOT / NAME)
    for name, cell in whole.cells.items():
        if not cell.layer.bootstrap:
            text = dockerfile(whole, cell, lock, loaded.layer_dirs[cell.name])
            # hadolint wants an empty line after a here-document, BuildKit does not
            (tmp_path / f"{name}.Dockerfile").write_text(
                re.sub(r"(<<'(\S+)'\n(?s:.*?)\n\2\n)", r"\1\n", text)
            )
    found = sorted(tmp_path.iterdir())
    assert found
    run("hadolint", "--config", ".hadolint.yaml", *found)


@pytest.mark.process
def test_workflows_are_valid() -> None:
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert workflows
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)


@pytest.mark.process
def test_workflows_are_safe() -> None:
    run("zizmor", "--offline", "--quiet", "--persona=pedantic", ".github/workflows")


@pytest.mark.process
def test_no_host_name_of_a_registry() -> None:
    """Every client has its own default, and settings for mirrors: a name in the tree would go past
    both."""
    hosts = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, REGISTRIES))})")
    found = list(lines(hosts))
    assert not found, "\n".join(found)


@pytest.mark.process
def test_no_path_of_one_machine() -> None:
    found = list(lines(MACHINE_PATHS))
    assert not found, "\n".join(found)


@pytest.mark.process
def test_no_large_file() -> None:
    large = {
        str(path.relative_to(ROOT)): path.stat().st_size
        for path in files()
        if path.stat().st_size > MAX_BYTES
    }
    assert not large, f"more than 1 MiB: {large}"


@pytest.mark.parametrize(
    "command",
    [
        "validate",
        "lock --check",
        "schema --check",
        "chart generate --check",
        "chart services --output docs/services.md --check",
        "chart lint",
    ],
)
def test_what_is_committed_is_in_order(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalog is right, and what is generated from it is what the generators would write."""
    monkeypatch.chdir(ROOT)
    code = main(["--catalog", str(ROOT / "catalog.yaml"), *command.split()])
    told = capsys.readouterr()
    assert code == 0, f"catalog {command}:\n{told.out}{told.err}"


def test_requirements_lock_holds_what_pyproject_asks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for lines_of_extra in project["optional-dependencies"].values():
        asked += lines_of_extra
    locked = dict(
        re.findall(
            r"^([A-Za-z0-9._-]+)==([^ \\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
        )
    )
    for line in asked:
        requirement = Requirement(line)
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"requirements.lock lacks {requirement.name}: run make requirements"
        assert requirement.specifier.contains(version, prereleases=True), (
            f"requirements.lock has {requirement.name} {version}, not {requirement}"
        )


def test_every_make_target_that_is_written_about_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    pages = [
        *ROOT.glob("*.md"),
        *(ROOT / ".github/workflows").glob("*.yml"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / ".ci/run",
        *(ROOT / "setup").glob("*"),
    ]
    for page in pages:
        if page.is_file():
            named = set(
                re.findall(
                    r"(?:`|^\s*(?:run: |exec )?)make ([a-z-]+)", page.read_text(), re.MULTILINE
                )
            )
            assert named <= targets, (
                f"{page.relative_to(ROOT)} tells to run make {', '.join(sorted(named - targets))},"
                " which the Makefile does not have"
            )
