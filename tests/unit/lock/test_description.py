"""Descriptions of R packages, as R's own manuals have them."""

from __future__ import annotations

import pytest

from builder.lock.cran import Ground, of_debian_name
from builder.lock.description import (
    DescriptionError,
    Requirement,
    index,
    joined,
    of_debian,
    release,
    requirement,
    requirements,
)

PACKAGES = """\
Package: abc
Version: 2.2.2
Depends: R (>= 2.10), abc.data, nnet, quantreg, MASS, locfit
License: GPL (>= 3)
MD5sum: 9902eeb8a8fac1bb7ce0bcf9e9ce8e56
NeedsCompilation: no

Package: abclass
Version: 0.5-1
Depends: R (>= 3.5.0)
Imports: Rcpp,
        parallel,
        stats
LinkingTo: Rcpp (>= 1.0), RcppArmadillo
Suggests: Rglpk, qpmadr
"""


def test_an_index_is_read_by_package() -> None:
    listed = index(PACKAGES)
    assert list(listed) == ["abc", "abclass"]
    (abc,), (abclass,) = ([release(one) for one in stanzas] for stanzas in listed.values())
    assert str(abc) == "abc 2.2.2"
    assert joined(abc.needs) == "R (>= 2.10), abc.data, nnet, quantreg, MASS, locfit"
    assert abc.locator == "src/contrib/abc_2.2.2.tar.gz"
    assert abc.sums == {"md5": "9902eeb8a8fac1bb7ce0bcf9e9ce8e56"}
    assert joined(abclass.needs) == (
        "R (>= 3.5.0), Rcpp, parallel, stats, Rcpp (>= 1.0), RcppArmadillo"
    )
    assert requirements(joined(abclass.needs)) == abclass.needs


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("config", Requirement("config")),
        ("config (>= 0.3)", Requirement("config", ">=", "0.3")),
        ("data.table(==1.14-2)", Requirement("data.table", "==", "1.14-2")),
        (" R ( < 5 ) ", Requirement("R", "<", "5")),
    ],
)
def test_requirements_are_read(text: str, one: Requirement) -> None:
    assert requirement(text) == one


@pytest.mark.parametrize(
    "text",
    ["", "a", "1a", "a-b", "a_b", "a.", "config >= 1", "config (1)", "config (>= 1", "x (>= 1.a)"],
)
def test_what_is_no_requirement(text: str) -> None:
    assert requirement(text) is None


@pytest.mark.parametrize(
    ("operator", "admitted"),
    [
        (">=", ["1.2", "1.2.0", "1.10"]),
        (">", ["1.2.0", "1.10"]),
        ("==", ["1.2"]),
        ("!=", ["1.1", "1.2.0", "1.10"]),
        ("<=", ["1.1", "1.2"]),
        ("<", ["1.1"]),
    ],
)
def test_what_a_requirement_admits(operator: str, admitted: list[str]) -> None:
    one = Requirement("config", operator, "1-2")
    assert [text for text in ("1.1", "1.2", "1.2.0", "1.10") if one.admits(text)] == admitted


@pytest.mark.parametrize(
    ("stanza", "said"),
    [
        ("Version: 1.0\n", "'' is not the name of a package"),
        ("Package: ../a\nVersion: 1.0\n", r"'\.\./a' is not the name"),
        ("Package: abc\n", "'' is not a version"),
        ("Package: abc\nVersion: one\n", "'one' is not a version"),
        ("Package: abc\nVersion: 1.0\nImports: a b\n", "'a b' is not a package with a version"),
    ],
)
def test_what_is_no_description(stanza: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        release(stanza)


@pytest.mark.parametrize(
    ("debian", "version"),
    [
        ("4.5.0-3", "4.5.0"),
        ("4.2.2.20221110-2", "4.2.2.20221110"),
        ("1:1.2.42-1", "1.2.42"),
        ("1.3.17+dfsg2-1+b1", "1.3.17"),
        ("7.3-65-1", "7.3-65"),
        ("4.6.0~rc1-1", "4.6.0"),
        ("2.0+really1.9-1", "1.9"),
        ("unknown", "0"),
    ],
)
def test_the_version_in_a_debian_package(debian: str, version: str) -> None:
    assert of_debian(debian) == version


def test_the_name_in_a_debian_package() -> None:
    assert of_debian_name("r-cran-data.table") == "data.table"
    assert of_debian_name("r-bioc-biobase") == "biobase"
    assert not of_debian_name("r-base-core")


def test_what_there_is_without_a_package() -> None:
    ground = Ground(r="4.5.0", held={"mass": "7.3-65"})
    for text in ("R", "R (>= 4.5)", "stats", "stats4 (>= 4.0)", "MASS (>= 7.3-60)"):
        assert ground.has(requirement(text) or Requirement("")), text
    for text in ("R (>= 4.5.1)", "MASS (>= 7.4)", "nnet", "stats (>= 5)"):
        assert not ground.has(requirement(text) or Requirement("")), text
    rough = Ground(r="4.5", is_exact=False)
    assert rough.has(Requirement("R", ">=", "4.5.3")), "what is not known cannot be too old"
    assert rough.has(Requirement("R", ">=", "4"))
    assert not rough.has(Requirement("R", ">=", "4.6"))
    assert not rough.has(Requirement("R", "<", "4"))
