"""Real weeks of a Python environment: what a node pulls each week if the environment is one layer,
and if it is divided into chunks as `catalog lock` does it.

    python -m bench.weeks --record    ask the index for the versions of each week: bench/weeks.json
    python -m bench.weeks             install each week's, and measure

The distributions are those that the index had at the end of each week, resolved as of that day.
They are installed without byte code, as they are the same for both ways. The grouping is decided in
the first week, from sizes as installed, and kept after it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from builder.cells.chunks import parts as parts_of
from builder.cells.derived import LATER
from builder.cells.origins import Read, origins
from builder.console.text import Console
from builder.debian.scan import Scan, content, scan
from builder.digest import sha256
from builder.lock import chunks
from builder.oci import layer
from builder.oci.model import EPOCH, FILE, Entry
from builder.oci.store import Store
from builder.tools import process

DATA = Path(__file__).with_name("weeks.json")
ASKED = {
    "JupyterLab": ("jupyterlab", "jupyterlab-git"),
    "a data-science environment": (
        *("beautifulsoup4", "dask", "geopandas", "matplotlib", "mlflow>=3", "nltk", "numpy>=2"),
        *("pandas", "plotly", "polars", "pyarrow", "scikit-learn", "scipy", "seaborn"),
        *("sqlalchemy", "statsmodels", "xgboost-cpu"),
    ),
}
LAST, WEEKS = date(2026, 11, 22), 13
TARGET = ("--python-version=3.13", "--python-platform=x86_64-manylinux_2_28")
SITE = "opt/python/lib/python3.13/site-packages"
Versions = Mapping[str, str]


@dataclass
class Written:
    """The layers written so far: what is in one -> its bytes. What is in it already is not
    compressed again.
    """

    store: Store
    sizes: dict[str, int]

    def write(self, entries: Mapping[str, Entry], read: Read) -> tuple[str, int]:
        """Return what tells a layer of these entries from others, and its bytes."""
        name = sha256(repr(list(entries.items())).encode("utf-8", "surrogateescape"))
        if name not in self.sizes:
            chunk = layer.write(self.store, entries, read, "zstd")
            self.sizes[name] = chunk.blob.size
            self.store.path(chunk.blob.digest).unlink()
        return name, self.sizes[name]


def record() -> None:
    """Write the versions of each week."""
    days = [LAST - timedelta(weeks=number) for number in reversed(range(WEEKS))]
    told = {
        name: {str(day): _resolved(asked, day) for day in days} for name, asked in ASKED.items()
    }
    DATA.write_text(json.dumps(told, indent=1) + "\n")


def _resolved(asked: tuple[str, ...], day: date) -> dict[str, str]:
    with TemporaryDirectory() as name:
        requests = Path(name) / "requests.in"
        requests.write_text("\n".join(asked) + "\n")
        only = ("--only-binary=:all:", "--no-header", "--no-annotate", f"--exclude-newer={day}")
        out = process.text(["uv", "pip", "compile", "--quiet", *TARGET, *only, requests])
    pairs = (line.split("==") for line in out.splitlines() if "==" in line)
    return {name: version.partition(" ")[0] for name, version in pairs}


def measure(weeks: Mapping[str, Versions], number: int | None, scratch: Path) -> Iterator[str]:
    """Yield the rows of a table: for each week what moved, and the bytes to pull both ways. As one
    layer, the environment is taken to have the size of the first week.
    """
    written = Written(Store.open(scratch / "store"), {})
    grouping: dict[str, int] = {}
    had: set[str] = set()
    before: Versions = {}
    one_layer = 0
    pulled: list[int] = []
    for day, versions in weeks.items():
        moved = sum(before.get(name) != version for name, version in versions.items())
        gone = len(before.keys() - versions.keys())
        with _installed(versions, scratch).open("rb") as stream:
            scanned = scan([stream], built_since=LATER)
            entries = {path: item.entry for path, item in sorted(scanned.items.items())}
            read = partial(_content, scanned, stream)
            found = origins(scanned, entries, {}, "", read)
            sizes = _sizes(found, entries)
            best = number or len(chunks.costs(sizes))
            grouping = chunks.kept(grouping, sizes) if grouping else chunks.divided(sizes, best)
            one_layer = one_layer or written.write(entries, read)[1]
            parts = [written.write(part, read) for part in parts_of(entries, found, grouping)]
        new = sum(size for name, size in parts if name not in had)
        had = {name for name, _ in parts}
        more = sum(size for _, size in parts) / one_layer * 100 - 100
        what = f"{moved} moved, {gone} gone" if before else f"{moved} there, {len(parts)} layers"
        if before:
            pulled.append(new)
        whole = one_layer if moved or gone else 0
        yield f"| {day} | {what} | {whole / 1e6:.1f} MB | {new / 1e6:.1f} MB | {more:+.1f} % |"
        before = versions
    mean = sum(pulled) / len(pulled) / 1e6
    yield (
        f"| a week, on average | | {one_layer / 1e6:.1f} MB | {mean:.1f} MB |"
        f" {one_layer / 1e6 / mean:.1f} times fewer |"
    )


def _content(scanned: Scan, stream: IO[bytes], path: str) -> Iterator[bytes]:
    return content(scanned.items[path], [stream])


def _installed(versions: Versions, scratch: Path) -> Path:
    """Return a tar of these distributions, as an engine writes a layer."""
    root, tar = scratch / "root", scratch / "layer.tar"
    shutil.rmtree(root, ignore_errors=True)
    exact = [f"{name}=={version}" for name, version in versions.items()]
    only = ("--no-deps", "--only-binary=:all:", "--quiet")
    process.run(["uv", "pip", "install", *TARGET, *only, f"--target={root / SITE}", *exact])
    shutil.rmtree(root / SITE / "bin", ignore_errors=True)
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            if path.name != ".lock":
                archive.add(path, str(path.relative_to(root)), recursive=False, filter=_plain)
    shutil.rmtree(root)
    return tar


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.mtime = EPOCH

    return member


def _sizes(found: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, int]:
    """Return origin -> bytes, as installed."""
    sizes: dict[str, int] = {}
    for path, origin in found.items():
        if entries[path].type == FILE:
            sizes[origin] = sizes.get(origin, 0) + entries[path].size
    return sizes


def main() -> int:
    """Record, or measure and print a table of each environment."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.weeks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--record", action="store_true", help="write bench/weeks.json anew")
    parser.add_argument(
        "--chunks", type=int, help="how many; by default, as many as `catalog lock` would have"
    )
    arguments = parser.parse_args()
    if arguments.record:
        record()
        return 0
    console = Console()
    for name, weeks in json.loads(DATA.read_text()).items():
        console.text(f"\n| {name} | | one layer | chunks | all of them |")
        console.text("|---|---|--:|--:|--:|")
        with TemporaryDirectory() as scratch:
            for row in measure(weeks, arguments.chunks, Path(scratch)):
                console.text(row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
