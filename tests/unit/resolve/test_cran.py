"""R packages chosen from a repository on loopback: what there is, what is refused, and why."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pytest

from builder.catalog.model import Layer
from builder.errors import FetchError, IntegrityError
from builder.graph.model import Cell
from builder.lock.bound import Reach, Stayed
from builder.lock.model import Artifact
from builder.resolve.cran import ground, resolve
from builder.resolve.task import Resolved
from tests.integration.cran import Cran, source
from tests.integration.site import Site, serving
from tests.unit.resolve.tasks import Told, has, lock_of, task_of
from tests.unit.resolve.test_resolve import cell

INDEX = "/cran/src/contrib/PACKAGES.gz"
R = Artifact(
    "deb:r-base-core=4.5.0-3:amd64", "deb", "r-base-core", "4.5.0-3", "debian", "r.deb", "", 1
)
BEFORE = {"r": [R, replace(R, name="r-cran-yaml", version="1:2.3.10+ds-1+b1")]}
"""What the layer below has: R, and one of Debian's R packages."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


@pytest.fixture
def cran(site: Site) -> Cran:
    """Return a repository of two packages."""
    site.files.clear()
    site.asked.clear()
    made = Cran(site)
    made.publish("config", "0.3.2", Imports="yaml (>= 2.1.13), rlang", Depends="R (>= 3.5), utils")
    made.publish("rlang", "1.1.6", Depends="R (>= 4.0.0)", Imports="utils")
    return made


def asking(name: str, *wanted: str, on: tuple[str, ...] = ("r",)) -> Cell:
    return cell(name, *on, layer=Layer(description=name, cran=wanted))


def resolved(
    cran: Cran,
    tmp_path: Path,
    *cells: Cell,
    url: str = "",
    **told: Unpack[Told],
) -> Resolved:
    wanted = cells[0].layer.cran
    task = task_of(
        tmp_path,
        cells,
        ground="r",
        key="cran",
        wanted=wanted,
        url=url or cran.url,
        **told,
    )
    return resolve(task, BEFORE)


def test_what_debian_has_in_a_sufficient_version_is_not_installed_again(
    cran: Cran, tmp_path: Path
) -> None:
    made = resolved(cran, tmp_path, asking("a", "config"))
    assert has(made) == {"config": "0.3.2", "rlang": "1.1.6"}
    assert made.pieces["a"].artifacts[0].extra == {
        "needs": "R (>= 3.5), utils, yaml (>= 2.1.13), rlang"
    }
    cran.publish("yaml", "2.4.0")
    cran.publish("config", "0.4", Imports="yaml (>= 2.4)")
    made = resolved(cran, tmp_path, asking("a", "config"))
    assert has(made) == {"config": "0.4", "yaml": "2.4.0"}


def test_r_is_debians_or_what_the_axis_says() -> None:
    def told(*held: Artifact, r: str) -> tuple[str, bool]:
        made = ground(cell("a", "r", r=r), {"r": held})
        assert made is not None
        return made.r, made.is_exact

    assert told(R, r="4.5") == ("4.5.0", True)
    built = replace(R, kind="source", name="r-base", version="4.6.1-1")
    assert told(built, r="4.6") == ("4.6.1", True)
    assert told(r="4.6") == ("4.6", False)
    assert ground(cell("a", "r"), {}) is None


def test_a_layer_without_r_is_told(cran: Cran, tmp_path: Path) -> None:
    (problem,) = resolved(cran, tmp_path, asking("a", "config", on=())).problems
    assert problem.message == "asks for R packages, but neither it nor a layer below has R"
    assert problem.line == 1


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        ("confg", "confg, and the repository has no such package", "did you mean 'config'?"),
        ("config (>= 9)", "config (>= 9), and the repository has 0.3.2", "config (== VERSION)"),
        ("config (== 0.1)", "config (== 0.1), and the repository has 0.3.2", "config (== VERSION)"),
        (
            "needy",
            "needy cannot be installed: needy 1.0 needs lost, and the repository has no such package",
            "lost (== VERSION)",
        ),
        (
            "modern",
            "modern cannot be installed: modern 1.0 needs R (>= 4.9), and here is R 4.5.0",
            "ask for an older release: modern (== VERSION)",
        ),
        (
            "above",
            "above cannot be installed: modern 1.0 needs R (>= 4.9), and here is R 4.5.0",
            "ask for an older release: modern (== VERSION)",
        ),
    ],
)
def test_what_cannot_be_had_is_told_at_its_line(
    cran: Cran, tmp_path: Path, wanted: str, said: str, hint: str
) -> None:
    cran.publish("needy", "1.0", Imports="lost")
    cran.publish("modern", "1.0", Depends="R (>= 4.9)")
    cran.publish("above", "1.0", LinkingTo="modern")
    (problem,) = resolved(cran, tmp_path, asking("a", "rlang", wanted)).problems
    assert (problem.file, problem.line, problem.message) == ("a/layer.yaml", 3, said)
    assert hint in problem.hint


