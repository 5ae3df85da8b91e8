"""Two mistakes that have nothing to do with each other are both reported, wherever they are."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from builder.catalog import source
from builder.catalog.load import load
from builder.errors import InputError, Problem

Keys = tuple[str | int, ...]
Files = dict[str, Any]

CATALOG: Files = {
    "catalog.yaml": {
        "format": 1,
        "name": "tiny",
        "description": "A catalog with every kind of thing",
        "url": "https://example.org",
        "registry": "registry.example.org/tiny",
        "axes": {
            "debian": {
                "description": "Release",
                "values": {"trixie": {"abi": "debian-13"}, "bookworm": {"abi": "debian-12"}},
                "tag": False,
            },
            "python": {
                "label": "py{value}",
                "values": {
                    "3.13": {"when": {"debian": "trixie"}, "because": "so it is"},
                    "3.11": {"when": {"debian": ["bookworm"]}},
                },
            },
        },
        "layers": "images",
        "images": {
            "plain": {"layers": ["python"], "labels": {"org.example.python": "{python}"}},
            "both": {"layers": ["lab", "desk"], "service": "lab", "when": {"debian": "trixie"}},
            "{tool}-{stack}": {
                "description": "{tool} with {stack}",
                "product": {
                    "tool": {"lab": ["lab"], "desk": ["desk"]},
                    "stack": {"bare": ["python"], "full": ["python", "extra"]},
                },
                "tag": "{python}",
            },
        },
        "exclude": [
            {"image": "desk-full", "when": {"python": "3.11"}, "because": "nobody asked"},
            {"layer": "extra", "when": {"debian": "bookworm"}, "because": "nor here"},
        ],
        "require": [{"image": "both", "when": {"python": "3.13"}, "because": "so it is"}],
    },
    "images/base/layer.yaml": {
        "description": "Debian",
        "bootstrap": True,
        "axes": ["debian"],
        "abi": ["{{ axes.debian.abi }}"],
        "dpkg": ["path-exclude=/usr/share/doc/*"],
        "apt": ["apt", "passwd"],
    },
    "images/python/layer.yaml": {
        "description": "Python",
        "on": ["base"],
        "axes": ["python"],
        "abi": ["cp{{ python | replace('.', '') }}"],
        "apt": ["python3", {"when": {"debian": "trixie"}, "packages": ["python3-venv"]}],
        "prepare": "true word",
        "python": ["pip", "numpy>=2"],
        "env": {"VIRTUAL_ENV": "/opt/python"},
        "path": ["/opt/python/bin"],
    },
    "images/lab/layer.yaml": {
        "description": "Notebooks",
        "on": ["python"],
        "files": [{"path": "/etc/lab", "mode": "0600", "owner": "1000:100"}],
        "replaces": ["/etc/motd"],
        "absent": [{"names": ["tex"], "because": "large", "when": {"debian": "trixie"}}],
        "run": "build.sh",
        "user": "1000",
        "workdir": "/srv",
        "entrypoint": ["start"],
        "cmd": ["lab", "--port", "80"],
        "expose": [8888],
        "service": True,
    },
    "images/desk/layer.yaml": {
        "description": "An editor",
        "on": ["python"],
        "wheels": ["node==24.*"],
        "build": ["gcc"],
        "archives": {"desk": {"url": "https://example.org/desk.tgz", "version": "1"}},
        "npm": {"@scope/desk": "^4"},
        "service": True,
    },
    "images/extra/layer.yaml": {
        "description": "Files that are the same everywhere",
        "on": ["base"],
        "once": {"at": {"debian": "bookworm"}, "paths": ["/opt/extra"]},
        "when": {"debian": ["trixie", "bookworm"]},
    },
    "images/joint/layer.yaml": {"description": "Both", "on": ["lab", "extra"], "glue": True},
}
BESIDE = {"images/lab/build.sh": "true\n", "images/lab/files/etc/lab": "hello\n"}
# What is wrong with one thing because of what another one says: it is told when that can be read.
RELATIONS = re.compile(
    r"stands on nothing|glue layer|does not depend on|no point|bootstrap|matches nothing"
    r"|has no layers|no choices|several services|does not have the layer|two images"
    r"|name of an ABI|has no value at|cannot be a tag"
    r"|the name has|is not a service|built once|exists at|empty tag"
)


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One value of one file, changed."""

    file: str
    path: Keys
    how: str

    def __str__(self) -> str:
        return f"{self.how} at {self.file}:{'.'.join(map(str, self.path))}"

    def related(self, other: Mistake) -> bool:
        """Whether one of the two changes something that the other one changes as well."""
        one, two = self.path, other.path
        return self.file == other.file and one[: len(two)] == two[: len(one)]

    def hides_words_in(self, other: Mistake) -> bool:
        """Whether nobody can tell, because of this one, what a word of the other one means."""
        top = self.path[:1]
        is_ground = self.file == "catalog.yaml" and top in {("axes",), ("layers",)}
        is_of_layers = top == ("layers",) and other.file != "catalog.yaml"
        return is_ground and (other.how == "other word" or is_of_layers)


