"""Scaffolds say what they were told, in sound YAML and Bash."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from builder.catalog.model import Layer
from builder.render import scaffold
from builder.render.jinja import yaml as quoted
from builder.render.scaffold import NewLayer, NewService
from builder.tree import Tree

load = YAML(typ="safe").load


@given(st.text())
def test_a_text_stays_itself_in_yaml(text: str) -> None:
    readable = "".join(letter for letter in text if letter.isprintable())
    assert load(f"a: [{quoted(readable)}]") == {"a": [readable]}
    assert load(f"a: {quoted(readable)}") == {"a": readable}


@pytest.mark.parametrize("word", ["yes", "Null", "on", "12", "1.5", "", " x", "a: b", "x #y", "é"])
def test_a_word_that_yaml_takes_for_something_else_is_quoted(word: str) -> None:
    assert load(quoted(word)) == word


def layer(name: str = "x", apt: Sequence[str] = (), python: Sequence[str] = ()) -> Tree:
    new = NewLayer(name=name, description="It: is", on=["a"], apt=apt, python=python)
    return scaffold.layer(new)


def test_a_layer_holds_what_was_asked_for() -> None:
    tree = layer(apt=["jq"], python=["numpy>=2", "psycopg[binary]"])
    read = Layer.model_validate(load(tree["layer.yaml"].data))
    assert (read.description, read.on, read.run) == ("It: is", ("a",), "")
    assert (read.apt, read.python) == (("jq",), ("numpy>=2", "psycopg[binary]"))
    test = tree["tests/works.sh"].data.decode()
    assert "--status jq |" in test
    assert 'version("psycopg")' in test


def test_a_layer_without_packages_runs_something_that_its_test_finds() -> None:
    tree = layer("tool.d")
    read = Layer.model_validate(load(tree["layer.yaml"].data))
    assert "/opt/tool.d/name <<<tool.d" in read.run
    assert "$(</opt/tool.d/name) == tool.d" in tree["tests/works.sh"].data.decode()


@pytest.mark.process
@pytest.mark.parametrize(("apt", "python"), [([], []), (["jq"], []), ([], ["a", "b>1"])])
def test_tests_of_layers_are_sound_bash(apt: list[str], python: list[str], tmp_path: Path) -> None:
    tree = layer(apt=apt, python=python)
    tree.write(tmp_path)
    assert tree["tests/works.sh"].mode & 0o100
    subprocess.run(["shellcheck", "tests/works.sh"], cwd=tmp_path, check=True)


def test_a_service_holds_its_command_word_for_word() -> None:
    new = NewService(
        title="A & b",
        description="x: y",
        image="i",
        icon="i.svg",
        groups=["interactive"],
        port=80,
        command=["run", 'with "quotes"', "--flag"],
    )
    read = load(scaffold.service(new)["service.yaml"].data)
    assert load(read["command"]) == ["run", 'with "quotes"', "--flag"]
    assert (read["title"], read["description"]["en"], read["port"]) == ("A & b", "x: y", 80)
    assert b"A &amp; b" in scaffold.icon("A & b").data