def test_all_that_cannot_be_had_is_told_at_once(cran: Cran, tmp_path: Path) -> None:
    problems = resolved(cran, tmp_path, asking("a", "confg", "rlang", "ylang")).problems
    assert [problem.line for problem in problems] == [2, 4]


def test_packages_that_need_each_other_are_told(cran: Cran, tmp_path: Path) -> None:
    cran.publish("round", "1.0", Imports="trip")
    cran.publish("trip", "1.0", Imports="round")
    (problem,) = resolved(cran, tmp_path, asking("a", "round")).problems
    assert problem.message.startswith("these R packages need each other: ")


def test_packages_may_need_each_other_ten_thousand_deep(cran: Cran, tmp_path: Path) -> None:
    depth = 10_000
    stanzas = [
        f"Package: p{number}\nVersion: 1.0\nImports: p{number + 1}\nSHA256: {'a' * 64}\n"
        for number in range(depth)
    ]
    cran.write("\n".join([*stanzas, f"Package: p{depth}\nVersion: 1.0\nSHA256: {'a' * 64}\n"]))
    made = resolved(cran, tmp_path, asking("a", "p0"))
    assert len(has(made)) == depth + 1


def test_the_newest_release_that_this_r_takes_is_chosen(cran: Cran, tmp_path: Path) -> None:
    # As CRAN lists recommended packages for each R.
    old = f"Package: matrix\nVersion: 1.6\nPath: 4.5.0/Recommended\nSHA256: {'b' * 64}\n"
    new = f"Package: matrix\nVersion: 1.7\nDepends: R (>= 4.6)\nSHA256: {'a' * 64}\n"
    cran.write(f"{new}\n{old}")
    made = resolved(cran, tmp_path, asking("a", "matrix"))
    (artifact,) = made.pieces["a"].artifacts
    assert artifact.version == "1.6"
    assert artifact.locator == "src/contrib/4.5.0/Recommended/matrix_1.6.tar.gz"
    (problem,) = resolved(cran, tmp_path, asking("a", "matrix (>= 1.7)")).problems
    assert problem.message == "matrix 1.7 needs R (>= 4.6), and here is R 4.5.0"


def test_packages_of_windows_alone_are_none(cran: Cran, tmp_path: Path) -> None:
    cran.publish("config", "0.4", OS_type="windows")
    assert resolved(cran, tmp_path, asking("a", "config")).problems


def test_what_is_locked_stays_unless_something_else_is_needed(cran: Cran, tmp_path: Path) -> None:
    first = asking("a", "config")
    lock = lock_of(resolved(cran, tmp_path, first), first)
    cran.publish("rlang", "1.2")
    cran.publish("config", "0.4", Imports="rlang (>= 1.2)")
    cran.site.asked.clear()
    assert has(resolved(cran, tmp_path, first, previous=lock)) == {
        "config": "0.3.2",
        "rlang": "1.1.6",
    }
    assert not cran.site.asked
    newer = asking("a", "config (>= 0.4)")
    moved = {"config": "0.4", "rlang": "1.2"}
    assert has(resolved(cran, tmp_path, newer, previous=lock)) == moved
    assert has(resolved(cran, tmp_path, first, previous=lock, upgrade=("config",))) == moved
    made = resolved(cran, tmp_path, first, previous=lock, upgrade=("rlang",))
    assert has(made) == {"config": "0.3.2", "rlang": "1.2"}


def test_a_layer_that_stays_decides_for_those_that_meet_it(cran: Cran, tmp_path: Path) -> None:
    stays = asking("b", "rlang")
    lock = lock_of(resolved(cran, tmp_path, stays), stays)
    cran.publish("rlang", "1.2")
    made = resolved(cran, tmp_path, asking("a", "config"), stay=(stays,), previous=lock)
    assert has(made)["rlang"] == "1.1.6"
    later = asking("a", "rlang (>= 1.2)")
    (problem,) = resolved(cran, tmp_path, later, stay=(stays,), previous=lock).problems
    assert problem.message == "rlang (>= 1.2), and rlang 1.1.6 is locked in another layer"
    assert problem.hint == "run `catalog lock --upgrade rlang`"
    apart = {"one": ("r", "a"), "two": ("r", "b")}
    made = resolved(cran, tmp_path, later, stay=(stays,), previous=lock, images=apart)
    assert has(made)["rlang"] == "1.2", "those that never meet may differ"


