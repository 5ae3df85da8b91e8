"""The layout, as a test: imports point left, effects live at one address, nothing grows out of sight."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "builder"

# Left to right: a module may import from its own group and from the groups before it.
LAYERS = (
    {"errors", "digest", "tree", "events", "settings"},
    {"catalog", "lock"},
    {"graph"},
    {"oci"},
    {"render", "charts"},
    {"plan"},
    {"tools"},
    {"fetch", "resolve", "execute", "verify", "record"},
    {"console"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
# What is computed from values alone: it starts no process, opens no connection, and is tested without either.
PURE = {"errors", "digest", "tree", "events", "catalog", "lock", "graph", "render", "charts", "plan", "oci"}
IMPURE_MODULES = ("asyncio.subprocess", "docker", "ftplib", "http.client", "multiprocessing", "requests", "socket", "urllib.request", "urllib3")
# What starts processes does not know the catalog.
STRANGERS = {("tools", layer) for layer in ("catalog", "lock", "graph", "render", "charts", "plan")}
PROCESS_MODULES = ("subprocess", "pty", "asyncio.subprocess")
PROCESS_CALLS = {"os.system", "os.popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp", "os.startfile"}

MAX_FILE, MAX_FUNCTION, MAX_NESTING = 300, 60, 3
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of the package, parsed."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        return layer_of(self.name)

    @property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]


def layer_of(name: str) -> str:
    """`builder.catalog.load` -> `catalog`; the package itself, which imports nothing, -> ``."""
    return name.split(".")[1] if "." in name else ""


def rank(layer: str) -> int:
    for index, group in enumerate(LAYERS):
        if layer in group:
            return index
    pytest.fail(f"builder/{layer} has no place in LAYERS of tests/test_architecture.py: decide what it may import")


@cache
def modules() -> tuple[Module, ...]:
    return tuple(Module(path=path, tree=ast.parse(path.read_text())) for path in sorted(PACKAGE.rglob("*.py")))


def names(node: ast.AST) -> Iterator[str]:
    """Yield what an import brings in: for `from a import b`, both `a` and `a.b`, as `b` may be a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        yield from names(node)


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


@pytest.fixture(params=modules(), ids=lambda module: str(module.path.relative_to(ROOT)))
def module(request: pytest.FixtureRequest) -> Module:
    found = request.param
    assert isinstance(found, Module)
    return found


def test_imports_point_left(module: Module) -> None:
    for target in imports(module.tree):
        if not target.startswith("builder."):
            continue
        here, there = module.layer, layer_of(target)
        assert here, f"builder/__init__.py imports {there}: the package itself imports nothing"
        assert rank(there) <= rank(here), f"{here} imports {there}: that arrow points right"
        assert (here, there) not in STRANGERS, f"{here} must not know {there}"
        assert not (here in PURE and there == "tools"), f"{here} is computed from values alone, and imports {there}"


def test_imports_are_absolute(module: Module) -> None:
    relative = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and node.level]
    assert not relative, f"relative imports in lines {relative}: write builder.…"


def test_the_pure_part_opens_no_connection(module: Module) -> None:
    if module.layer in PURE:
        found = sorted({name for name in imports(module.tree) if within(name, IMPURE_MODULES)})
        assert not found, f"{module.layer} is computed from values alone, and imports {found}"


def test_one_address_for_processes(module: Module) -> None:
    if module.name == "builder.tools.process":
        return
    found = sorted({name for name in imports(module.tree) if within(name, PROCESS_MODULES)})
    assert not found, f"imports {found}: only builder/tools/process.py starts processes"
    calls = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    found = sorted(call for call in calls if call in PROCESS_CALLS or call.startswith(("os.exec", "os.spawn")))
    assert not found, f"calls {found}: only builder/tools/process.py starts processes"


def test_one_address_for_print(module: Module) -> None:
    if module.layer == "console":
        return
    prints = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"]
    assert not prints, f"print in lines {prints}: results and events go to builder/console"
    writes = re.compile(r"sys\.(__)?std(out|err)(__)?\.(buffer\.)?write(lines)?")
    streams = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Call) and writes.fullmatch(ast.unparse(node.func))]
    assert not streams, f"writes to a standard stream in lines {streams}: results and events go to builder/console"


def test_no_import_inside_a_function(module: Module) -> None:
    found = [function.name for function in module.functions if list(imports(function))]
    assert not found, f"imports inside {found}: a cycle or a slow import is to be solved, not hidden"


def test_size(module: Module) -> None:
    lines = len(module.path.read_text().splitlines())
    assert lines <= MAX_FILE, f"{lines} lines: split the file by what it holds"
    long = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in module.functions}
    long = {name: length for name, length in long.items() if length > MAX_FUNCTION}
    assert not long, f"functions of more than {MAX_FUNCTION} lines: {long}"


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks are nested; `elif` is free, and a function inside a function starts anew."""
    deepest = depth
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, Function):
                continue
            is_elif = isinstance(node, ast.If) and field == "orelse" and isinstance(child, ast.If) and len(value) == 1
            deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not is_elif)))
    return deepest


def test_nesting(module: Module) -> None:
    deep = {function.name: nesting(function) for function in module.functions}
    deep = {name: depth for name, depth in deep.items() if depth > MAX_NESTING}
    assert not deep, f"blocks nested more than {MAX_NESTING} deep: {deep}"


def test_no_import_cycles() -> None:
    known = {module.name for module in modules()}
    graph = {module.name: {target for target in imports(module.tree) if target in known and target != module.name} for module in modules()}
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError with the loop in it


def test_no_drawer_for_what_has_no_name() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "core", "base", "shared"}
    found = [module.name for module in modules() if drawers & set(module.name.split("."))]
    assert not found, f"{found}: name a module by what it holds"


def test_the_builder_names_no_layer_and_no_image() -> None:
    """A fork brings other layers and images: the program must not know any. Words that only a catalog would use are looked for."""
    text = yaml.safe_load((ROOT / "catalog.yaml").read_text())
    layers = {path.parent.name for path in (ROOT / "images").glob("*/layer.yaml")}
    families = {name for name in text["images"] if "{" not in name}
    # Words of a data source or of a format (the Debian archive, Python's index) also are layer names: they mean the former.
    vocabulary = {"base", "debian", "python", "r"}
    for name in sorted((layers | families) - vocabulary):
        quoted = re.compile(rf"""["']{re.escape(name)}["'@]""")
        found = [f"{path.relative_to(ROOT)}:{number}" for path, number, line in lines_of_code() if quoted.search(line)]
        assert not found, f"builder/ names {name!r}, which is for catalog.yaml to name: {', '.join(found)}"


def lines_of_code() -> Iterator[tuple[Path, int, str]]:
    """Yield the lines of the package and its templates, without docstrings and comments, which may give examples."""
    for module in modules():
        prose: set[int] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for number, line in enumerate(module.path.read_text().splitlines(), 1):
            if number not in prose and not line.lstrip().startswith("#"):
                yield module.path, number, line
    for path in sorted(PACKAGE.rglob("*.j2")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield path, number, line
