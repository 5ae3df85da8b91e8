"""The loader's rules beside the loader itself: programs are compiled, started, and judged by what
is read of them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builder.cells import linking
from builder.cells.loadable import Loadable
from builder.cells.system import filesystem
from builder.cells.tree import merged
from builder.debian import objects
from builder.debian.objects import Object
from builder.oci.model import Entry, ImageConfig
from tests.unit.oci.made import directory_entry, facts, file_entry, symlink_entry

pytestmark = pytest.mark.process
OLD, NEW = "-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"


@dataclass(kw_only=True)
class Place:
    """A directory with a program and libraries of its own."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def library(
        self, name: str, *needs: str, where: str = "lib", options: Sequence[str] = ()
    ) -> Path:
        """Compile a library, which calls those that it needs."""
        path = self.root / where / name
        return self._compile(path, _source(name, needs), ["-shared", "-fPIC", *options], needs)

    def program(self, *needs: str, options: Sequence[str] = ()) -> None:
        calls = "".join(f"f_{_word(name)}();" for name in needs)
        source = f"{_declared(needs)}int main(void) {{ {calls} return 0; }}"
        self._compile(self.root / "program", source, options, needs)

    def _compile(
        self, path: Path, source: str, options: Sequence[str], needs: Sequence[str]
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".c").write_text(source)
        others = [next(self.root.rglob(name)) for name in needs]
        soname = [f"-Wl,-soname,{path.name}"] if "-shared" in options else []
        # The linker need not find what libraries need themselves.
        loose = ["-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed"]
        argv: list[str | Path] = [
            "gcc",
            "-o",
            path,
            path.with_suffix(".c"),
            *soname,
            *options,
            *loose,
            *others,
        ]
        subprocess.run(argv, check=True)
        path.with_suffix(".c").unlink()
        return path

    def starts(self) -> bool:
        """Tell whether the loader starts the program."""
        argv = [self.root / "program"]
        ended = subprocess.run(argv, env=self.environment, capture_output=True, check=False)
        return ended.returncode == 0

    def judged(self) -> bool:
        """Tell whether the rules let it start."""
        entries: dict[str, Entry] = {}
        found: list[Object] = []
        for path in (*self.root.rglob("*"), *_c_library()):
            name = str(path).removeprefix("/")
            for parent in path.parents[:-1]:
                entries[str(parent).removeprefix("/")] = directory_entry()
            if path.is_symlink() and self.root in path.parents:
                entries[name] = symlink_entry(str(path.readlink()))
            elif path.is_file():
                entries[name] = file_entry(name)
                with path.open("rb") as stream:
                    one = objects.read(stream, name)
                found += [one] if one else []
        known = [facts("all@trixie", entries)]
        config = ImageConfig(env=self.environment)
        loadables = [Loadable(objects=tuple(found))]
        system = filesystem(known, loadables, merged(known), config)
        return not [fault for fault in linking.faults(system, {}) if fault.kind != "twice"]


def _c_library() -> list[Path]:
    where = Path("/lib/x86_64-linux-gnu")
    return [where / "libc.so.6", where / "ld-linux-x86-64.so.2"]


def _word(name: str) -> str:
    return name.removeprefix("lib").partition(".")[0]


def _declared(needs: Sequence[str]) -> str:
    return "".join(f"int f_{_word(name)}(void);" for name in needs)


def _source(name: str, needs: Sequence[str]) -> str:
    calls = "".join(f" + f_{_word(need)}()" for need in needs)
    return f"{_declared(needs)}int f_{_word(name)}(void) {{ return 0{calls}; }}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(root=tmp_path)


def judge(place: Place, *, right: bool) -> None:
    assert place.starts() is right, "what the loader does"
    assert place.judged() is right, "what the rules say"


def beside(tag: str = NEW, where: str = "$ORIGIN/lib") -> list[str]:
    return [tag, f"-Wl,-rpath,{where}"]


def test_all_is_there(place: Place) -> None:
    place.library("libx.so.1")
    place.program("libx.so.1", options=beside())
    judge(place, right=True)


def test_it_is_nowhere(place: Place) -> None:
    path = place.library("libx.so.1")
    place.program("libx.so.1", options=beside())
    path.unlink()
    judge(place, right=False)


def test_nobody_looks_for_it_there(place: Place) -> None:
    place.library("libx.so.1", where="other")
    place.program("libx.so.1", options=beside())
    judge(place, right=False)


def test_a_link_leads_to_it(place: Place) -> None:
    place.library("libx.so.1", where="other")
    place.program("libx.so.1", options=beside())
    (place.root / "lib").symlink_to("other")
    judge(place, right=True)


def test_a_link_leads_nowhere(place: Place) -> None:
    path = place.library("libx.so.1")
    place.program("libx.so.1", options=beside())
    path.rename(path.with_name("libx.so.1.2"))
    path.symlink_to("libx.so.1.3")
    judge(place, right=False)


def test_runpath_is_not_for_what_a_library_needs(place: Place) -> None:
    place.library("liby.so.1")
    place.library("libx.so.1", "liby.so.1")
    place.program("libx.so.1", options=beside(NEW))
    judge(place, right=False)


def test_rpath_is(place: Place) -> None:
    place.library("liby.so.1")
    place.library("libx.so.1", "liby.so.1")
    place.program("libx.so.1", options=beside(OLD))
    judge(place, right=True)


def test_rpath_is_not_where_the_library_has_a_runpath(place: Place) -> None:
    place.library("liby.so.1")
    place.library("libx.so.1", "liby.so.1", options=beside(NEW, "$ORIGIN/none"))
    place.program("libx.so.1", options=beside(OLD))
    judge(place, right=False)


def test_what_is_loaded_is_not_looked_for(place: Place) -> None:
    place.library("liby.so.1")
    place.library("libx.so.1", "liby.so.1")
    place.program("libx.so.1", "liby.so.1", options=beside(NEW))
    judge(place, right=True)


def test_the_environment(place: Place) -> None:
    place.library("libx.so.1", where="other")
    place.program("libx.so.1")
    judge(place, right=False)
    place.environment["LD_LIBRARY_PATH"] = str(place.root / "other")
    judge(place, right=True)


def test_another_processor(place: Place) -> None:
    path = place.library("libx.so.1")
    place.program("libx.so.1", options=beside())
    data = bytearray(path.read_bytes())
    data[18] = 183
    path.write_bytes(data)
    judge(place, right=False)


@pytest.mark.parametrize(("there", "right"), [("X_1", False), ("X_2", True)])
def test_versions_of_symbols(place: Place, there: str, *, right: bool) -> None:
    for version in ("X_1", "X_2"):
        script = place.root / f"{version}.map"
        script.write_text(f"{version} {{ global: *; }};")
        place.library("libx.so.1", where=version, options=[f"-Wl,--version-script={script}"])
    # It is linked against the newer one, whichever it finds then.
    aside = place.root.parent / f"{place.root.name}-aside"
    (place.root / "X_1").rename(aside)
    place.program("libx.so.1", options=beside())
    aside.rename(place.root / "X_1")
    (place.root / "lib").symlink_to(there)
    judge(place, right=right)
