"""Whatever is written into a catalog, `load` returns or raises InputError with places that
exist."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.catalog import source
from builder.catalog.load import load
from builder.errors import InputError, Problem
from builder.graph.build import graph

ROOT = Path(__file__).parents[3]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "catalog.yaml", *(ROOT / "images").glob("*/layer.yaml")]
)
# What means something to YAML, to templates, or to the format.
PIECES = [
    *"{}[]:,#&*!|>'\"%@`-?\t\n \0é",
    *(
        "\n---\n",
        "null",
        "true",
        "3.10",
        "0x1F",
        ".nan",
        "1e999",
        "<<: ",
        "&a ",
        "*a",
        "!!str ",
        "{{ x }}",
        "{x}",
        "..",
        "[]",
        "{}",
        "  ",
    ),
    *(
        "on",
        "layers",
        "python",
        "when",
        "axes",
        "glue: true",
        "exclude",
        "product",
        "\ud7ff",
        "\U0001f40d",
        "9" * 5000,
        "- ",
        "'*'",
    ),
]
Edit = Callable[[str], str]


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Edit]:
    """A file of the catalog, and something done to its text."""
    file = draw(st.sampled_from(FILES))
    where, length = draw(st.floats(0, 1)), draw(st.integers(0, 30))
    piece = draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)))
    kind = draw(
        st.sampled_from(["insert", "replace", "delete", "swap lines", "double lines", "cut"])
    )

    def edit(text: str) -> str:
        start = int(where * len(text))
        lines = text.splitlines(keepends=True)
        line = min(int(where * len(lines)), len(lines) - 1) if lines else 0
        match kind:
            case "insert":
                return text[:start] + piece + text[start:]
            case "replace":
                return text[:start] + piece + text[start + length :]
            case "delete":
                return text[:start] + text[start + length :]
            case "swap lines":
                return "".join(
                    [
                        *lines[:line],
                        *lines[line + 1 : line + 2],
                        *lines[line : line + 1],
                        *lines[line + 2 :],
                    ]
                )
            case "double lines":
                return "".join(
                    [*lines[:line], *lines[line : line + 1 + length % 4] * 2, *lines[line:]]
                )
            case _:
                return text[:start]

    return file, edit


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("catalog")
    for file in FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    return root


def wrong(run: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that it raises; anything else that it raises fails the test."""
    try:
        run()
    except InputError as error:
        return error.problems or (Problem("", 0, 0, ""),)
    return ()


def check(problem: Problem, root: Path) -> None:
    assert problem.message
    assert "Input should" not in problem.message
    path = Path(problem.file)
    assert path.is_relative_to(root), f"{problem}: that file is none of the catalog's"
    if problem.line and path.is_file():
        lines = path.read_bytes().decode("utf-8", "replace").splitlines() or [""]
        assert 1 <= problem.line <= len(lines) + 1, f"{problem}: the file has {len(lines)} lines"
        assert problem.column >= 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changes=st.lists(edits(), min_size=1, max_size=4))
def test_no_edit_of_the_committed_catalog_raises_anything_but_input_errors(
    copy: Path, changes: list[tuple[str, Edit]]
) -> None:
    originals = {file: (copy / file).read_bytes() for file in FILES}
    try:
        for file, edit in changes:
            text = (copy / file).read_bytes().decode("utf-8", "surrogateescape")
            (copy / file).write_bytes(edit(text).encode("utf-8", "surrogateescape"))
        for problem in wrong(lambda: graph(load(copy / "catalog.yaml"))):
            check(problem, copy)
    finally:
        for file, data in originals.items():
            (copy / file).write_bytes(data)


@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="ab:-[]{}&*!|>'\"#\n ~?,\t", max_size=60).map(str.encode),
    )
)
def test_no_bytes_raise_anything_but_input_errors(data: bytes) -> None:
    assert all(problem.file == "x.yaml" for problem in wrong(lambda: source.parse(data, "x.yaml")))
