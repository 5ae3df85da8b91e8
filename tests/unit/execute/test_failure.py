"""The explanation of a failing step, from what the engine printed and the layer's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.catalog.source import parse
from builder.execute.failure import explain
from builder.graph.model import Cell, Graph
from builder.lock.model import Artifact, Lock, Slice
from builder.render.dockerfile import dockerfile
from builder.tools.buildx import BrokenStep

BOTTOM = Cell(
    id="bottom",
    name="bottom",
    point={},
    layer=Layer(description="x", bootstrap=True),
    parents=(),
    ancestors=(),
)


class Broken:
    """A layer in a directory, and its failing steps."""

    def __init__(self, directory: Path, text: str) -> None:
        self.directory = directory
        (directory / "layer.yaml").write_text(text)
        self.yaml = parse(text.encode(), "layer.yaml")
        assert isinstance(self.yaml.data, dict)
        self.layer = Layer.model_validate(self.yaml.data)
        cell = Cell(
            id="one",
            name="one",
            point={"debian": "trixie"},
            layer=self.layer,
            parents=("bottom",),
            ancestors=("bottom",),
        )
        whole = Graph(cells={"bottom": BOTTOM, "one": cell}, images={})
        jq = Artifact(
            id="deb:jq=1:amd64",
            kind="deb",
            name="jq",
            version="1",
            origin="debian",
            locator="",
            digest="",
            size=0,
        )
        piece = Slice(asks="", artifacts=(jq.id,))
        lock = Lock(moment="", artifacts={jq.id: jq}, cells={"one": piece})
        self.text = dockerfile(whole, cell, lock, directory, marked=True)

    def line(self, start: str, number: int = 0) -> int:
        """Return the line of the Dockerfile at which an instruction starts."""
        lines = [line for line, text in enumerate(self.text.split("\n"), 1) if start in text]
        return lines[number]

    def header(self, key: str) -> int:
        """Return how many lines a script's step has in front of it."""
        trap = next(
            number
            for number, text in enumerate(self.text.split("\n"), 1)
            if f"catalog: {key}: ended by" in text
        )
        return trap - self.step(key)

    def step(self, key: str) -> int:
        before = self.text.partition(f"catalog: {key}: line")[0].split("\n")
        return max(number for number, text in enumerate(before, 1) if text.startswith("RUN"))

    def script(self, key: str, line: int, command: str, *output: str, code: int = 1) -> str:
        """Explain the failure of a script at a line of its own."""
        at = line + self.header(key)
        marks = (f"catalog: {key}: line {at}: {command}", f"catalog: {key}: ended by: {command}")
        return self.told(self.step(key), *output, *marks, code=code)

    def told(self, line: int, *output: str, code: int | None = 1) -> str:
        step = BrokenStep(line=line, code=code, output=output)
        message, hint = explain(step, self.text, self.layer, self.yaml, self.directory)
        return f"{message}\n{hint}".replace(f"{self.directory}/", "").rstrip()


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ("description: x\nrun: |\n  one\n  two\n", 2, "layer.yaml:4"),
        ("description: x\nrun: |2-\n\n\n  one\n   two\n", 3, "layer.yaml:5"),
        ("description: x\nrun: &a |  # a comment\n  one\n", 1, "layer.yaml:3"),
        ("description: x\nrun: one && two\n", 1, "layer.yaml:2"),
        ('description: x\nrun: "one\\ntwo"\n', 2, "layer.yaml:2"),
        ("description: x\nrun: >\n  one\n  two\n\n  three\n", 2, "layer.yaml:2"),
        ("{description: x,\n run: one}\n", 1, "layer.yaml:2"),
    ],
)
def test_the_line_of_a_script_is_that_of_its_file(
    tmp_path: Path, text: str, line: int, place: str
) -> None:
    assert Broken(tmp_path, text).script("run", line, "two", code=4) == f"{place}: `two` exited 4"


def test_output_is_shown_to_its_end_with_bashs_own_lines_in_the_layers_file(tmp_path: Path) -> None:
    broken = Broken(tmp_path, "description: x\nrun: |\n  one\n  two\n")
    raw = broken.header("run") + 2
    said = broken.script("run", 2, "two", *map(str, range(30)), f"environment: line {raw}: two: no")
    lines = said.splitlines()
    assert lines[0] == "layer.yaml:4: `two` exited 1"
    assert lines[1] == "  11"
    assert lines[-1] == "  layer.yaml:4: two: no"


