"""Where R packages come from: what is set, else what this machine's R takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.fetch.cran import configured, locate, repository
from builder.lock.model import Artifact
from builder.settings import Settings, read

SITE = """\
# r["CRAN"] <- "http://my.local.cran"
local({
    r <- getOption("repos")
    r["CRAN"] <- "https://near.example.org/cran"
    options(repos = r)
})
"""
MIRRORS = """\
Name,Country,City,URL,Host,Maintainer
"0-Cloud [https]",0-Cloud,0-Cloud,https://cloud.example.org/,"Somebody, somewhere",a
"Algeria",Algeria,Algiers,https://far.example.org/,B,b
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_r_itself_is_asked_in_its_own_order(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "root"
    assert configured(home, root) is None
    write(root / "usr/share/R/doc/CRAN_mirrors.csv", MIRRORS)
    assert configured(home, root) == "https://cloud.example.org/"
    write(root / "etc/R/Rprofile.site", SITE)
    assert configured(home, root) == "https://near.example.org/cran"
    write(home / ".Rprofile", "options(repos = c(CRAN = 'https://own.example.org'))\n")
    assert configured(home, root) == "https://own.example.org"


@pytest.mark.parametrize("text", ["", "Name\n", "Name,URL\nx,ftp://example.org\n", "\0\n"])
def test_a_list_of_mirrors_without_any(tmp_path: Path, text: str) -> None:
    write(tmp_path / "usr/share/R/doc/CRAN_mirrors.csv", text)
    assert configured(tmp_path, tmp_path) is None


def test_what_is_set_comes_first_and_the_archive_last() -> None:
    settings: Settings = read(Path(), {"HOME": "/x", "CATALOG_MIRROR_CRAN": "https://a.example/b/"})
    assert repository(settings) == "https://a.example/b"
    path = "src/contrib/4.5.0/Recommended/MASS_7.3-65.tar.gz"
    artifact = Artifact("r:MASS=7.3-65", "r", "MASS", "7.3-65", "cran", path, "", 0)
    assert locate([artifact], "", settings)[artifact.id] == (
        f"https://a.example/b/{path}",
        "https://a.example/b/src/contrib/Archive/MASS/MASS_7.3-65.tar.gz",
    )