def test_what_a_layer_below_has_is_not_installed_again(cran: Cran, tmp_path: Path) -> None:
    below = asking("a", "rlang")
    made = resolved(cran, tmp_path, below, asking("b", "config", on=("r", "a")))
    assert has(made, "a") == {"rlang": "1.1.6"}
    assert has(made, "b") == {"config": "0.3.2"}


def test_one_version_fits_all_that_meet_where_there_is_one(cran: Cran, tmp_path: Path) -> None:
    cran.publish("config", "0.4")
    one, other = asking("a", "config"), asking("b", "config (== 0.3.2)")
    made = resolved(cran, tmp_path, one, other)
    assert has(made, "a")["config"] == has(made, "b")["config"] == "0.3.2"
    third = asking("c", "config (>= 0.4)")
    both = {"one": ("r", "a", "b"), "two": ("r", "a", "c")}
    (problem,) = resolved(cran, tmp_path, one, other, third, images=both).problems
    assert problem.message == (
        "a can have only one version of config for all images, and layers above it ask for 0.3.2"
        " and 0.4"
    )
    apart = {"one": ("r", "a"), "two": ("r", "b"), "three": ("r", "c")}
    made = resolved(cran, tmp_path, one, other, third, images=apart)
    assert has(made, "c")["config"] == "0.4"


def test_a_sha256_in_the_index_is_taken_without_reading_the_source(
    cran: Cran, tmp_path: Path
) -> None:
    path = cran.publish("config", "0.5", index=f"SHA256sum: {'c' * 64}\n")
    made = resolved(cran, tmp_path, asking("a", "config"))
    (artifact,) = made.pieces["a"].artifacts
    assert (artifact.digest, artifact.size) == (f"sha256:{'c' * 64}", 0)
    assert path not in cran.site.asked


def test_a_release_that_is_only_archived_describes_itself(cran: Cran, tmp_path: Path) -> None:
    path = "/cran/src/contrib/Archive/config/config_0.1.tar.gz"
    cran.site.files[path] = source("config", "0.1", Imports="rlang (>= 1)")
    made = resolved(cran, tmp_path, asking("a", "config (== 0.1)"))
    assert has(made) == {"config": "0.1", "rlang": "1.1.6"}
    digest = hashlib.sha256(cran.site.files[path]).hexdigest()
    assert made.pieces["a"].artifacts[0].digest == f"sha256:{digest}"
    assert made.pieces["a"].artifacts[0].locator == "src/contrib/config_0.1.tar.gz"


def test_an_upgrade_moves_only_so_far(cran: Cran, tmp_path: Path) -> None:
    first, told = asking("a", "config"), list[Stayed]()
    lock = lock_of(resolved(cran, tmp_path, first), first)

    def upgraded(within: Reach) -> str:
        made = resolved(
            cran, tmp_path, first, previous=lock, upgrade=("*",), within=within, tell=told.append
        )
        return has(made)["config"]

    cran.publish("config", "0.3.4")
    assert upgraded(Reach.PATCH) == "0.3.4"
    cran.publish("config", "0.4")
    assert upgraded(Reach.PATCH) == "0.3.2"
    assert [one for one in told if one.name == "config"][-1] == Stayed(
        "r", "config", "0.3.2", "0.4"
    )
    assert upgraded(Reach.MINOR) == "0.4"


