"""Each wrong catalog of tests/catalogs gives exactly the problems that it ends with; and those that
no text file can hold."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.errors import InputError

CATALOGS = Path(__file__).parents[2] / "catalogs"
ROOT = Path(__file__).parents[3]


def sections(name: str) -> dict[str, str]:
    """A txtar archive: path -> text."""
    parts = re.split(r"^-- (.+) --\n", (CATALOGS / f"{name}.txtar").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def lay(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.fixture
def problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Mapping[str, str | bytes]], str]:
    """Lay out the sound catalog with some files replaced, and return what `load` finds wrong."""
    monkeypatch.chdir(tmp_path)

    def run(changed: Mapping[str, str | bytes]) -> str:
        lay(tmp_path, {**sections("sound"), **changed})
        try:
            load(Path("catalog.yaml"))
        except InputError as error:
            return str(error)
        return ""

    return run


@pytest.mark.parametrize("name", sorted(path.stem for path in CATALOGS.glob("*.txtar")))
def test_a_wrong_catalog_gives_every_problem_at_once(
    name: str, problems: Callable[[Mapping[str, str]], str]
) -> None:
    files = sections(name)
    expected = files.pop("problems").rstrip("\n")
    assert problems(files) == expected


def test_every_wrong_catalog_says_what_is_wrong() -> None:
    silent = [
        path.stem
        for path in CATALOGS.glob("*.txtar")
        if path.stem != "sound" and not sections(path.stem)["problems"].strip()
    ]
    assert not silent, f"no problem is expected of {silent}"


def test_problems_speak_english_and_not_pydantic() -> None:
    jargon = re.compile(
        r"Input should|pydantic|value_error|_type\b|Extra inputs|Field"
        r" required|\(text|dict|tuple|NoneType|Traceback"
    )
    found = {
        path.stem: jargon.findall(sections(path.stem)["problems"])
        for path in CATALOGS.glob("*.txtar")
    }
    assert not {name: words for name, words in found.items() if words}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (
            b"description: caf\xe9\n",
            "1:17: is not UTF-8: byte 0xe9\n  hint: save the file as UTF-8",
        ),
        (
            "description: x\n".encode("utf-16"),
            "1:1: is not UTF-8: byte 0xff\n  hint: save the file as UTF-8",
        ),
        (
            b"description: x\non: [\x07]\n",
            "2:6: holds the control character U+0007\n  hint: remove it",
        ),
        (b"description: x\0\n", "1:15: holds the control character U+0000\n  hint: remove it"),
        (b"# " + b"x" * (5 << 20) + b"\n", "is larger than 5 MiB"),
        (b"a: " + b"[" * 100 + b"]" * 100, "1:64: is nested more than 60 deep"),
        (b"a: " + b"[" * 200_000, "1:64: is nested more than 60 deep"),
    ],
    ids=["nothing", "latin-1", "utf-16", "bell", "null", "huge", "deep", "deeper"],
)
def test_a_file_that_cannot_be_read(
    data: bytes, expected: str, problems: Callable[[Mapping[str, str | bytes]], str]
) -> None:
    place = ":" if expected[0].isdigit() else ": "
    assert problems({"images/lab/layer.yaml": data}) == f"images/lab/layer.yaml{place}{expected}"


def test_a_byte_order_mark_is_no_mistake(
    problems: Callable[[Mapping[str, str | bytes]], str],
) -> None:
    text = sections("sound")["images/lab/layer.yaml"]
    assert not problems({"images/lab/layer.yaml": text.encode("utf-8-sig")})


def test_small_anchors_and_merges_are_no_mistake(
    problems: Callable[[Mapping[str, str]], str],
) -> None:
    text = """\
