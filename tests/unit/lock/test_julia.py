"""Versions and bounds of Julia packages, and what registries say of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import IntegrityError
from builder.kinds.table import placed
from builder.lock.julia import (
    JuliaError,
    Need,
    Release,
    Spec,
    compat,
    needs_of,
    ranges,
    request,
    version_key,
    version_range,
    written,
)
from builder.lock.julia_registry import Registry
from builder.lock.model import Artifact
from builder.lock.version import newest

UUID = "7073ff75-c697-5162-941a-fcdaad2a7d2a"
OTHER = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"
TREE = "b8e04c4f92d6c89dba6f1d5ace676b54186c0ac0"
BOUND = st.lists(st.integers(0, 40), max_size=3).map(lambda all_: ".".join(map(str, all_)) or "*")
VERSION = st.lists(st.integers(0, 40), min_size=3, max_size=3).map(
    lambda numbers: ".".join(map(str, numbers))
)


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        # The examples of Pkg's manual, "Compatibility".
        ("1.2.3", "1.2.3 1.2.4 1.9.0", "1.2.2 2.0.0 0.9.9"),
        ("1.2", "1.2.0 1.99.0", "1.1.9 2.0.0"),
        ("1", "1.0.0 1.99.0", "0.9.9 2.0.0"),
        ("0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0 1.0.0"),
        ("0.0.3", "0.0.3", "0.0.2 0.0.4 0.1.0"),
        ("0.0", "0.0.0 0.0.9", "0.1.0"),
        ("0", "0.0.0 0.9.9", "1.0.0"),
        ("^1.2.3", "1.2.3 1.9.0", "2.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        ("~0.0.3", "0.0.3 0.0.9", "0.0.2 0.1.0"),
        ("=1.2.3", "1.2.3", "1.2.4"),
        ("= 1.2.3, =1.3.0", "1.2.3 1.3.0", "1.2.4"),
        (">= 1.2.3", "1.2.3 9.0.0", "1.2.2"),
        ("≥1.2", "1.2.0 9.0.0", "1.1.9"),
        ("< 1.2.3", "0.0.0 1.2.2", "1.2.3"),
        ("< 1.2", "1.1.9", "1.2.0"),
        ("1.2.3 - 4.5.6", "1.2.3 4.5.6", "1.2.2 4.5.7"),
        ("1.2.3 - 4", "4.9.9", "5.0.0"),
        ("0.2 - 0", "0.2.0 0.9.0", "0.1.0 1.0.0"),
        ("1.2, 2", "1.2.0 2.9.0", "1.1.0 3.0.0"),
        ("v1.2", "1.2.0", "2.0.0"),
    ],
)
def test_what_a_bound_of_a_project_admits(text: str, admitted: str, refused: str) -> None:
    spec = compat(text)
    for version in admitted.split():
        assert spec.admits(version), version
    for version in refused.split():
        assert not spec.admits(version), version


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4", "1-2", "<0", "0.0.0", "1,", "> 1", "1" * 99])
def test_what_is_no_bound_of_a_project(text: str) -> None:
    with pytest.raises(JuliaError):
        compat(text)


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        ("*", "0.0.1 9.9.9", ""),
        ("0.7-1", "0.7.0 1.9.9", "0.6.9 2.0.0"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.2.3 - 2", "1.2.3 2.9.0", "1.2.2 3.0.0"),
        ("1.6-*", "1.6.0 99.0.0", "1.5.9"),
        ("1.2.11+1-1", "1.2.11+1 1.2.11+6 1.3.0", "1.2.11+0 1.2.11"),
    ],
)
def test_what_a_range_of_a_registry_admits(text: str, admitted: str, refused: str) -> None:
    spec = ranges([text])
    assert all(map(spec.admits, admitted.split()))
    assert not any(map(spec.admits, refused.split()))


@given(BOUND, BOUND, VERSION)
def test_a_range_that_is_written_and_read_admits_the_same(low: str, high: str, at: str) -> None:
    one = Spec((version_range(f"{low}-{high}"),))
    assert ranges(str(one).split("|")).admits(at) == one.admits(at)
    need = Need("JSON", OTHER, one)
    (read,) = needs_of(written([need]))
    assert read.spec.admits(at) == one.admits(at)


def test_versions_are_ordered_with_their_builds() -> None:
    versions = ["1.0.0-alpha", "1.0.0-rc1", "1.0.0", "1.0.0+1", "1.0.0+9", "1.0.0+10", "1.1.0"]
    assert sorted(set(versions), key=version_key) == versions
    assert newest("julia", ["1.0.0+9", "1.0.0+10"]) == "1.0.0+10"


@pytest.mark.parametrize(
    "text", ["", "../x", "CSV@", "CSV@x", "CSV 0.10", "CSV=1.2.3", "CSV=", "a/b", "CSV@1@2"]
)
def test_what_is_no_request(text: str) -> None:
    assert request(text) is None


def test_a_request_may_name_the_package_by_its_uuid() -> None:
    made = request(f"IJulia={UUID}@1.24")
    assert made is not None
    assert (made.name, made.uuid) == ("IJulia", UUID)
    assert made.spec.admits("1.30.0")


@pytest.mark.parametrize("text", ["JSON", f"JSON={OTHER} x", f"../x={OTHER}", f"JSON={OTHER},"])
def test_needs_of_a_lock_are_not_trusted(text: str) -> None:
    with pytest.raises(JuliaError):
        needs_of(text)


SOUND = {
    "Registry.toml": f'name = "G"\n[packages]\n{UUID} = {{ name = "IJulia", path = "I/IJulia" }}\n',
    "I/IJulia/Versions.toml": (
        f'["1.9.0"]\ngit-tree-sha1 = "{TREE}"\n["1.31.0"]\ngit-tree-sha1 = "{TREE}"\n'
    ),
    "I/IJulia/Deps.toml": f'["1.5-1.12"]\nJSON = "{OTHER}"\n["1.31 - 1"]\nJSON = "{OTHER}"\n',
    "I/IJulia/Compat.toml": '["0-1.12"]\njulia = "0.6-1.2"\n["1.31-1"]\nJSON = ["0.21", "1"]\n',
    "I/IJulia/WeakDeps.toml": f'["1.31 - 1"]\nPythonCall = "{UUID}"\n',
    "I/IJulia/WeakCompat.toml": '["1.31 - 1"]\nPythonCall = "0.9"\n',
}


def told(**changed: str) -> list[Release]:
    made = registry(**changed)
    return made.releases(made.packages[UUID], "1.12.0")


def registry(**changed: str) -> Registry:
    texts: Mapping[str, str] = {**SOUND, **changed}
    return Registry({path: text.encode() for path, text in texts.items()})


def test_a_registry_tells_each_version_what_its_ranges_say() -> None:
    made = registry()
    new, old = made.releases(made.packages[UUID], "1.10.5")
    assert (str(new), new.locator) == ("IJulia 1.31.0", f"package/{UUID}/{TREE}")
    assert list(map(str, new.needs)) == ["JSON 0.21|1"]
    assert list(map(str, new.weak)) == ["PythonCall 0.9"]
    assert (str(old.julia), list(map(str, old.needs)), old.weak) == ("0.6-1.2", ["JSON"], ())
    assert made.releases(made.packages[UUID], "1.8.5")[0].weak == (), "Julia 1.8 has none"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Registry.toml", "x"),
        ("Registry.toml", "name = 1"),
        ("Registry.toml", 'name = "G"\npackages = []'),
        ("Registry.toml", 'name = "G"\n[packages]\nx = { name = "A", path = "A/A" }'),
        ("Registry.toml", f'name = "G"\n[packages]\n{UUID} = {{ name = "a/b", path = "A" }}'),
        ("Registry.toml", f'name = "G"\n[packages]\n{UUID} = {{ name = "A", path = "../A" }}'),
        ("I/IJulia/Versions.toml", f'["1.x"]\ngit-tree-sha1 = "{TREE}"'),
        ("I/IJulia/Versions.toml", '["1.0.0"]\ngit-tree-sha1 = "../../x"'),
        ("I/IJulia/Versions.toml", '["1.0.0"]\nyanked = false'),
        ("I/IJulia/Versions.toml", f'["1.0.0"]\ngit-tree-sha1 = "{TREE}"\nyanked = "perhaps"'),
        ("I/IJulia/Deps.toml", '["1"]\nJSON = 1'),
        ("I/IJulia/Deps.toml", '["1"]\nJSON = "../x"'),
        ("I/IJulia/Deps.toml", f'["1"]\n"../x" = "{OTHER}"'),
        ("I/IJulia/Deps.toml", f'["1-2-3"]\nJSON = "{OTHER}"'),
        ("I/IJulia/Deps.toml", f'["1"]\nJSON = "{OTHER}"\n["1.0-1"]\nJSON = "{UUID}"'),
        ("I/IJulia/Compat.toml", '["1"]\njulia = "new"'),
        ("I/IJulia/Compat.toml", '["1"]\njulia = "1"\n["1.0-1"]\njulia = "1.6"'),
        ("I/IJulia/Compat.toml", '["1"]\njulia = 1'),
        ("I/IJulia/WeakDeps.toml", '["1"]\nJSON = []'),
        ("I/IJulia/WeakCompat.toml", '["1"]\nPythonCall = "x"'),
        ("I/IJulia/Compat.toml", "a = " + "[" * 2000),
    ],
)
def test_a_damaged_registry_is_told_with_its_file(path: str, text: str) -> None:
    with pytest.raises(IntegrityError, match="has a damaged") as caught:
        told(**{path: text})
    assert path.rpartition("/")[0] in caught.value.message


def test_a_registry_without_its_index_is_none() -> None:
    with pytest.raises(IntegrityError, match=r"has no Registry\.toml"):
        Registry({})


@pytest.mark.parametrize(
    ("kind", "name", "locator"),
    [
        ("julia", "A", "package"),
        ("julia", "A", f"package/{UUID}"),
        ("julia", "A", f"package/x/{TREE}"),
        ("julia", "A", f"package/{UUID}/{TREE}/x"),
        ("julia", "A", f"artifact/{TREE}"),
        ("julia", "a/b", f"package/{UUID}/{TREE}"),
        ("julia-artifact", "a", f"package/{UUID}/{TREE}"),
        ("julia-artifact", "a", "artifact/x"),
    ],
)
def test_a_locator_of_another_form_is_refused(kind: str, name: str, locator: str) -> None:
    one = Artifact(f"{kind}:{name}=1", kind, name, "1", "julia", locator, "sha256:" + "0" * 64, 1)
    with pytest.raises(IntegrityError):
        placed(one.checked())


def test_words_of_a_locked_package() -> None:
    made = Artifact(
        "julia:A=1.0.0",
        "julia",
        "A",
        "1.0.0",
        "julia",
        f"package/{UUID}/{TREE}",
        "sha256:" + "0" * 64,
        1,
    )
    assert made.checked() is made
