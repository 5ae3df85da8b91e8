"""The layout, as a test: imports point left, effects live at one address, nothing grows out of
sight."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "builder"

FOUNDATION = {
    "redact",
    "errors",
    "deb822",
    "digest",
    "documents",
    "confined",
    "settle",
    "tree",
    "events",
    "settings",
    "templates",
}
# Left to right: a module may import from its own group and from the groups before it.
LAYERS = (
    FOUNDATION,
    {"attest"},
    {"catalog", "lock", "kinds"},
    {"environments"},
    {"graph"},
    {"oci"},
    {"debian"},
    {"cells"},
    {"sbom"},
    {"vulnerabilities"},
    {"render", "charts"},
    {"plan"},
    {"tools"},
    {"fetch", "resolve", "execute", "verify", "record", "release", "share"},
    {"console"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
# What is computed from values alone: it starts no process, opens no connection, and is tested
# without either.
PURE = (FOUNDATION - {"settings"}) | {
    "attest",
    "catalog",
    "lock",
    "kinds",
    "environments",
    "graph",
    "render",
    "charts",
    "plan",
    "oci",
    "debian",
    "cells",
    "sbom",
    "vulnerabilities",
}
IMPURE_MODULES = (
    "asyncio.subprocess",
    "docker",
    "ftplib",
    "http.client",
    "multiprocessing",
    "requests",
    "socket",
    "urllib.request",
    "urllib3",
)
# What starts processes does not know the catalog.
STRANGERS = {
    ("tools", layer) for layer in ("catalog", "lock", "kinds", "graph", "render", "charts", "plan")
}
OF_A_CATALOG = (
    "binaries",
    "datascience",
    "irkernel",
    "jupyter",
    "jupyterlab",
    "marimo",
    "postgresql",
    "pytorch",
    "rstudio",
    "spark",
    "tensorflow",
    "vscode",
)
"""Words by which catalogs name layers and images."""
PROCESS_MODULES = ("subprocess", "pty", "asyncio.subprocess")
PROCESS_CALLS = {
    "os.system",
    "os.popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.posix_spawnp",
    "os.startfile",
}

MAX_FILE, MAX_FUNCTION, MAX_NESTING = 350, 75, 3
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of the package, parsed once for all rules."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        return layer_of(self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """The line and the name of all that is imported."""
        found: list[tuple[int, str]] = []
        for node in self.nodes:
            if isinstance(node, Import):
                found += [(node.lineno, name) for name in names(node)]
        return tuple(found)

    @cached_property
    def calls(self) -> tuple[tuple[int, str], ...]:
        """The line and the name of all that is called."""
        return tuple(
            (node.lineno, ast.unparse(node.func))
            for node in self.nodes
            if isinstance(node, ast.Call)
        )

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        return tuple(node for node in self.nodes if isinstance(node, Function))

    def at(self, line: int, what: str) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}: {what}"


def layer_of(name: str) -> str:
    """`builder.catalog.load` -> `catalog`; the package itself, which imports nothing, -> ``."""
    return name.split(".")[1] if "." in name else ""


def rank(layer: str) -> int:
    for index, group in enumerate(LAYERS):
        if layer in group:
            return index
    pytest.fail(
        f"builder/{layer} has no place in LAYERS of tests/test_architecture.py: decide what it may"
        " import"
    )


@cache
def modules() -> tuple[Module, ...]:
    texts = {path: path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}
    return tuple(Module(path=path, text=text, tree=ast.parse(text)) for path, text in texts.items())


def names(node: Import) -> Iterator[str]:
    """Yield what an import brings in: for `from a import b`, both `a` and `a.b`, as `b` may be a
    module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        yield node.module or ""
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def none(found: Iterable[str], rule: str) -> None:
    """Fail with every place that breaks a rule, written as editors and terminals open it."""
    if places := list(dict.fromkeys(found)):
        pytest.fail("\n".join([f"{rule}:", *places]), pytrace=False)


def imports_of(chosen: Iterable[Module]) -> Iterator[tuple[Module, int, str]]:
    """Yield all that modules import, with its line."""
    for module in chosen:
        for line, name in module.imports:
            yield module, line, name


def calls_of(chosen: Iterable[Module]) -> Iterator[tuple[Module, int, str]]:
    """Yield all that modules call, with its line."""
    for module in chosen:
        for line, name in module.calls:
            yield module, line, name


def functions_of(chosen: Iterable[Module]) -> Iterator[tuple[Module, Function]]:
    """Yield every function of modules."""
    for module in chosen:
        for function in module.functions:
            yield module, function


def test_imports_point_left() -> None:
    none(
        (
            module.at(line, wrong)
            for module, line, target in imports_of(modules())
            if (wrong := against_the_arrow(module.layer, target))
        ),
        "a module may import from its own group of LAYERS and from those before it",
    )


def against_the_arrow(here: str, target: str) -> str:
    """Say what is wrong with an import; `` where it is allowed."""
    if not target.startswith("builder."):
        return ""
    there = layer_of(target)
    if not here:
        return f"builder/__init__.py imports {there}: the package itself imports nothing"
    if rank(there) > rank(here):
        return f"{here} imports {there}: that arrow points right"
    if (here, there) in STRANGERS:
        return f"{here} must not know {there}"
    if here in PURE and there == "tools":
        return f"{here} is computed from values alone, and imports {there}"
    return ""


def test_imports_are_absolute() -> None:
    none(
        relative_imports(),
        "relative imports: write builder.…",
    )


def relative_imports() -> Iterator[str]:
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.ImportFrom) and node.level:
                yield module.at(node.lineno, ast.unparse(node))


