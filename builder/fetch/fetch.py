"""Every artifact of some cells into the cache, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builder.errors import FetchError, IntegrityError
from builder.events import Monitor, Note, Progress, Step
from builder.fetch.session import connections, session
from builder.fetch.transfer import GoneError, UnreachableError, place, sound, transfer
from builder.graph.model import Cell
from builder.lock.model import Artifact, Lock
from builder.resolve.kinds import SUPPLIERS
from builder.settings import SNAPSHOT, Settings, variable
from builder.tools import web

NODE = "fetch"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What `fetch` did."""

    files: int
    """Files transferred."""
    bytes: int
    """Bytes transferred."""
    kept: int
    """Files that were here already, and sound."""


def fetch(lock: Lock, cells: Iterable[Cell], settings: Settings, monitor: Monitor) -> Fetched:
    """Bring every artifact of these cells into the cache, each verified; what is there already is
    verified again.

    Raises:
        FetchError: at least one artifact could not be fetched; names each, and the setting to use.
        All others are in the cache.
        IntegrityError: a mirror gave something else than what is locked.

    """
    names: set[str] = set()
    for cell in cells:
        names.update(lock.cells[cell.id].artifacts)
    artifacts = [lock.artifacts[name] for name in sorted(names)]
    return ensure(artifacts, lock.moment, settings, monitor)


def ensure(
    artifacts: Iterable[Artifact], moment: str, settings: Settings, monitor: Monitor
) -> Fetched:
    """Do the same for single artifacts, locked at a moment (RFC 3339)."""
    begin = time.monotonic()
    distinct = {place(artifact, settings.cache): artifact for artifact in artifacts}
    with ThreadPoolExecutor(connections(settings)) as pool:
        missing = _missing(distinct, pool, monitor)
        if missing:
            monitor(Step(NODE, "running", f"{len(missing)} of {len(distinct)} files"))
        done = _Transfers(settings, monitor, missing)
        for kinds in _waves(missing.values()):
            _make_ready(kinds, distinct, settings)
            with done.stopping(pool):
                done.run(
                    pool,
                    {path: item for path, item in missing.items() if item.kind in kinds},
                    moment,
                )
    done.raise_failures()
    fetched = Fetched(files=len(missing), bytes=done.bytes, kept=len(distinct) - len(missing))
    if missing:
        monitor(
            Step(
                NODE,
                "done",
                f"{fetched.files} files, {fetched.bytes / 1e6:.0f} MB",
                time.monotonic() - begin,
            )
        )
    return fetched


def _missing(
    distinct: Mapping[Path, Artifact], pool: ThreadPoolExecutor, monitor: Monitor
) -> dict[Path, Artifact]:
    """Return what is not in the cache, and drop from there what is not what it should be."""
    verdicts = pool.map(lambda path: sound(distinct[path], path), distinct)
    missing = {
        path: distinct[path] for path, good in zip(distinct, verdicts, strict=True) if not good
    }
    for path, artifact in missing.items():
        if path.exists():
            monitor(
                Note(
                    f"{artifact.name} {artifact.version} is damaged in the cache, and is fetched"
                    " again",
                    "warning",
                )
            )
            path.unlink()
    return missing


def _waves(artifacts: Iterable[Artifact]) -> Sequence[frozenset[str]]:
    """Return the kinds in the order of fetching: last those that may need files of others before
    their registry can be asked.
    """
    kinds = frozenset(artifact.kind for artifact in artifacts)
    last = frozenset(kind for kind in kinds if SUPPLIERS[kind].ready)
    return [wave for wave in (kinds - last, last) if wave]


def _make_ready(
    kinds: Iterable[str], distinct: Mapping[Path, Artifact], settings: Settings
) -> None:
    """Do for each kind what has to be done before its files can be located."""
    for kind in sorted(kinds):
        ready = SUPPLIERS[kind].ready
        if ready is not None:
            others = [path for path, artifact in distinct.items() if artifact.kind != kind]
            ready([path for path in others if path.exists()], settings)


class _Transfers:
    """Transfers that go on when one fails, and tell all failures at the end."""

    def __init__(
        self, settings: Settings, monitor: Monitor, missing: Mapping[Path, Artifact]
    ) -> None:
        self._session, self._settings, self._monitor = session(settings), settings, monitor
        self._total = sum(artifact.size for artifact in missing.values())
        self._lock = threading.Lock()
        self._failures: list[FetchError | IntegrityError] = []
        self._stopped = False
        self._unreachable: set[str] = set()
        """Hosts that are asked for nothing more."""
        self._left = 0
        self.bytes = 0

    @contextmanager
    def stopping(self, pool: ThreadPoolExecutor) -> Iterator[None]:
        """End all transfers when the block is left by an exception, such as Ctrl-C: nobody waits
        for gigabytes then.
        """
        try:
            yield
        except BaseException:
            self._stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise

    def run(self, pool: ThreadPoolExecutor, missing: Mapping[Path, Artifact], moment: str) -> None:
        """Transfer these."""
        urls = self._locate(list(missing.values()), moment)
        futures = [
            pool.submit(self._one, artifact, urls.get(artifact.id, ()), path)
            for path, artifact in missing.items()
        ]
        for future in futures:
            future.result()

    def raise_failures(self) -> None:
        """Raise one error that names all artifacts that could not be fetched."""
        if not self._failures:
            return
        first = self._failures[0]
        lines = sorted({failure.message for failure in self._failures})
        if self._left:
            lines.append(f"{self._left} more files there were not asked for")
        kind = (
            IntegrityError
            if any(isinstance(failure, IntegrityError) for failure in self._failures)
            else FetchError
        )
        raise kind("\n".join(lines), hint=first.hint)

    def _locate(self, artifacts: Sequence[Artifact], moment: str) -> dict[str, tuple[str, ...]]:
        urls: dict[str, tuple[str, ...]] = {}
        for kind in sorted({artifact.kind for artifact in artifacts}):
            try:
                urls |= SUPPLIERS[kind].locate(
                    [artifact for artifact in artifacts if artifact.kind == kind],
                    moment,
                    self._settings,
                )
            except FetchError as error:
                self._failures.append(error)
        return urls

    def _one(self, artifact: Artifact, urls: Sequence[str], path: Path) -> None:
        reachable = [url for url in urls if web.host(url) not in self._unreachable]
        if urls and not reachable:
            with self._lock:
                self._left += 1
            return
        try:
            transfer(self._session, artifact, reachable, path, self._arrived)
        except GoneError as error:
            hint = f"run `catalog lock --upgrade {artifact.name}`"
            if artifact.origin.startswith("debian"):
                hint = (
                    f"set {variable(SNAPSHOT, 'debian')} to an archive of former states, or {hint}"
                )
            self._failures.append(
                FetchError(
                    f"{artifact.name} {artifact.version} is no longer at"
                    f" {artifact.origin}{error.where}",
                    hint=hint,
                )
            )
        except (FetchError, IntegrityError) as error:
            if isinstance(error, UnreachableError):
                self._unreachable.add(error.host)
            self._failures.append(error)

    def _arrived(self, count: int) -> None:
        if self._stopped:
            raise CancelledError
        with self._lock:
            self.bytes += count
        self._monitor(Progress(NODE, self.bytes, self._total))