def test_of_shells_in_shells_the_first_to_fail_is_told(tmp_path: Path) -> None:
    broken = Broken(tmp_path, "description: x\nrun: |\n  (\n    one\n  )\n")
    inner = f"catalog: run: line {broken.header('run') + 2}: one"
    tolerated = f"catalog: run: line {broken.header('run') + 1}: tolerated"
    said = broken.script("run", 3, "( one )", tolerated, "went on", inner)
    assert said == "layer.yaml:4: `one` exited 1\n  went on"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("run: |\n  one\n  exit 3\n", "layer.yaml:4"),
        ("run: |\n  exit 3\n  exit 3\n", "layer.yaml:2"),
    ],
)
def test_a_script_that_exits_is_found_by_its_command(tmp_path: Path, text: str, place: str) -> None:
    broken = Broken(tmp_path, f"description: x\n{text}")
    said = broken.told(broken.step("run"), "catalog: run: ended by: exit 3", code=3)
    assert said == f"{place}: `exit 3` exited 3"


def test_a_step_that_installs_names_the_key_that_asks(tmp_path: Path) -> None:
    broken = Broken(tmp_path, "description: x\napt: [jq]\nrun: one\n")
    said = broken.told(broken.line("RUN"), "E: broken", code=100)
    assert said == "layer.yaml: installing what `apt` asks for: the step exited 100\n  E: broken"


def test_a_step_of_a_template_is_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.j2").write_text(
        "{% set long = 'a\nb\nc' %}\nRUN echo '{{ long }}'\n{% if axes.debian == 'trixie' -%}\n"
        '\n  RUN two\n{%- endif %}\n{% include "steps.j2" %}\nRUN three\n'
    )
    broken = Broken(tmp_path, "description: x\nrun: one\n")
    for start, line in (("RUN echo", 4), ("RUN two", 7), ("RUN three", 10)):
        said = broken.told(broken.line(start), "no", code=1)
        assert said == f"Dockerfile.j2:{line}: the step exited 1\n  no"
    assert broken.script("run", 1, "one").startswith("layer.yaml:2: `one` exited 1")


def test_what_is_killed_may_have_had_too_little_memory(tmp_path: Path) -> None:
    broken = Broken(tmp_path, "description: x\nrun: one\n")
    assert "too little memory" in broken.told(broken.step("run"), code=137)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("curl: (6) Could not resolve host: example.org", "`archives`"),
        ("wget: unable to resolve host address 'example.org'", "`archives`"),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "`archives`"),
        ("E: Unable to locate package nonesuch", "`apt`"),
        ("W: Failed to fetch http://x  Temporary failure resolving 'x'", "`apt`"),
        ("ERROR: No matching distribution found for nonesuch", "`python` or `wheels`"),
        ("  cause: dns error: failed to lookup address information", "`python` or `wheels`"),
        ("npm error code EAI_AGAIN", "`npm`"),
        ("getaddrinfo ENOTFOUND registry.example.org", "`npm`"),
        ("cannot open URL 'https://example.org/src/contrib/PACKAGES'", "`archives`"),
        ("cannot open URL 'https://example.org/src/contrib/PACKAGES'", "`cran`"),
        ("ERROR: no registries have been installed", "`julia`"),
        ("Warning: unable to access index for repository https://example.org", "`cran`"),
        ("dial tcp: lookup example.org: no such host", "`archives`"),
        ("java.net.UnknownHostException: example.org", "`archives`"),
        ("connect: Network is unreachable", "`archives`"),
    ],
)
def test_who_would_download_learns_that_builds_have_no_network(
    tmp_path: Path, said: str, key: str
) -> None:
    broken = Broken(tmp_path, "description: x\nrun: one\n")
    hint = broken.script("run", 1, "one", said).splitlines()[-1]
    assert hint.startswith("builds run without a network: declare what it downloads under")
    assert key in hint
    assert "network" not in broken.script("run", 1, "one", "something else")
