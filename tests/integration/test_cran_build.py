"""R packages built into images, from a repository on loopback, on a real engine."""

from __future__ import annotations

import pytest

from tests.integration.cran import Cran
from tests.integration.site import Site
from tests.integration.tiny import Tiny

pytestmark = [pytest.mark.docker, pytest.mark.whole("R packages take minutes to compile")]
PACKAGES, BESIDE, BROKEN = (f"{name}@trixie-amd64" for name in ("packages", "beside", "broken"))
IMAGES = """\
  packages: {layers: [packages, beside], tag: one}
  broken: {layers: [broken], tag: one}
"""
LIBRARY = "usr/local/lib/R/site-library"
LAYERS = {
    # A library of the user's own, as images for people have it; no compiler.
    "r": (
        "description: R alone\non: [tools]\nabi: [r]\napt: [r-base-core]\n"
        "run: chown 1000:0 /usr/local/lib/R/site-library && chmod 2775 /usr/local/lib/R/site-library\n"
    ),
    "packages": (
        "description: R packages, one of which is compiled\non: [r]\n"
        "cran: [compiled (== 1.0)]\nbuild: [gcc, libc6-dev, make]\n"
        "run: |\n  [[ $(Rscript -e 'cat(compiled::number())') == 42 ]]\n  ! command -v gcc\n"
    ),
    "beside": "description: The same package in another layer\non: [r]\ncran: [plain]\n",
    "broken": "description: What R cannot build\non: [r]\ncran: [broken]\n",
}
PLAIN = {
    "NAMESPACE": "export(hello)\n",
    "R/hello.R": "hello <- function() 'hello' # with a comment\n",
    "man/hello.Rd": "\\name{hello}\n\\alias{hello}\n\\title{Hello}\n\\description{It says so.}\n",
    "data/few.R": "few <- data.frame(x = 1:3)\n",
    "inst/extra/file": "text\n",
}
COMPILED = {
    "NAMESPACE": "import(plain)\nexport(number)\nuseDynLib(compiled, c_number)\n",
    "R/number.R": "number <- function() .Call(c_number)\n",
    "src/number.c": (
        "#include <Rinternals.h>\nSEXP c_number(void) { return ScalarInteger(42); }\n"
        "const char *built(void) { return __DATE__ __TIME__ __FILE__; }\n"
    ),
}


@pytest.fixture
def packages(tiny: Tiny, site: Site) -> Tiny:
    """Return a catalog with R, and layers of packages, one of them from the archive."""
    cran = Cran(site)
    cran.publish("plain", "2.0-1", PLAIN, Depends="R (>= 3.5), methods", LazyData="true")
    cran.publish("compiled", "1.0", COMPILED, Imports="plain (>= 2.0)", NeedsCompilation="yes")
    cran.publish("compiled", "1.1", COMPILED, Imports="plain", NeedsCompilation="yes")
    cran.publish("broken", "1.0", {"NAMESPACE": "", "R/a.R": "stop('it is broken')\n"})
    for name, text in LAYERS.items():
        tiny.layer(name, text)
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text() + IMAGES)
    tiny.done("lock", CATALOG_MIRROR_CRAN=cran.url)
    tiny.done("fetch", "packages", "broken", CATALOG_MIRROR_CRAN=cran.url)
    site.files.clear()
    return tiny


def test_packages_are_built_offline_in_order_and_come_to_the_same_bytes_again(
    packages: Tiny,
) -> None:
    packages.build("packages")
    facts = packages.facts(PACKAGES)
    assert facts.packages["r"] == {"compiled": "1.0", "plain": "2.0-1"}
    assert not facts.packages.get("deb"), "what it was built with is gone"
    left = [path for path in facts.entries if path.startswith(("usr/lib/", "usr/bin/", "tmp/"))]
    assert not left
    compiled = facts.entries[f"{LIBRARY}/compiled/libs/compiled.so"]
    assert (compiled.uid, compiled.gid, compiled.mode & 0o777) == (1000, 0, 0o775)
    same = f"{LIBRARY}/plain/R/plain.rdb"
    assert packages.facts(BESIDE).entries[same].digest == facts.entries[same].digest
    packages.build("--no-cache", "--force", PACKAGES, PACKAGES)
    assert packages.facts(PACKAGES).entries == facts.entries

    # What cannot be built is told with the layer, in R's words.
    ended = packages.run("build", BROKEN)
    assert ended.code == 1
    assert "images/broken/layer.yaml: installing what `cran` asks for" in ended.said
    assert "it is broken" in ended.said