description: A notebook server
on: &below [python]
env: &env {A: "1", B: "2"}
npm: {<<: *env, B: "3"}
apt: [{when: {debian: trixie}, packages: &tools [git, curl]}, {when: {debian: bookworm}, packages: *tools}]
"""
    assert (
        problems(
            {"images/lab/layer.yaml": text.replace("npm: {<<: *env, B", "npm: {<<: {a: '1'}, b")}
        )
        == ""
    )
    assert "npm package" in problems({"images/lab/layer.yaml": text}), (
        "'A' came in by the merge, and is not an npm package"
    )


def test_a_bomb_of_aliases_is_refused(problems: Callable[[Mapping[str, str]], str]) -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 20)
    )
    assert (
        problems({"images/lab/layer.yaml": text})
        == "images/lab/layer.yaml:5:45: aliases stand for more than 100000 values\n  hint: write"
        " fewer aliases of aliases"
    )


def test_a_missing_catalog(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"nowhere\.yaml: cannot be read: No such file or directory"
    ):
        load(tmp_path / "nowhere.yaml")


def test_a_directory_as_catalog(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory, not a file"):
        load(tmp_path)


@pytest.mark.parametrize("kind", ["directory", "layer.yaml", "loop", "pipe"])
def test_layers_that_leave_the_repository(
    kind: str, tmp_path: Path, problems: Callable[[Mapping[str, str]], str]
) -> None:
    outside = tmp_path.parent / f"outside-{tmp_path.name}"
    lay(outside, {"layer.yaml": "description: x\n"})
    layer = tmp_path / "images/other"
    if kind == "directory":
        layer.parent.mkdir()
        layer.symlink_to(outside)
        expected = (
            "images/other: leaves the repository: it is a link to the outside\n  hint: copy the"
            " layer instead"
        )
    elif kind == "layer.yaml":
        layer.mkdir(parents=True)
        (layer / "layer.yaml").symlink_to(outside / "layer.yaml")
        expected = (
            "images/other/layer.yaml: leaves the repository: it is a link to the outside\n  hint:"
            " copy the file instead"
        )
    elif kind == "loop":
        layer.mkdir(parents=True)
        (layer / "layer.yaml").symlink_to("layer.yaml")
        expected = (
            "images/other/layer.yaml: leaves the repository: it is a link to the outside\n  hint:"
            " copy the file instead"
        )
    else:
        layer.mkdir(parents=True)
        os.mkfifo(layer / "layer.yaml")
        expected = "images/other/layer.yaml: is a pipe, not a file"
    assert problems({}) == expected


def test_a_link_inside_the_repository_is_a_layer(
    tmp_path: Path, problems: Callable[[Mapping[str, str]], str]
) -> None:
    assert problems({}) == ""
    (tmp_path / "images/editor").symlink_to("code")
    assert problems({}) == ""


@pytest.mark.parametrize("layers", ["/etc", "images/../../x", "./../x"])
def test_layers_elsewhere(layers: str, problems: Callable[[Mapping[str, str]], str]) -> None:
    text = sections("sound")["catalog.yaml"].replace(
        "name: tiny\n", f"name: tiny\nlayers: {layers}\n"
    )
    assert (
        problems({"catalog.yaml": text})
        == f"catalog.yaml:2:9: {layers!r} leaves the repository\n  hint: name a directory beside"
        " catalog.yaml"
    )


def test_a_matrix_beyond_reason(problems: Callable[[Mapping[str, str]], str]) -> None:
    axes = "".join(
        f"  x{i}: {{values: {{{', '.join(f'v{j}: ' for j in range(10))}}}}}\n" for i in range(8)
    )
    few = "  debian: {values: {trixie: }}\n  python: {values: {p: }}\n  r: {values: {r: }}\n"
    catalog = f"name: tiny\naxes:\n{few}{axes}images:\n  wide: {{layers: [wide]}}\n"
    wide = f"description: Wide\non: [base]\naxes: [{', '.join(f'x{i}' for i in range(8))}]\n"
    expected = (
        "catalog.yaml:15:3: the image 'wide' has more than 100000 points\n  hint: restrict it with"
        " `when`"
    )
    assert problems({"catalog.yaml": catalog, "images/wide/layer.yaml": wide}) == expected