def test_an_archived_release_is_read_again_where_it_is_to_be_upgraded(
    cran: Cran, tmp_path: Path
) -> None:
    path = "/cran/src/contrib/Archive/config/config_0.1.tar.gz"
    cran.site.files[path] = source("config", "0.1")
    first = asking("a", "config (== 0.1)")
    lock = lock_of(resolved(cran, tmp_path, first), first)
    cran.site.files[path] = source("config", "0.1", Imports="rlang")
    assert has(resolved(cran, tmp_path, first, previous=lock)) == {"config": "0.1"}
    moved = resolved(cran, tmp_path, first, previous=lock, upgrade=("config",))
    assert has(moved) == {"config": "0.1", "rlang": "1.1.6"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (source("config", "0.2"), "config_0.1.tar.gz says that it is config 0.2"),
        (source("other", "0.1"), "config_0.1.tar.gz describes itself wrongly"),
        (b"no archive", "config_0.1.tar.gz is not an archive that can be read"),
    ],
)
def test_an_archived_source_that_is_another_one_is_refused(
    cran: Cran, tmp_path: Path, data: bytes, said: str
) -> None:
    cran.site.files["/cran/src/contrib/Archive/config/config_0.1.tar.gz"] = data
    with pytest.raises(IntegrityError, match=said):
        resolved(cran, tmp_path, asking("a", "config (== 0.1)"))


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (f"MD5sum: {'0' * 32}\n", r"config_0\.5\.tar\.gz does not match the index: its md5 is "),
        ("MD5sum: ../../x\n", r"says of config: '\.\./\.\./x' is not its md5"),
        ("SHA256: x\n", "says of config: 'x' is not its sha256"),
        ("Path: ../../etc\n", r"says of config: '\.\./\.\./etc' leads out of the repository"),
        ("Path: /etc\n", "says of config: '/etc' leads out of the repository"),
        ("Path: a b\n", "says of config: 'a b' is not a directory of the repository"),
        ("File: ../x.tar.gz\n", r"says of config: '\.\./x\.tar\.gz' is not the name of a source"),
        ("Imports: rlang (~> 1)\n", r"says of config: 'rlang \(~> 1\)' is not a package with a"),
        ("Depends: ../x\n", r"says of config: '\.\./x' is not a package with a version"),
        ("Version: 1.0/../2\n", r"says of config: '1\.0/\.\./2' is not a version"),
        (f"Version: 1.{'9' * 5000}\n", "says of config: '1.9+.*' is not a version"),
    ],
)
def test_an_index_that_is_not_sound_is_refused(
    cran: Cran, tmp_path: Path, index: str, said: str
) -> None:
    cran.publish("config", "0.5", index=index)
    with pytest.raises(IntegrityError, match=said):
        resolved(cran, tmp_path, asking("a", "config"))
    assert has(resolved(cran, tmp_path, asking("a", "rlang"))), "what nobody wants may be anything"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no archive", "cannot be unpacked: "),
        (gzip.compress(b"Package: config\n" * 1000)[:-20], "cannot be unpacked: "),
        (gzip.compress(bytes((128 << 20) + 1), 1), "unpacks to more than 128 MiB"),
    ],
    ids=["no archive", "cut off", "too large"],
)
def test_an_index_that_cannot_be_read_is_refused(
    cran: Cran, tmp_path: Path, data: bytes, said: str
) -> None:
    cran.site.files[INDEX] = data
    with pytest.raises(IntegrityError, match=said):
        resolved(cran, tmp_path, asking("a", "config"))


def test_an_index_that_is_not_packed_will_do(cran: Cran, tmp_path: Path) -> None:
    cran.site.files[INDEX.removesuffix(".gz")] = gzip.decompress(cran.site.files.pop(INDEX))
    assert has(resolved(cran, tmp_path, asking("a", "config")))["config"] == "0.3.2"


def test_a_source_that_the_repository_lists_and_lacks_is_told(cran: Cran, tmp_path: Path) -> None:
    del cran.site.files["/cran/src/contrib/rlang_1.1.6.tar.gz"]
    with pytest.raises(FetchError, match=r"rlang_1\.1\.6\.tar\.gz is not there"):
        resolved(cran, tmp_path, asking("a", "config"))


def test_what_is_no_repository_is_told_with_the_setting(cran: Cran, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"/none has no src/contrib/PACKAGES") as caught:
        resolved(cran, tmp_path, asking("a", "config"), url=f"{cran.url}/none")
    assert "CATALOG_MIRROR_CRAN" in caught.value.hint
    with pytest.raises(FetchError) as caught:
        resolved(cran, tmp_path, asking("a", "config"), url="http://127.0.0.1:1")
    assert "set CATALOG_MIRROR_CRAN to a repository that answers" in caught.value.hint


def test_a_lock_that_was_tampered_with_is_refused(cran: Cran, tmp_path: Path) -> None:
    first = asking("a", "config")
    lock = lock_of(resolved(cran, tmp_path, first), first)
    artifacts = {
        name: replace(one, extra={"needs": "../x"}) for name, one in lock.artifacts.items()
    }
    with pytest.raises(IntegrityError, match=r"what r:config=0\.3\.2 needs"):
        resolved(cran, tmp_path, first, previous=replace(lock, artifacts=artifacts))
