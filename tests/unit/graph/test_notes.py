"""What moved between two states: packages by layer, images, and what a node pulls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph
from builder.graph.moved import ImageState, PackageNote, State
from builder.graph.notes import asked_of, notes
from builder.lock.model import Artifact, Lock, Slice
from builder.lock.osv import Advisory, OsvPackage

APP, TOOLS = "app@trixie", "tools@trixie"


def artifact(kind: str, name: str, version: str, origin: str = "", size: int = 0) -> Artifact:
    digest = f"sha256:{name}{version}"
    return Artifact(
        f"{kind}:{name}={version}", kind, name, version, origin, "pool/x/src/f.deb", digest, size
    )


def lock(auto: tuple[str, ...] = (), **cells: list[Artifact]) -> Lock:
    held: dict[str, Artifact] = {}
    for artifacts in cells.values():
        held |= {one.id: one for one in artifacts}
    slices = {
        f"{layer}@trixie": Slice("", tuple(one.id for one in artifacts), auto=auto)
        for layer, artifacts in cells.items()
    }
    return Lock(moment="2026-01-01T00:00:00Z", artifacts=held, cells=slices)


def cell(name: str, *below: str, **asks: object) -> Cell:
    layer = Layer.model_validate({"description": name, **asks})
    return Cell(f"{name}@trixie", name, {"debian": "trixie"}, layer, below, below)


GRAPH = Graph(
    cells={TOOLS: cell("tools", apt=["jq"]), APP: cell("app", TOOLS, python=["numpy"])}, images={}
)


def state(name: str, locked: Lock, keys: Mapping[str, str] | None = None) -> State:
    return State(name=name, lock=locked, graph=GRAPH, keys=keys or {})


def one(before: Lock, after: Lock, *advisories: Advisory) -> PackageNote:
    """Return the only package that moved."""
    made = notes(state("a", before), state("b", after), advisories=advisories)
    (package,) = made.packages
    return package


def test_a_package_is_told_with_its_layer_its_step_and_its_sizes() -> None:
    before = lock(
        tools=[artifact("deb", "jq", "1.7-1", "debian", 10), artifact("deb", "gone", "1")],
        app=[artifact("python", "numpy", "2.4.1")],
    )
    after = lock(
        tools=[artifact("deb", "jq", "1.7-2", "debian", 12), artifact("deb", "libjq1", "1.7-2")],
        app=[artifact("python", "numpy", "2.5.0")],
    )
    sizes = {"numpy": 100}
    made = notes(
        state("a", before),
        state("b", after),
        size=lambda item: item.size or sizes.get(item.name, 0),
    )
    assert [layer.name for layer in made.layers] == ["tools", "app"], "bottom first"
    told = {
        package.name: (package.change, package.step, package.direct, package.new_size)
        for package in made.packages
    }
    assert told == {
        "jq": ("moved", "patch", True, 12),
        "gone": ("removed", "", False, None),
        "libjq1": ("added", "", False, None),
        "numpy": ("moved", "minor", True, 100),
    }
    assert not made.checked


def test_a_lock_alone_says_what_was_asked_for_of_debian_only() -> None:
    before = lock(tools=[artifact("deb", "jq", "1"), artifact("python", "numpy", "1")])
    moved = [artifact(kind, name, "2") for kind, name in (("deb", "jq"), ("python", "numpy"))]
    after = lock(("libjq1",), tools=[*moved, artifact("deb", "libjq1", "1")])
    made = notes(State(name="a", lock=before), State(name="b", lock=after))
    assert {package.name: package.direct for package in made.packages} == {
        "jq": True,
        "libjq1": False,
        "numpy": None,
    }
    assert made.images is None


def test_a_step_back_is_told() -> None:
    before = lock(app=[artifact("python", "numpy", "2.5.0")])
    assert one(before, lock(app=[artifact("python", "numpy", "2.4.1")])).step == "down"


def test_a_version_of_the_security_archive_closes_vulnerabilities() -> None:
    before = lock(tools=[artifact("deb", "jq", "1-1", "debian")])
    fixed = one(before, lock(tools=[artifact("deb", "jq", "1-1+deb13u1", "debian-security")]))
    assert (fixed.is_security, fixed.archive, fixed.only) == (True, True, True)
    newer = one(before, lock(tools=[artifact("deb", "jq", "2-1~deb13u1", "debian-security")]))
    assert (newer.is_security, newer.only, newer.step) == (True, False, "major")
    point = one(before, lock(tools=[artifact("deb", "jq", "1-2", "debian")]))
    assert not point.is_security
    came = one(lock(tools=[]), lock(tools=[artifact("deb", "jq", "1", "debian-security")]))
    assert not came.is_security, "there was nothing to close"


def test_advisories_say_what_an_upgrade_closes_and_opens() -> None:
    def advisory(name: str, *versions: str, **more: object) -> Advisory:
        affected = {"package": {"ecosystem": "PyPI", "name": "numpy"}, "versions": versions}
        return Advisory.model_validate({"id": name, "affected": [affected], **more})

    before = lock(app=[artifact("python", "numpy", "2.4.1")])
    after = lock(app=[artifact("python", "numpy", "2.4.2")])
    package = one(
        before,
        after,
        advisory("GHSA-1", "2.4.1", aliases=["CVE-2026-1000"]),
        advisory("PYSEC-1", "2.4.1", aliases=["CVE-2026-1000"]),
        advisory("OSV-still", "2.4.1", "2.4.2"),
        advisory("OSV-new", "2.4.2"),
        advisory("OSV-other", "9"),
    )
    assert (package.closes, package.opens) == (("CVE-2026-1000",), ("OSV-new",))
    assert package.is_security
    asked = {OsvPackage("PyPI", "numpy", version) for version in ("2.4.1", "2.4.2")}
    assert asked_of(state("a", before), state("b", after)) == asked


def test_modules_of_go_are_told_once() -> None:
    def module(version: str) -> list[Artifact]:
        return [artifact("go", name, version) for name in ("x.org/a", "x.org/a/go.mod")]

    assert one(lock(app=module("v1.0.0")), lock(app=module("v1.1.0"))).name == "x.org/a"


def test_images_change_with_their_cells_and_a_node_pulls_what_is_new() -> None:
    same = lock(tools=[], app=[])
    images = {
        "base:one": ImageState(cells=(TOOLS,), about="b", blobs={"t": 5, "s": 1}),
        "app:one": ImageState(cells=(TOOLS, APP), about="a", blobs={"t": 5, "p": 7, "q": 8}),
        "old:one": ImageState(cells=(TOOLS,), about="o", blobs={"t": 5}),
        "far:one": ImageState(cells=(TOOLS, APP), about="f", blobs=None),
        "words:one": ImageState(cells=(TOOLS,), about="w", blobs={"t": 5, "s": 1}),
    }
    before = replace(
        state("a", same, {TOOLS: "1", APP: "1"}),
        images=images,
        blobs={TOOLS: {"t": 5}, APP: {"p": 7, "q": 8}},
    )
    later = {name: image for name, image in images.items() if name != "old:one"}
    later["app:one"] = replace(images["app:one"], blobs={"t": 5, "p": 7, "r": 9})
    later["words:one"] = replace(images["words:one"], about="other", blobs={"t": 5, "u": 2})
    later["new:one"] = ImageState(cells=(TOOLS,), about="n", blobs={"t": 5})
    after = replace(
        state("b", same, {TOOLS: "1", APP: "2"}),
        images=later,
        blobs={TOOLS: {"t": 5}, APP: {"p": 7, "r": 9}},
    )
    made = notes(before, after)
    assert made.images is not None
    assert {one.image: (one.change, one.layers, one.pull, one.size) for one in made.images} == {
        "base:one": ("same", (), 0, 6),
        "app:one": ("changed", ("app",), 9, 21),
        "far:one": ("changed", ("app",), None, None),
        "words:one": ("changed", (), 2, 7),
        "new:one": ("added", (), 5, 5),
        "old:one": ("removed", (), None, None),
    }
    (layer,) = made.layers
    (moved,) = layer.cells
    assert (layer.name, layer.packages) == ("app", ())
    assert (moved.cell, moved.change, moved.pull) == (APP, "changed", 9)
