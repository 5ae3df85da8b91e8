"""Statements on licences, and what SPDX calls them: nothing is guessed."""

from __future__ import annotations

import pytest

from builder.sbom.licences import Licence, of, of_debian


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("MIT", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("(MIT OR WTFPL)", "(MIT OR WTFPL)"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("Apache License V2.0", "Apache-2.0"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: OSI Approved :: Apache Software License", ""),
        ("License :: OSI Approved :: BSD License", ""),
        ("License :: A; License :: OSI Approved :: MIT License", ""),
        ("BSD", ""),
        ("Apache", ""),
        ("SEE LICENSE IN LICENSE.txt", ""),
        ("UNLICENSED", ""),
        ("LicenseRef-Proprietary", ""),
        ("MIT AND licenseref-mine", ""),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("http://opensource.org/licenses/BSD-2-Clause", "BSD-2-Clause"),
        ("http://www.opensource.org/licenses/bsd-license.php", ""),
        ("EPL 2.0 | GPL2 w/ CPE", "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT | who knows", ""),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("LGPL (>= 2.1)", "LGPL-2.1-or-later"),
        ("MIT + file LICENSE", "MIT"),
        ("BSD_3_clause + file LICENCE", "BSD-3-Clause"),
        ("GPL-3 + file LICENSE", ""),
        ("Part of R 4.5.0", ""),
        ("GPL", ""),
        ("", ""),
    ],
)
def test_a_statement_has_an_expression_if_it_means_one(statement: str, expression: str) -> None:
    assert of([statement]) == expression


def test_the_first_statement_that_means_one_licence_counts() -> None:
    assert of(["BSD", "BSD-3-Clause", "MIT"]) == "BSD-3-Clause"


@pytest.mark.parametrize(
    ("stated", "expression"),
    [
        (["Expat"], "MIT"),
        (["GPL-2+", "LGPL-2.1"], "GPL-2.0-or-later AND LGPL-2.1-only"),
        (["GFDL-NIV-1.3+"], "GFDL-1.3-no-invariants-or-later"),
        (["GPL-1+ or Artistic"], "GPL-1.0-or-later OR Artistic-1.0-Perl"),
        (
            ["Artistic or GPL-1+, and Expat"],
            "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT",
        ),
        (["GPL-2+ or Expat and ISC"], "GPL-2.0-or-later OR (MIT AND ISC)"),
        (["Apache-2.0 with LLVM exception"], "Apache-2.0 WITH LLVM-exception"),
        (["BSD-3-clause", "BSD-3-Clause"], "BSD-3-Clause"),
        ([], ""),
    ],
)
def test_short_names_of_debian_are_those_of_spdx(stated: list[str], expression: str) -> None:
    assert of_debian("src", stated) == Licence(expression=expression)


def test_what_spdx_does_not_list_is_named_after_the_source_package() -> None:
    licence = of_debian("zlib", ["public-domain", "Artistic"])
    assert licence.expression == "LicenseRef-zlib-public-domain AND LicenseRef-zlib-Artistic"
    assert licence.references == {
        "LicenseRef-zlib-public-domain": "public-domain",
        "LicenseRef-zlib-Artistic": "Artistic",
    }


def test_a_reference_of_others_is_one_of_its_own() -> None:
    licence = of_debian("x", ["LicenseRef-Mine"])
    assert licence.expression == "LicenseRef-x-LicenseRef-Mine"
    assert licence.references == {"LicenseRef-x-LicenseRef-Mine": "LicenseRef-Mine"}


def test_names_that_differ_in_signs_alone_are_told_apart() -> None:
    licence = of_debian("x", ["odd+", "odd-", "odd"])
    assert set(licence.references.values()) == {"odd+", "odd-", "odd"}
    assert len(licence.references) == 3
    assert all(one in licence.expression for one in licence.references)