def inside(data: Any, path: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield every value, with its path."""
    yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from inside(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from inside(value, (*path, index))


def mistakes() -> Iterator[Mistake]:
    for file, document in CATALOG.items():
        for path, value in inside(document):
            if path:
                for how in ("number", "text", "list", "mapping", "nothing"):
                    yield Mistake(file=file, path=path, how=how)
                if isinstance(path[-1], str):
                    yield Mistake(file=file, path=path, how="missing")
                    yield Mistake(file=file, path=path, how="misspelt")
            if isinstance(value, dict):
                yield Mistake(file=file, path=path, how="unknown")
            if isinstance(value, str):
                yield Mistake(file=file, path=path, how="other word")
            if isinstance(value, list):
                yield Mistake(file=file, path=path, how="twice")


MISTAKES = list(mistakes())
WRONG = {"number": 5, "text": "some words", "list": [["x"]], "mapping": {"x": {}}, "nothing": None}


def made(files: Files, mistake: Mistake) -> Files:
    """Return the files with a mistake."""
    changed = copy.deepcopy(files)
    parent: Any = None
    value = changed[mistake.file]
    for key in mistake.path:
        parent, value = value, value[key]
    match mistake.how:
        case "unknown":
            value["zzqq"] = 1
        case "twice":
            value.append(copy.deepcopy(value[0]))
        case "missing":
            del parent[mistake.path[-1]]
        case "misspelt":
            key = str(mistake.path[-1])
            # The order stays, and so do the places of what comes before and after.
            items = [(f"{name}x" if name == key else name, inner) for name, inner in parent.items()]
            parent.clear()
            parent.update(items)
        case "other word":
            parent[mistake.path[-1]] = f"{value}xq"
        case _:
            parent[mistake.path[-1]] = WRONG[mistake.how]
    return changed


class Directory:
    """Where catalogs are laid out, one after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.alone: dict[Mistake, frozenset[tuple[str, str]]] = {}
        for path, text in BESIDE.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def problems(self, files: Files) -> tuple[Problem, ...]:
        for path, document in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(json.dumps(document, indent=1))
        try:
            load(self.root / "catalog.yaml")
        except InputError as error:
            return error.problems
        return ()

    def own(self, mistake: Mistake) -> frozenset[tuple[str, str]]:
        """Return the problems at the place of a mistake, when it is alone: file and message."""
        if mistake not in self.alone:
            self.alone[mistake] = frozenset(self._own(mistake))
        return self.alone[mistake]

    def _own(self, mistake: Mistake) -> Iterator[tuple[str, str]]:
        files = made(CATALOG, mistake)
        problems = self.problems(files)
        file = self.root / mistake.file
        document = source.read(file, str(file))
        path = mistake.path
        if mistake.how == "misspelt":
            path = (*path[:-1], f"{path[-1]}x")
        if mistake.how == "unknown":
            path = (*path, "zzqq")
        if mistake.how == "twice":
            path = (*path, len(document_at(files[mistake.file], path)) - 1)
        places = {document.at(path), document.at(path, key=True)}
        if mistake.how == "missing":
            places = {document.at(path[:-1])}
        for problem in problems:
            is_there = problem.file == str(file) and (problem.line, problem.column) in places
            if is_there and not RELATIONS.search(problem.message):
                yield problem.file, problem.message


def document_at(document: Any, path: Keys) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return Directory(tmp_path_factory.mktemp("catalog"))


def test_the_catalog_without_a_mistake_is_sound(directory: Directory) -> None:
    assert directory.problems(CATALOG) == ()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(one=st.sampled_from(MISTAKES), two=st.sampled_from(MISTAKES))
def test_both_of_two_mistakes_are_reported(
    directory: Directory, one: Mistake, two: Mistake
) -> None:
    assume(not one.related(two) and not one.hides_words_in(two) and not two.hides_words_in(one))
    expected = directory.own(one) | directory.own(two)
    problems = directory.problems(made(made(CATALOG, one), two))
    told = {(problem.file, problem.message) for problem in problems}
    missing = {message for file, message in expected if (file, message) not in told}
    assert not missing, f"{one}, and {two}: nothing says {missing}"


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A mistake in what the files mean, and what is said about it."""

    file: str
    path: Keys
    value: Any
    said: str
    needs: tuple[str, ...] = ()
    """Other files without which nobody can tell that it is wrong."""


SENTENCES = [
    Sentence(
        file="images/lab/layer.yaml",
        path=("on", 0),
        value="pyton",
        said="unknown layer 'pyton'",
    ),
    Sentence(
        file="images/lab/layer.yaml",
        path=("expose",),
        value="ten",
        said="expected a list, found the text 'ten'",
    ),
    Sentence(
        file="images/lab/layer.yaml",
        path=("run",),
        value="biuld.sh",
        said="there is no file 'biuld.sh' beside layer.yaml",
    ),
    Sentence(
        file="images/desk/layer.yaml",
        path=("wheels", 0),
        value="node==",
        said="'node==' is not a Python requirement",
    ),
    Sentence(
        file="images/desk/layer.yaml",
        path=("priority",),
        value=10,
        said="unknown key 'priority'",
    ),
    Sentence(
        file="images/python/layer.yaml",
        path=("abi", 0),
        value="{{ pyhton }}{{ axes.pyhton.abi }}",
        said="unknown axis 'pyhton'",
        needs=("catalog.yaml",),
    ),
    Sentence(
        file="images/extra/layer.yaml",
        path=("once", "paths", 0),
        value="/opt/../x",
        said="without '..'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("axes", "python", "label"),
        value="py",
        said="have the same label 'py'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("images", "plain", "labels", "org.example.python"),
        value="{pyhton}",
        said="unknown {pyhton}",
    ),
    Sentence(
        file="catalog.yaml",
        path=("exclude", 0, "image"),
        value="dsk-full",
        said="no image is called 'dsk-full'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("exclude", 1, "layer"),
        value="xtra",
        said="no layer is called 'xtra'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("require", 0, "when", "python"),
        value="3.12",
        said="the axis 'python' has no value '3.12'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("images", "plain", "when"),
        value={"debian": "buster"},
        said="the axis 'debian' has no value 'buster'",
    ),
    Sentence(
        file="catalog.yaml",
        path=("images", "both", "service"),
        value="python",
        said="the layer 'python' is not a service",
        needs=("images/python/layer.yaml",),
    ),
    Sentence(file="catalog.yaml", path=("registry",), value=3, said="expected a text"),
    Sentence(file="catalog.yaml", path=("name",), value=None, said="expected a text"),
]


def with_value(files: Files, sentence: Sentence) -> Files:
    changed = copy.deepcopy(files)
    document_at(changed[sentence.file], sentence.path[:-1])[sentence.path[-1]] = sentence.value
    return changed


def test_all_of_many_mistakes_are_reported(directory: Directory) -> None:
    files = CATALOG
    for sentence in SENTENCES:
        files = with_value(files, sentence)
    said = "\n".join(problem.message for problem in directory.problems(files))
    assert [sentence.said for sentence in SENTENCES if sentence.said not in said] == []


@pytest.mark.parametrize("file", sorted(CATALOG))
def test_a_file_that_is_no_yaml_hides_nothing_in_others(directory: Directory, file: str) -> None:
    elsewhere = [one for one in SENTENCES if file not in {one.file, *one.needs}]
    files = CATALOG
    for sentence in elsewhere:
        files = with_value(files, sentence)
    directory.problems(files)
    (directory.root / file).write_text("{")
    with pytest.raises(InputError) as caught:
        load(directory.root / "catalog.yaml")
    said = "\n".join(problem.message for problem in caught.value.problems)
    assert "is not YAML" in said
    assert [sentence.said for sentence in elsewhere if sentence.said not in said] == []
