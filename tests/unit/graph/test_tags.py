"""The tags of a push: one pure function, from the catalog, its lock, and the digests of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.errors import InputError
from builder.graph.tags import Tag, published
from builder.lock.model import Lock
from tests.unit.graph.versions import CATALOG, loaded, lock

ALL = 'tags: ["{tag}", "{exact}", "{tag}-{date}", "{tag}-{digest}", latest]\n'
DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


def texts(root: Path, catalog: str, *, digests: bool = True) -> dict[str, list[str]]:
    known, whole = loaded(root, catalog)
    given = dict.fromkeys(whole.images, DIGEST) if digests else {}
    tags = published(known, whole, lock(whole), given)
    return {name: [tag.text for tag in own] for name, own in tags.items()}


def test_the_default_is_the_image_s_own_tag_and_the_dated_one(tmp_path: Path) -> None:
    tags = texts(tmp_path, CATALOG)
    assert tags["python:py3.13"] == ["py3.13", "py3.13-2026.11.27"]
    assert tags["base:bookworm"] == ["bookworm", "bookworm-2026.11.27"]


def test_every_part_of_a_tag(tmp_path: Path) -> None:
    tags = texts(tmp_path, CATALOG + ALL)
    assert tags["python:py3.13"] == [
        "py3.13",
        "py3.13.5",
        "py3.13-2026.11.27",
        "py3.13-0123456789ab",
        "latest",
    ]
    # No package says more of these versions than their values do.
    assert tags["base:trixie"] == [
        "trixie",
        "trixie-2026.11.27",
        "trixie-0123456789ab",
        "latest",
    ]


def test_a_word_is_for_the_default_version_which_is_no_preview_and_not_yanked(
    tmp_path: Path,
) -> None:
    tags = texts(tmp_path, CATALOG + ALL.replace("latest", 'latest, "latest-{date}"'))
    having = [name for name, own in tags.items() if "latest" in own]
    assert having == ["base:trixie", "python:py3.13", "old:py3.13"]
    assert [name for name, own in tags.items() if "latest-2026.11.27" in own] == having
    assert tags["python:py3.15"][:2] == ["py3.15", "py3.15.0"]
    assert tags["python:py3.14"][:2] == ["py3.14", "py3.14.1"]


def test_what_names_a_digest_is_fixed(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path, CATALOG + ALL)
    tags = published(known, whole, lock(whole), {"python:py3.13": DIGEST})
    assert [tag.text for tag in tags["python:py3.13"] if tag.fixed] == ["py3.13-0123456789ab"]
    assert not any(tag.fixed for tag in tags["python:py3.11"])


def test_without_a_lock_and_without_digests_the_others_are_left_out(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path, CATALOG + ALL)
    assert published(known, whole)["python:py3.13"] == (Tag("py3.13"), Tag("latest"))


def test_a_lock_that_lacks_an_image_says_nothing_of_its_versions(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path, CATALOG + ALL)
    full = lock(whole)
    cells = {cell: piece for cell, piece in full.cells.items() if "py3.13" not in cell}
    tags = published(known, whole, replace(full, cells=cells))
    assert [tag.text for tag in tags["python:py3.13"]] == ["py3.13", "py3.13-2026.11.27", "latest"]


def test_a_tag_of_one_s_own_has_exact_versions_too(tmp_path: Path) -> None:
    catalog = CATALOG.replace(
        "python: {layers: [python]}", 'python: {layers: [python], tag: "{debian}-v{python}"}'
    )
    tags = texts(tmp_path, catalog + ALL)
    assert tags["python:trixie-v3.13"][:2] == ["trixie-v3.13", "trixie-v3.13.5"]


def test_two_images_may_not_claim_one_tag_and_both_places_are_told(tmp_path: Path) -> None:
    catalog = CATALOG.replace("bookworm: {eol", "latest: {}, bookworm: {eol")
    known, whole = loaded(tmp_path, catalog + ALL)
    with pytest.raises(InputError) as caught:
        published(known, whole)
    (problem,) = caught.value.problems
    file = (tmp_path / "catalog.yaml").as_posix()
    assert problem.message == (
        f"two images of 'base' claim the tag 'latest': base:trixie by 'latest' ({file}:17:62) and"
        f" base:latest by '{{tag}}' ({file}:14:31)"
    )
    assert (problem.line, problem.column) == (14, 31)


def test_a_conflict_that_only_the_lock_shows(tmp_path: Path) -> None:
    catalog = CATALOG.replace(
        '      "3.13": {when: {debian: trixie}}\n',
        '      "3.13": {when: {debian: trixie}}\n      "3.13.5": {when: {debian: trixie}}\n',
    )
    known, whole = loaded(tmp_path, catalog + ALL)
    versions = {"3.13": "3.13.5-2", "3.13.5": "3.13.5-2", "3.11": "3.11.2-6", "3.15": "3.15"}
    with pytest.raises(InputError, match=r"two images of 'python' claim the tag 'py3\.13\.5'"):
        published(known, whole, lock(whole, {**versions, "3.14": "3.14.1"}))


def test_a_package_that_no_image_has(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path, CATALOG.replace("deb:python{value}", "deb:pyhton{value}") + ALL)
    with pytest.raises(InputError) as caught:
        published(known, whole, lock(whole))
    messages = {problem.message: problem.hint for problem in caught.value.problems}
    assert messages["no image at python 3.13 has the package deb:pyhton3.13"] == (
        "did you mean 'deb:python3.13'?"
    )
    assert {problem.line for problem in caught.value.problems} == {7}


def test_a_tag_that_becomes_too_long(tmp_path: Path) -> None:
    long = "x" * 120
    known, whole = loaded(tmp_path, CATALOG + f'tags: ["{{tag}}", "{long}-{{tag}}"]\n')
    with pytest.raises(InputError, match="cannot be a tag of base:bookworm"):
        published(known, whole)


def test_the_moment_of_the_lock_is_the_only_date(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path)
    early = Lock(moment="2020-02-29T23:59:59Z", artifacts={}, cells=lock(whole, {}).cells)
    assert published(known, whole, early)["base:trixie"][1].text == "trixie-2020.02.29"
