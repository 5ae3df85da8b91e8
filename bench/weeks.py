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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.cells.delta import normalise
from builder.cells.derived import LATER
from builder.cells.origins import origins
from builder.console.text import Console
from builder.debian.model import Facts
from builder.debian.scan import content, scan
from builder.lock import chunks
from builder.oci.model import EPOCH, FILE
from builder.oci.store import Store
from builder.tools import process

DATA = Path(__file__).with_name("weeks.json")
ASKED = {
    "a data-science environment": (
        *("beautifulsoup4", "dask", "geopandas", "matplotlib", "mlflow>=3", "nltk", "numpy>=2"),
        *("pandas", "plotly", "polars", "pyarrow", "scikit-learn", "scipy", "seaborn"),
        *("sqlalchemy", "statsmodels", "xgboost-cpu"),
    ),
    "JupyterLab": ("jupyterlab", "jupyterlab-git"),
}
LAST, WEEKS = date(2026, 11, 22), 13
TARGET = ("--python-version=3.13", "--python-platform=x86_64-manylinux_2_28")
SITE = "opt/python/lib/python3.13/site-packages"
Versions = Mapping[str, str]


@dataclass(frozen=True)
class Week:
    """What a week came to."""

    facts: Facts
    sizes: Mapping[str, int]


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


def measure(weeks: Mapping[str, Versions], number: int | None, scratch: Path) -> list[str]:
    """Return the rows of a table: for each week what moved, and the bytes to pull both ways."""
    store = Store.open(scratch / "store")
    grouping: dict[str, int] = {}
    had: dict[bool, set[str]] = {True: set(), False: set()}
    before: Versions = {}
    rows, sums = [], [0, 0]
    for day, versions in weeks.items():
        moved = [name for name in versions if before.get(name) != versions[name]]
        gone = before.keys() - versions.keys()
        tar = _installed(versions, scratch)
        sizes = _sizes(tar)
        best = number or len(chunks.costs(sizes))
        grouping = chunks.kept(grouping, sizes) if grouping else chunks.divided(sizes, best)
        pulled, whole = {}, {}
        for divided in (False, True):
            facts = _normalised(tar, store, grouping if divided else {})
            blobs = {chunk.blob.digest: chunk.blob.size for chunk in facts.delta}
            pulled[divided] = sum(size for one, size in blobs.items() if one not in had[divided])
            had[divided], whole[divided] = set(blobs), facts.size
        tar.unlink()
        what = f"{len(moved)} moved, {len(gone)} gone" if before else f"{len(versions)} there"
        more = f"{whole[True] / whole[False] * 100 - 100:+.1f} %"
        rows.append(
            f"| {day} | {what} | {pulled[False] / 1e6:.1f} MB | {pulled[True] / 1e6:.1f} MB |"
            f" {more} |"
        )
        if before:
            sums = [sums[0] + pulled[False], sums[1] + pulled[True]]
        before = versions
    steps = len(weeks) - 1
    means = [total / steps / 1e6 for total in sums]
    rows.append(
        f"| a week, on average | {len(set(grouping.values()))} chunks | {means[0]:.1f} MB |"
        f" {means[1]:.1f} MB | {means[0] / means[1]:.1f} times fewer |"
    )
    return rows


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


def _sizes(tar: Path) -> dict[str, int]:
    """Return origin -> bytes, as installed."""
    with tar.open("rb") as stream:
        scanned = scan([stream], built_since=LATER)
        entries = {path: item.entry for path, item in sorted(scanned.items.items())}
        found = origins(
            scanned, entries, {}, "", lambda path: content(scanned.items[path], [stream])
        )
    sizes: dict[str, int] = {}
    for path, origin in found.items():
        if entries[path].type == FILE:
            sizes[origin] = sizes.get(origin, 0) + entries[path].size
    return sizes


def _normalised(tar: Path, store: Store, grouping: Mapping[str, int]) -> Facts:
    return normalise(
        [tar],
        cell="environment",
        key="0" * 64,
        ancestors=[],
        store=store,
        built_since=LATER,
        grouping=grouping,
    )


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
        with TemporaryDirectory() as scratch:
            rows = measure(weeks, arguments.chunks, Path(scratch))
        head = ["", f"| {name} | | one layer | chunks | all of it |", "|---|---|--:|--:|--:|"]
        console.text("\n".join([*head, *rows]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
