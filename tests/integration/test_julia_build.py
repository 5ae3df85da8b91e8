"""Julia packages built into an image, with the only Julia that a package registry has: Debian 11's, on a
real engine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from builder.fetch.origin import DEBIAN, debian_mirror
from builder.settings import read
from tests.integration.julia import PkgServer
from tests.integration.site import Site
from tests.integration.tiny import Tiny

pytestmark = [pytest.mark.docker, pytest.mark.whole("Julia compiles for minutes")]
DOCS = Path(__file__).parents[2] / "docs/catalog.md"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
WORDS, KERNEL = "words@trixie-amd64", "ijulia@trixie-amd64"
DEPOT = "usr/local/share/julia"
REPOSITORY = (
    "repositories:\n  bullseye: {{url: '{url}', suite: bullseye, key: bullseye.gpg}}\nimages:\n"
)
IMAGES = "  words: {layers: [words, jupyter], tag: one}\n"
LAYERS = {
    "julia": (
        "description: Debian 11's Julia\non: [tools]\nabi: [julia]\napt: [julia/bullseye]\n"
        'env: {JULIA_LOAD_PATH: ":/usr/local/share/julia/site"}\n'
    ),
    "jupyter": "description: What stands for it\non: [tools]\nrun: mkdir -p /usr/local/share/jupyter\n",
    "words": (
        "description: A package that needs another, with a file, and builds something\non: [julia]\n"
        "julia: [Words@1]\nrun: |\n"
        "  export HOME=/tmp/words\n"
        # On Debian 13, the compiler of Debian 11's Julia ends without a word where a package needs another.
        "  julia=(julia --startup-file=no --compiled-modules=no)\n"
        '  [[ $("${julia[@]}" -e "import Words; print(Words.greet())") == "hello!5" ]]\n'
        "  rm -rf /tmp/words\n"
    ),
}
WORDS_JLL = """\
module Words_jll
using Pkg.Artifacts
word() = read(joinpath(artifact"words", "share", "word"), String)
end
"""
BUILD = """\
import Words_jll
open(joinpath(@__DIR__, "deps.jl"), "w") do file
    println(file, "const BUILT = ", repr("!" * string(length(Words_jll.word()))))
end
"""
IJULIA = """\
module IJulia
function installkernel(name, options...)
    folder = mkpath(joinpath(ENV["JUPYTER_DATA_DIR"], "kernels", "julia-$(VERSION.major).$(VERSION.minor)"))
    argv = [joinpath(Sys.BINDIR, "julia"), "-i", options..., "-e", "import IJulia", "{connection_file}"]
    write(joinpath(folder, "kernel.json"), "{\\"argv\\": [", join(repr.(argv), ", "), "]}")
end
end
"""


def of_docs() -> str:
    """Return the layer of the kernel, as the documentation has it."""
    match = re.search(r"# images/ijulia/layer\.yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture
def words(tiny: Tiny, site: Site) -> Tiny:
    """Return a catalog with Julia and layers of packages."""
    server = PkgServer(site)
    tree = server.bring({"share/word": b"hello"})
    files = {"src/Words_jll.jl": WORDS_JLL}
    text = f'[words]\ngit-tree-sha1 = "{tree}"\n'
    server.publish("Words_jll", "1.0.0", {"Pkg": "*"}, files, artifacts=text)
    source = 'module Words\nimport Words_jll\ninclude("../deps/deps.jl")\ngreet() = Words_jll.word() * BUILT\nend\n'
    files = {"src/Words.jl": source, "deps/build.jl": BUILD}
    server.publish("Words", "1.2.0", {"Words_jll": "1"}, files, julia="1.5-1")
    server.publish("Words", "1.3.0", {"Words_jll": "1"}, files, julia="1.6-1")
    server.publish("IJulia", "1.24.2", {}, {"src/IJulia.jl": IJULIA})
    for name, layer in {**LAYERS, "ijulia": of_docs()}.items():
        tiny.layer(name, layer)
    shutil.copy(KEYS, tiny.root / "bullseye.gpg")
    catalog = tiny.root / "catalog.yaml"
    repository = REPOSITORY.format(url=debian_mirror(DEBIAN, read(tiny.root)))
    catalog.write_text(catalog.read_text().replace("images:\n", repository) + IMAGES)
    tiny.done("lock", CATALOG_MIRROR_JULIA=server.url)
    tiny.done("fetch", "words", CATALOG_MIRROR_JULIA=server.url)
    site.files.clear()
    return tiny


def test_packages_are_built_offline_and_come_to_the_same_bytes_again(words: Tiny) -> None:
    words.build("words")
    facts = words.facts(WORDS)
    assert facts.packages["julia"] == {"Words": "1.2.0", "Words_jll": "1.0.0"}, (
        "1.3 needs Julia 1.6"
    )
    built = [path for path in facts.entries if path.endswith("/deps/deps.jl")]
    assert built
    assert facts.entries[f"{DEPOT}/site/Words"].type == "symlink"
    left = [path for path in facts.entries if path.startswith(("tmp/", "root/.julia"))]
    assert not left
    kernel = words.facts(KERNEL).entries["usr/local/share/jupyter/kernels/julia-1.5/kernel.json"]
    assert kernel.mode & 0o777 == 0o644
    said = words.done("sbom", "words:one", "--format", "cyclonedx").out
    urls = [one["purl"] for one in json.loads(said)["components"] if "purl" in one]
    assert [one for one in urls if one.startswith("pkg:julia/Words@1.2.0?uuid=")]
    words.build("--no-cache", "--force", WORDS, WORDS)
    assert words.facts(WORDS).entries == facts.entries
