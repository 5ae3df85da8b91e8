"""Images by the names of their layers: what a word asks for, and why it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.catalog import mix
from builder.catalog.load import Loaded, load
from builder.errors import InputError
from builder.graph.build import graph, with_mixes
from tests.unit import sound

Making = Callable[[str], Loaded]


@pytest.fixture(scope="module")
def making(tmp_path_factory: pytest.TempPathFactory) -> Making:
    """Return the sound catalog with these lines at the end of its catalog.yaml."""

    def made(lines: str) -> Loaded:
        path = sound.unpack(tmp_path_factory.mktemp("mixes"))
        path.write_text(path.read_text() + lines)
        return load(path)

    return made


@pytest.fixture(scope="module")
def loaded(making: Making) -> Loaded:
    return making("mixes: {most: 3}\n")


def refusal(loaded: Loaded, word: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        mix.matrix(loaded, mix.parse(word))
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("word", "image", "layers"),
    [
        ("lab+r", "mix/lab.r:py3.13-r4.5", ["base", "python", "r", "lab", "kernel"]),
        ("lab+r@python=3.11", "mix/lab.r:py3.11-r4.2", ["base", "python", "r", "lab", "kernel"]),
        ("lab+r@ debian = bookworm", "mix/lab.r:py3.11-r4.2", None),
        ("mix/lab.r", "mix/lab.r:py3.13-r4.5", None),
        ("mix/lab.r:latest", "mix/lab.r:py3.13-r4.5", None),
        ("mix/lab.r:py3.11", "mix/lab.r:py3.11-r4.2", None),
        ("mix/lab.r:r4.2", "mix/lab.r:py3.11-r4.2", None),
        ("mix/lab.r:py3.11-r4.2", "mix/lab.r:py3.11-r4.2", None),
        ("mix/lab.r:bookworm-py3.11", "mix/lab.r:py3.11-r4.2", None),
        ("r@r=4.2", "mix/r:r4.2", ["base", "r"]),
        # None of its axes is in tags, and an image has one.
        ("mix/base:bookworm", "mix/base:bookworm", ["base"]),
    ],
)
def test_a_word_asks_for_one_image(
    loaded: Loaded, word: str, image: str, layers: list[str] | None
) -> None:
    made, words = with_mixes(loaded, [word, "python"])
    assert words == [image, "python"]
    cells = made.images[image].cells
    assert layers is None or [made.cells[cell].name for cell in cells] == layers


def test_what_is_listed_stays_as_it_is(loaded: Loaded) -> None:
    listed = graph(loaded)
    made, _ = with_mixes(loaded, ["lab+r", "mix/lab.r:latest"])
    assert [name for name in made.images if name not in listed.images] == ["mix/lab.r:py3.13-r4.5"]
    assert {name: made.images[name] for name in listed.images} == listed.images
    assert {name: made.cells[name] for name in listed.cells} == listed.cells


def test_a_mix_of_what_an_image_lists_has_its_cells(loaded: Loaded) -> None:
    made, (name,) = with_mixes(loaded, ["r+lab"])
    assert made.images[name].cells == made.images["lab-r:py3.13-r4.5"].cells


@pytest.mark.parametrize(
    ("word", "problems"),
    [
        (
            "lab+R+lab+nothing",
            ["PATTERN: 'lab+R+lab+nothing' names 4 layers; the catalog allows 3"],
        ),
        ("lab+lab", ["PATTERN: the layer 'lab' is named twice in 'lab+lab'"]),
        ("leb+r", ["PATTERN: there is no layer 'leb'\n  hint: did you mean 'lab'?"]),
        (
            "mix/../r",
            ["PATTERN: a layer's name is missing in 'mix/../r'", "PATTERN: there is no layer '/r'"],
        ),
        (
            "lab+r@pyhton=3.13",
            ["does not depend on an axis 'pyhton'\n  hint: did you mean 'python"],
        ),
        ("lab+r@python=3.12", ["the axis 'python' has no value '3.12'\n  hint: did you mean '3.1"]),
        ("r@python=3.13", ["'r@python=3.13' does not depend on an axis 'python'"]),
        (
            "lab+r@python=3.13,r=4.2",
            ["can be had at no point: ", "3.13 is the Python of trixie"],
        ),
        ("mix/lab.r:py3.12", ["mix/lab.r has no tag 'py3.12'\n  hint: did you mean 'py3.1"]),
        ("lab+r@python", ["PATTERN: 'python' is not axis=value"]),
        ("lab+r@python=3.13,python=3.11", ["'python' is given twice"]),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_reason(
    loaded: Loaded, word: str, problems: list[str]
) -> None:
    text = "\n".join(refusal(loaded, word))
    for problem in problems:
        assert problem in text


def test_a_catalog_allows_what_it_says(making: Making) -> None:
    nothing = refusal(making(""), "lab+r")
    assert "catalog.yaml allows none" in nothing[0]
    some = making('mixes: {layers: ["l*", code]}\n')
    assert mix.matrix(some, mix.parse("lab+code")).name == "mix/lab.code"
    assert "the layer 'r' may not be named" in refusal(some, "lab+r")[0]
    with pytest.raises(InputError, match="no layer is called 'leb'\n  hint: did you mean 'lab'"):
        making("mixes: {layers: [leb]}\n")


@given(text=st.text(max_size=30), axes=st.text(max_size=30))
def test_any_word_is_answered_or_refused(loaded: Loaded, text: str, axes: str) -> None:
    for word in (f"{text}+r", f"mix/{text}", f"lab+r@{axes}", f"mix/lab.r:{text}"):
        try:
            made, (name,) = with_mixes(loaded, [word])
        except InputError:
            continue
        assert name in made.images


def test_the_order_of_layers_says_what_runs(tmp_path: Path) -> None:
    path = sound.unpack(tmp_path)
    path.write_text(path.read_text() + "mixes: {}\n")
    for layer in ("lab", "code"):
        file = tmp_path / "images" / layer / "layer.yaml"
        file.write_text(file.read_text() + f"service: true\ncmd: [{layer}]\n")
    loaded = load(path)
    for word in ("lab+code", "code+lab"):
        made, (name,) = with_mixes(loaded, [word])
        assert made.images[name].service == word.partition("+")[0]
