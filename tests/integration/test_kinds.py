"""Packages from npm, Maven and Go in images, from their own registries, on a real engine."""

from __future__ import annotations

import pytest

from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker
WEB, JARS, GOPHER = (f"{name}@trixie-amd64" for name in ("web", "jars", "gopher"))
LAYERS = {
    "web": (
        "description: npm packages\non: [tools]\nnpm: {cowsay: ^1}\n"
        # It runs on the layer's own Node.js, as Debian's is not there.
        "run: |\n  [[ $(cowsay hello) == *hello* ]] && ! command -v node\n"
    ),
    "jars": (
        "description: Java archives\non: [tools]\nmaven:\n"
        "  to: /opt/jars\n  artifacts: [org.slf4j:slf4j-simple:2.0.16]\n"
    ),
    "gopher": (
        "description: A program in Go\non: [tools]\ngo:\n  golang.org/x/tools/cmd/stringer: {version: v0.44.0}\n"
        "run: |\n  [[ $(stringer -h 2>&1 || true) == *Usage* ]]\n"
    ),
}


@pytest.mark.whole("Go compiles a program and its modules")
def test_what_other_registries_have_is_locked_built_and_found_again(tiny: Tiny) -> None:
    for name, text in LAYERS.items():
        tiny.layer(name, text)
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text() + "  others: {layers: [web, jars, gopher], tag: one}\n")
    tiny.done("lock")
    tiny.build(WEB, JARS, GOPHER)
    web, jars, gopher = (tiny.facts(cell) for cell in (WEB, JARS, GOPHER))
    assert {"cowsay", "yargs"} <= web.packages["npm"].keys()
    assert "usr/local/bin/cowsay" in web.entries
    assert jars.packages["maven"] == {
        "org.slf4j:slf4j-api": "2.0.16",
        "org.slf4j:slf4j-simple": "2.0.16",
    }
    assert sorted(path for path in jars.entries if path.endswith(".jar")) == [
        "opt/jars/slf4j-api-2.0.16.jar",
        "opt/jars/slf4j-simple-2.0.16.jar",
    ]
    assert gopher.packages["go"]["golang.org/x/tools"] == "v0.44.0"
    assert [path for path in gopher.entries if path.startswith("usr/local/bin/")] == [
        "usr/local/bin/stringer"
    ]


@pytest.mark.whole("Go compiles a program and its modules")
def test_a_program_in_go_comes_to_the_same_bytes_again(tiny: Tiny) -> None:
    tiny.layer("gopher", LAYERS["gopher"])
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text() + "  others: {layers: [gopher], tag: one}\n")
    tiny.done("lock")
    tiny.build(GOPHER)
    first = tiny.facts(GOPHER).entries
    tiny.build("--no-cache", "--force", GOPHER, GOPHER)
    assert tiny.facts(GOPHER).entries == first