def test_the_pure_part_opens_no_connection() -> None:
    pure = [module for module in modules() if module.layer in PURE]
    none(
        (
            module.at(line, f"imports {name}")
            for module, line, name in imports_of(pure)
            if within(name, IMPURE_MODULES)
        ),
        "what is computed from values alone opens no connection",
    )


def test_one_address_for_processes() -> None:
    others = [module for module in modules() if module.name != "builder.tools.process"]
    imported = (
        module.at(line, f"imports {name}")
        for module, line, name in imports_of(others)
        if within(name, PROCESS_MODULES)
    )
    called = (
        module.at(line, f"calls {name}")
        for module, line, name in calls_of(others)
        if name in PROCESS_CALLS or name.startswith(("os.exec", "os.spawn"))
    )
    none((*imported, *called), "only builder/tools/process.py starts processes")


def test_one_address_for_print() -> None:
    prints = re.compile(r"print|sys\.(__)?std(out|err)(__)?\.(buffer\.)?write(lines)?")
    others = [module for module in modules() if module.layer != "console"]
    none(
        (
            module.at(line, f"calls {name}")
            for module, line, name in calls_of(others)
            if prints.fullmatch(name)
        ),
        "results and events go to builder/console",
    )


def test_no_import_inside_a_function() -> None:
    none(
        imports_inside(),
        "imports inside functions: a cycle or a slow import is to be solved, not hidden",
    )


def imports_inside() -> Iterator[str]:
    for module, function in functions_of(modules()):
        for node in ast.walk(function):
            if isinstance(node, Import):
                yield module.at(node.lineno, f"{function.name} imports")


def test_size() -> None:
    files = (
        (module, 1, "the file", len(module.text.splitlines()), MAX_FILE) for module in modules()
    )
    functions = (
        (module, f.lineno, f.name, (f.end_lineno or 0) - f.lineno + 1, MAX_FUNCTION)
        for module, f in functions_of(modules())
    )
    none(
        (
            module.at(line, f"{what} has {length} lines")
            for module, line, what, length, most in (*files, *functions)
            if length > most
        ),
        f"a file has at most {MAX_FILE} lines, a function at most {MAX_FUNCTION}: split it by what"
        " it holds",
    )


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks are nested; `elif` is free, and a function inside a function starts
    anew."""
    deepest = depth
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, Function):
                continue
            is_elif = (
                isinstance(node, ast.If)
                and field == "orelse"
                and isinstance(child, ast.If)
                and len(value) == 1
            )
            deepest = max(
                deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not is_elif))
            )
    return deepest


def test_nesting() -> None:
    depths = [(module, function, nesting(function)) for module, function in functions_of(modules())]
    none(
        (
            module.at(function.lineno, f"{function.name} nests {depth} deep")
            for module, function, depth in depths
            if depth > MAX_NESTING
        ),
        f"blocks are nested at most {MAX_NESTING} deep",
    )


def test_one_loop_a_comprehension() -> None:
    comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    none(
        (
            module.at(node.lineno, f"{len(node.generators)} loops")
            for module in modules()
            for node in module.nodes
            if isinstance(node, comprehension) and len(node.generators) > 1
        ),
        "a comprehension has one `for`: write a loop, or a generator function",
    )


PARSERS = re.compile(
    r"json\.loads?|yaml\.(safe_|full_|unsafe_)?load(_all)?|tomllib\.loads?|pydantic_core\.from_json"
)
MAY_PARSE = {
    "builder.documents": "the one reader, with limits",
    "builder.tools.uv": "a lock file that uv itself has just written, in TOML",
}


def test_one_address_for_documents() -> None:
    """A parser without limits is crashed by a hundred thousand brackets."""
    others = [module for module in modules() if module.name not in MAY_PARSE]
    none(
        (
            module.at(line, f"calls {name}")
            for module, line, name in calls_of(others)
            if PARSERS.fullmatch(name)
        ),
        "documents are read by builder/documents.py, within limits of size and depth",
    )


def test_no_import_cycles() -> None:
    known = {module.name for module in modules()}
    graph = {
        module.name: {
            target for _, target in module.imports if target in known and target != module.name
        }
        for module in modules()
    }
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError with the loop in it


def test_no_drawer_for_what_has_no_name() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "core", "base", "shared"}
    found = [module.name for module in modules() if drawers & set(module.name.split("."))]
    assert not found, f"{found}: name a module by what it holds"


def test_the_builder_names_no_layer_and_no_image() -> None:
    """A fork brings other layers and images: the program must not know any. Words that only a
    catalog would use are looked for."""
    none(words_of_a_catalog(), "builder/ names what is for catalog.yaml to name")


def words_of_a_catalog() -> Iterator[str]:
    words = "|".join(OF_A_CATALOG)
    quoted = re.compile(rf"""["'](({words})(-[a-z-]+)?|[a-z-]+-({words}))["'@]""")
    for path, number, line in lines_of_code():
        for word in quoted.finditer(line):
            yield f"{path.relative_to(ROOT)}:{number}: names {word[1]!r}"


def lines_of_code() -> Iterator[tuple[Path, int, str]]:
    """Yield the lines of the package and its templates, without docstrings and comments, which may
    give examples."""
    for module in modules():
        prose: set[int] = set()
        for node in module.nodes:
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for number, line in enumerate(module.text.splitlines(), 1):
            if number not in prose and not line.lstrip().startswith("#"):
                yield module.path, number, line
    for path in sorted(PACKAGE.rglob("*.j2")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield path, number, line
