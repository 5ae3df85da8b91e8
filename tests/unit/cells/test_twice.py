"""What an image has in two versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from builder.cells.twice import twice
from builder.debian.model import Facts, SharedLibrary
from builder.oci.model import Entry, ImageConfig
from tests.unit.oci.made import directory_entry, facts, file_entry, symlink_entry

CONFIG = ImageConfig(path=("/opt/python/bin",))
OWN = "opt/python/lib/python3.13/site-packages"
DEBIAN = "usr/lib/python3/dist-packages"
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def within(*paths: str) -> dict[str, Entry]:
    """Return the directories in which these lie."""
    entries: dict[str, Entry] = {}
    for path in paths:
        for parent in PurePosixPath(path, "file").parents:
            entries[str(parent)] = directory_entry()
    del entries["."]
    return entries


CONF = "etc/ld.so.conf"
DIRECTORIES = replace(
    facts(
        "debian@trixie",
        {**within(LIBRARIES, "usr/bin", "opt/python/bin", OWN, DEBIAN), CONF: file_entry("x")},
    ),
    texts={CONF: f"/{LIBRARIES}\n"},
)


def several(
    *layers: Facts,
    named: Mapping[str, Mapping[str, str]] | None = None,
    families: Mapping[str, Sequence[str]] | None = None,
    private: Mapping[str, Iterable[str]] | None = None,
) -> dict[str, list[str]]:
    copies = twice(
        [DIRECTORIES, *layers],
        config=CONFIG,
        named=named or {},
        families=families or {},
        private=private or {},
    )
    return {thing: [str(copy) for copy in of] for thing, of in copies.items()}


def python(layer: str, *distributions: str, where: str = OWN) -> Facts:
    """Return a layer with these distributions, `name-version`."""
    entries = {f"{where}/{one}.dist-info/METADATA": file_entry(one) for one in distributions}
    return facts(f"{layer}@trixie", entries)


def program(layer: str, path: str, text: str) -> Facts:
    return facts(f"{layer}@trixie", {path: file_entry(text, 0o755)})


def library(layer: str, name: str, soname: str, where: str = LIBRARIES) -> Facts:
    """Return a layer with a library of a package."""
    path = f"{where}/{name}"
    entries: dict[str, Entry] = {path: file_entry(name)}
    if name != soname:
        entries[f"{where}/{soname}"] = symlink_entry(name)
    made = facts(f"{layer}@trixie", entries)
    flags = 0x0303
    return replace(
        made,
        libraries=(SharedLibrary(path=path, soname=soname, flags=flags),),
        owners={path: f"lib{layer}"},
        packages={"deb": {f"lib{layer}": "1.0-2"}},
    )


def test_a_distribution_of_two_layers() -> None:
    one = python("tools", "urllib3-2.3.0", where=DEBIAN)
    other = python("python", "urllib3-2.8.0", "numpy-2.0")
    assert several(one, other) == {
        "python:urllib3": [f"2.3.0 (layer tools, /{DEBIAN})", f"2.8.0 (layer python, /{OWN})"]
    }


def test_a_distribution_in_one_version_under_two_spellings() -> None:
    one = python("tools", "Ruamel.YAML-0.18", where=DEBIAN)
    assert several(one, python("python", "ruamel_yaml-0.18")) == {}
    assert list(several(one, python("python", "ruamel_yaml-0.19"))) == ["python:ruamel-yaml"]


def test_two_places_in_one_layer() -> None:
    layer = facts(
        "both@trixie",
        {
            f"{OWN}/six-1.16.dist-info/METADATA": file_entry("1"),
            f"{DEBIAN}/six-1.17.egg-info": file_entry("2"),
        },
    )
    assert list(several(layer)) == ["python:six"]


def test_r_packages() -> None:
    one = replace(facts("r@trixie"), packages={"r": {"MASS": "7.3-65"}, "deb": {"same": "1"}})
    other = replace(facts("more@trixie"), packages={"r": {"MASS": "7.3-64"}, "deb": {"same": "1"}})
    assert several(one, other) == {"r:MASS": ["7.3-64 (layer more)", "7.3-65 (layer r)"]}


def test_what_was_unpacked_is_known_from_the_lock() -> None:
    named = {"one": {"wheel:kubectl": "35.1"}, "other": {"wheel:kubectl": "35.2"}}
    layers = facts("one@trixie"), facts("other@trixie")
    assert list(several(*layers, named=named)) == ["wheel:kubectl"]


def test_one_program_under_several_names() -> None:
    cli = {"tools": {"wheel:duckdb-cli": "1.5.5", "wheel:duckdb-extension-httpfs": "1.5.5"}}
    families = {"duckdb": ["wheel:duckdb-*", "python:duckdb"]}
    tools = facts("tools@trixie")
    same = python("python", "duckdb-1.5.5", "duckdb_engine-0.17")
    assert several(tools, same, named=cli, families=families) == {}
    newer = python("python", "duckdb-2.0.0")
    assert several(tools, newer, named=cli, families=families) == {
        "duckdb": [
            f"python:duckdb 2.0.0 (layer python, /{OWN})",
            "wheel:duckdb-cli 1.5.5 (layer tools)",
            "wheel:duckdb-extension-httpfs 1.5.5 (layer tools)",
        ]
    }
    # What packagers put around a version is none of its own.
    debian = {"tools": {"wheel:duckdb-cli": "1:1.5.5+dfsg-2"}}
    assert several(tools, same, named=debian, families=families) == {}


def test_a_library_under_two_names_and_in_two_places() -> None:
    old, new = (
        library("old", "libz.so.1.2", "libz.so.1"),
        library("new", "libz.so.2.0", "libz.so.2"),
    )
    assert several(old) == {}
    assert several(old, new) == {
        "library:libz": [
            f"libz.so.1 libold 1.0-2 (layer old, /{LIBRARIES}/libz.so.1.2)",
            f"libz.so.2 libnew 1.0-2 (layer new, /{LIBRARIES}/libz.so.2.0)",
        ]
    }
    # What a wheel has for itself is nowhere where the loader looks.
    assert several(old, library("wheel", "libz-1a2b.so.3", "libz-1a2b.so.3", f"{OWN}/z.libs")) == {}


def test_a_program_in_two_directories_of_path() -> None:
    one = program("tools", "usr/bin/rst2man", "old")
    other = program("python", "opt/python/bin/rst2man", "new")
    assert list(several(one, other)) == ["program:rst2man"]
    assert several(one, program("python", "opt/python/bin/rst2man", "old")) == {}
    assert several(one, program("python", "opt/other/bin/rst2man", "new")) == {}
    # A name that leads to the other is not another program.
    entries = {"opt/python/bin/rst2man": symlink_entry("/usr/bin/rst2man")}
    assert several(one, facts("python@trixie", entries)) == {}


def test_a_directory_of_path_that_is_a_link_to_another() -> None:
    entries = {
        "usr/bin": directory_entry(),
        "usr/bin/tool": file_entry("x", 0o755),
        "bin": symlink_entry("usr/bin"),
    }
    assert several(facts("debian@trixie", entries)) == {}


def test_what_a_layer_has_for_itself() -> None:
    tools = python("tools", "urllib3-2.3.0", "six-1.16", where=DEBIAN)
    layers = tools, python("python", "urllib3-2.8.0", "six-1.17")
    assert list(several(*layers, private={"tools": ["python:url*"]})) == ["python:six"]
    assert several(*layers, private={"tools": ["python:*"]}) == {}
    assert several(*layers, private={"python": ["python:*"]}) == {}
    assert len(several(*layers, private={"other": ["python:*"]})) == 2
    # It excuses its own copy alone, not those of two others.
    third = python("third", "urllib3-2.9.0", where="opt/third/site-packages")
    left = several(*layers, third, private={"tools": ["python:*"]})
    assert left == {
        "python:urllib3": [
            f"2.8.0 (layer python, /{OWN})",
            "2.9.0 (layer third, /opt/third/site-packages)",
        ]
    }
