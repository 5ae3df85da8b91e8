"""Julia packages chosen from a package server on loopback: what there is, what is refused, and
why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import pytest

from builder.catalog.model import Layer
from builder.errors import FetchError, IntegrityError
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.bound import Reach, Stayed
from builder.resolve.julia import resolve
from builder.resolve.task import Resolved
from builder.settings import read
from tests.integration.julia import PkgServer, of_julia, tree_of, uuid_of
from tests.integration.registries import tgz
from tests.integration.site import Site, serving
from tests.unit.resolve.tasks import Told, has, lock_of, task_of
from tests.unit.resolve.test_resolve import cell


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


@pytest.fixture
def server(site: Site) -> PkgServer:
    """Return a server of two packages."""
    site.files.clear()
    site.asked.clear()
    made = PkgServer(site)
    made.publish("Tables", "1.11.0", {"Printf": "1"}, julia="1.6-1")
    made.publish("Tables", "1.12.1", {"Printf": "1"}, julia="1.6-1")
    made.publish("Frames", "1.7.0", {"Tables": "1.9-1", "Printf": "1"}, julia="1.6-1")
    return made


def asking(name: str, *wanted: str, on: tuple[str, ...] = ("julia",)) -> Cell:
    return cell(name, *on, layer=Layer(description=name, julia=wanted))


def resolved(
    server: PkgServer,
    tmp_path: Path,
    *cells: Cell,
    url: str = "",
    julia: str = "1.12.7",
    **told: Unpack[Told],
) -> Resolved:
    wanted = map(repr, cells[0].layer.julia)
    task = task_of(
        tmp_path,
        cells,
        ground="julia",
        key="julia",
        wanted=wanted,
        url=url or server.url,
        **told,
    )
    return resolve(task, {"julia": [of_julia(server.site, julia)]})


def test_a_package_comes_with_what_it_needs_but_for_what_julia_has(
    server: PkgServer, tmp_path: Path
) -> None:
    made = resolved(server, tmp_path, asking("a", "Frames@1"))
    assert has(made) == {"Frames": "1.7.0", "Tables": "1.12.1"}
    frames, tables = made.pieces["a"].artifacts
    needs = f"Printf={uuid_of('Printf')} 1, Tables={uuid_of('Tables')} 1.9-1"
    assert frames.extra == {"needs": needs, "julia": "1.6-1"}
    assert tables.locator.startswith(f"package/{uuid_of('Tables')}/")
    cache = read(tmp_path, {"HOME": str(tmp_path)}).cache
    assert place(tables, cache).stat().st_size == tables.size


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        ("Framse", "the package server has no package Framse", "did you mean 'Frames'?"),
        ("Frames@2", "Frames 2.0.0-2, and the package server has 1.7.0", ""),
        ("Printf", "Printf is a part of Julia 1.12.7", "remove it"),
        ("Gone", "Gone, and 1.0.0 is yanked", "ask for another version"),
        (
            "Modern",
            "Modern, but Modern 1.0.0 needs Julia 1.13-1, and here is Julia 1.12.7",
            "ask for another release, as in Modern@1.2, or for another Julia",
        ),
        (
            "Needy",
            "Needy cannot be installed: Needy 1.0.0 needs Lost, and the package server has no such package",
            "",
        ),
        (
            "Above",
            (
                "Above cannot be installed: Above 1.0.0 needs Modern, but Modern 1.0.0 needs"
                " Julia 1.13-1, and here is Julia 1.12.7"
            ),
            "as in Modern@1.2, or for another Julia",
        ),
        (
            "Library",
            "Library, but Library 1.0.0 needs OpenSSL_jll 3.0.0-3.4, and Julia 1.12.7 has 3.5.1",
            "or for another Julia",
        ),
        (
            f"Frames={uuid_of('Other')}",
            f"no package Frames has the UUID {uuid_of('Other')}",
            f"write Frames={uuid_of('Frames')}",
        ),
    ],
)
def test_what_cannot_be_had_is_told_at_its_line(
    server: PkgServer, tmp_path: Path, wanted: str, said: str, hint: str
) -> None:
    server.publish("Gone", "1.0.0", yanked=True)
    server.publish("Modern", "1.0.0", julia="1.13-1")
    server.publish("Needy", "1.0.0", {"Lost": "*"})
    server.publish("Above", "1.0.0", {"Modern": "*"})
    server.publish("Library", "1.0.0", {"OpenSSL_jll": "3.0.0-3.4"})
    (problem,) = resolved(server, tmp_path, asking("a", "Tables", wanted)).problems
    assert (problem.file, problem.line) == ("a/layer.yaml", 3)
    assert problem.message == said
    assert hint in problem.hint


def test_a_layer_without_julia_is_told(server: PkgServer, tmp_path: Path) -> None:
    (problem,) = resolved(server, tmp_path, asking("a", "Frames", on=())).problems
    assert problem.message == "asks for Julia packages, but neither it nor a layer below has Julia"


def test_a_yanked_release_is_not_chosen_and_stays_where_it_is_locked(
    server: PkgServer, tmp_path: Path
) -> None:
    one = asking("a", "Tables")
    before = lock_of(resolved(server, tmp_path, one), one)
    server.publish("Tables", "1.12.1", {"Printf": "1"}, julia="1.6-1", yanked=True)
    assert has(resolved(server, tmp_path, one)) == {"Tables": "1.11.0"}
    assert has(resolved(server, tmp_path, one, previous=before)) == {"Tables": "1.12.1"}


def test_an_older_release_is_taken_where_julia_is_too_old_for_the_newest(
    server: PkgServer, tmp_path: Path
) -> None:
    server.publish("Tables", "1.13.0", {"Printf": "1"}, julia="1.11-1")
    one = asking("a", "Tables")
    assert has(resolved(server, tmp_path, one, julia="1.10.12")) == {"Tables": "1.12.1"}
    assert has(resolved(server, tmp_path, one)) == {"Tables": "1.13.0"}


def test_the_newest_gives_way_to_what_another_package_admits(
    server: PkgServer, tmp_path: Path
) -> None:
    server.publish("Old", "1.0.0", {"Tables": "1.0-1.11"})
    made = resolved(server, tmp_path, asking("a", "Frames", "Old"))
    assert has(made) == {"Frames": "1.7.0", "Old": "1.0.0", "Tables": "1.11.0"}


def test_a_weak_dependency_bounds_and_brings_nothing(server: PkgServer, tmp_path: Path) -> None:
    server.publish("Plots", "1.0.0", weak={"Tables": "1.0-1.11"})
    assert has(resolved(server, tmp_path, asking("a", "Plots"))) == {"Plots": "1.0.0"}
    made = resolved(server, tmp_path, asking("a", "Frames", "Plots"))
    assert has(made) == {"Frames": "1.7.0", "Plots": "1.0.0", "Tables": "1.11.0"}


def test_packages_that_cannot_meet_are_told_with_both_layers(
    server: PkgServer, tmp_path: Path
) -> None:
    server.publish("Old", "1.0.0", {"Tables": "1.0-1.11"})
    cells = asking("a", "Tables@1.12"), asking("b", "Old")
    (problem,) = resolved(server, tmp_path, *cells).problems
    assert "Old 1.0.0 needs Tables 1.0-1.11" in problem.message
    assert "Tables 1.12.0-1" in problem.message
    apart = {"one": ("julia", "a"), "two": ("julia", "b")}
    made = resolved(server, tmp_path, *cells, images=apart)
    assert has(made, "a") == {"Tables": "1.12.1"}
    assert has(made, "b") == {"Old": "1.0.0", "Tables": "1.11.0"}


def test_what_is_locked_stays_and_asks_nobody(server: PkgServer, tmp_path: Path) -> None:
    one = asking("a", "Frames")
    before = lock_of(resolved(server, tmp_path, one), one)
    server.publish("Tables", "1.13.0", {"Printf": "1"})
    server.site.asked.clear()
    assert resolved(server, tmp_path, one, previous=before).pieces["a"].artifacts == (
        *before.artifacts.values(),
    )
    assert not [path for path in server.site.asked if path.startswith("/julia")]
    made = resolved(server, tmp_path, one, previous=before, upgrade=("Tables",))
    assert has(made) == {"Frames": "1.7.0", "Tables": "1.13.0"}
    stayed: list[Stayed] = []
    patch = resolved(
        server,
        tmp_path,
        one,
        previous=before,
        upgrade=("Tables",),
        within=Reach.PATCH,
        tell=stayed.append,
    )
    assert has(patch)["Tables"] == "1.12.1"
    assert stayed == [Stayed("julia", "Tables", "1.12.1", "1.13.0")]


def test_a_layer_that_stays_decides_for_those_that_meet_it(
    server: PkgServer, tmp_path: Path
) -> None:
    old, new = asking("a", "Tables"), asking("b", "Frames")
    before = lock_of(resolved(server, tmp_path, old), old)
    server.publish("Tables", "1.13.0", {"Printf": "1"})
    made = resolved(server, tmp_path, new, stay=(old,), previous=before)
    assert has(made, "b") == {"Frames": "1.7.0", "Tables": "1.12.1"}
    late = asking("b", "Tables@1.13")
    (problem,) = resolved(server, tmp_path, late, stay=(old,), previous=before).problems
    assert "Tables 1.13.0-1, and Tables 1.12.1 is locked in another layer" in problem.message
    assert problem.hint == "run `catalog lock --upgrade Tables`"


def test_a_server_that_is_away_is_told_with_the_setting(server: PkgServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        resolved(server, tmp_path, asking("a", "Frames"), url="http://127.0.0.1:9")
    assert "CATALOG_MIRROR_JULIA" in caught.value.hint
    with pytest.raises(FetchError, match="has no /registries"):
        resolved(server, tmp_path, asking("a", "Frames"), url=f"{server.site.url}/other")


def test_what_the_server_lacks_is_told(server: PkgServer, tmp_path: Path) -> None:
    path = server.publish("Lost", "1.0.0")
    del server.site.files[path]
    with pytest.raises(FetchError, match=r"Lost 1\.0\.0 \(HTTP 404"):
        resolved(server, tmp_path, asking("a", "Lost"))


def test_another_tree_than_the_registry_names_is_refused(server: PkgServer, tmp_path: Path) -> None:
    path = server.publish("Changed", "1.0.0")
    server.site.files[path] = tgz({"Project.toml": b"", "src/Changed.jl": b"rm(homedir())"})
    with pytest.raises(IntegrityError, match=r"Changed 1\.0\.0 is another tree of files"):
        resolved(server, tmp_path, asking("a", "Changed"))
    listed = server.site.files["/julia/registries"].decode().strip()
    server.site.files[f"/julia{listed}"] = tgz({"Registry.toml": b""})
    with pytest.raises(IntegrityError, match="a registry of Julia packages is another tree"):
        resolved(server, tmp_path, asking("a", "Frames"))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"src/Odd.jl": ""}, "says that it is another package"),
        ({"JuliaProject.toml": "x"}, "describes itself wrongly: is not TOML"),
        ({"Artifacts.toml": "a = 1"}, "'a' is not a table"),
        ({"Artifacts.toml": "[a]\n"}, "'a' has no git-tree-sha1"),
        ({"Artifacts.toml": "[a]\ngit-tree-sha1 = '../x'\n"}, "'a' has no git-tree-sha1"),
    ],
)
def test_a_package_that_describes_itself_wrongly_is_refused(
    server: PkgServer, tmp_path: Path, files: dict[str, str], said: str
) -> None:
    own = {"Project.toml": 'name = "Else"\n', **files} if "src/Odd.jl" in files else files
    server.publish("Odd", "1.0.0", files=own)
    with pytest.raises(IntegrityError, match=said):
        resolved(server, tmp_path, asking("a", "Odd"))


def test_what_a_package_brings_is_that_of_the_machine(server: PkgServer, tmp_path: Path) -> None:
    here, other = server.bring({"a": b"here"}), tree_of({"a": b"other"})
    text = ""
    for tags, tree in (
        ('arch = "x86_64"\nos = "linux"\nlibc = "glibc"\nlibgfortran_version = "5.0.0"', here),
        ('arch = "x86_64"\nos = "linux"\nlibc = "glibc"\nlibgfortran_version = "3.0.0"', other),
        ('arch = "x86_64"\nos = "linux"\nlibc = "glibc"\ncxxstring_abi = "cxx03"', other),
        ('arch = "x86_64"\nos = "linux"\nlibc = "musl"', other),
        ('arch = "x86_64"\nos = "linux"\njulia_version = "1.11.0"', other),
        ('arch = "x86_64"\nos = "linux"\nsanitize = "memory"', other),
        ('arch = "aarch64"\nos = "linux"', other),
        ('arch = "x86_64"\nos = "windows"', other),
    ):
        text += f'[[lib]]\n{tags}\ngit-tree-sha1 = "{tree}"\n'
    text += f'[data]\nlazy = true\ngit-tree-sha1 = "{other}"\n'
    server.publish("Lib_jll", "1.0.0", artifacts=text)
    made = resolved(server, tmp_path, asking("a", "Lib_jll"))
    assert has(made) == {"Lib_jll": "1.0.0", "lib": here}
