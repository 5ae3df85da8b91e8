"""What differs between stacks of cells, and what takes space in one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.cells import space
from builder.cells.compare import PackageChange, compare
from builder.debian.model import Facts
from builder.oci.model import Entry
from tests.unit.oci.made import directory_entry, facts, file_entry, symlink_entry

SITE = "opt/python/lib/python3.13/site-packages"


def cell(name: str, packages: dict[str, str], files: dict[str, Entry] | None = None) -> Facts:
    return replace(facts(name, files), packages={"deb": packages})


def test_packages_are_added_removed_and_moved() -> None:
    before = [cell("a", {"same": "1", "old": "1", "up": "1"})]
    after = [cell("a", {"same": "1", "up": "2"}), cell("b", {"new": "1"})]
    fates = {change.name: change for change in compare(before, after).packages}
    assert fates.keys() == {"old", "up", "new"}
    assert fates["up"] == PackageChange(fate="moved", kind="deb", name="up", before="1", after="2")
    assert (fates["old"].fate, fates["new"].fate) == ("removed", "added")


def test_files_differ_by_their_bytes_and_links_not_by_directories() -> None:
    before = [facts("a", {"d": directory_entry(0o700), "d/x": file_entry("1")})]
    after = [facts("a", {"d": directory_entry(), "d/x": symlink_entry("y"), "z": file_entry("")})]
    assert [file.path for file in compare(before, after).files] == ["d/x", "z"]


@given(st.dictionaries(st.sampled_from("abcde"), st.sampled_from("123")))
def test_nothing_differs_from_itself(packages: dict[str, str]) -> None:
    stack = [cell("a", packages, {name: file_entry(text) for name, text in packages.items()})]
    found = compare(stack, stack)
    assert (found.packages, found.files) == ((), ())


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("usr/bin/jq", "deb", "jq"),
        (f"{SITE}/numpy/core/x.py", "python", "numpy"),
        (f"{SITE}/numpy-2.1.0.dist-info/RECORD", "python", "numpy"),
        (f"{SITE}/numpy.libs/libx.so", "python", "numpy"),
        (f"{SITE}/_duckdb.cpython-313-x86_64-linux-gnu.so", "python", "_duckdb"),
        (f"{SITE}/six.py", "python", "six"),
        ("usr/lib/node_modules/@a/b/node_modules/c/index.js", "npm", "@a/b"),
        ("usr/local/lib/R/site-library/dplyr/DESCRIPTION", "r", "dplyr"),
        ("opt/tool/share/data.bin", "files", "/opt/tool"),
        ("top", "files", "/"),
    ],
)
def test_a_file_belongs_to_a_package(path: str, kind: str, name: str) -> None:
    made = replace(facts("a@x", {path: file_entry("12345")}), owners={"usr/bin/jq": "jq"})
    (package,) = space.packages([made])
    assert (package.kind, package.name, package.cell, package.size) == (kind, name, "a@x", 5)


def test_the_largest_files_come_first_and_once() -> None:
    stack = [
        facts("a", {"x": file_entry("123"), "y": file_entry("1")}),
        facts("b", {"x": file_entry("123"), "z": file_entry("12345")}),
    ]
    found = space.files(stack, 2)
    assert [(file.path, file.cell, file.size, file.again_in) for file in found] == [
        ("z", "b", 5, ()),
        ("x", "a", 3, ("b",)),
    ]
