"""Every artifact of some cells into the cache, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builder.catalog.origins import RESERVED
from builder.errors import FetchError, IntegrityError, ToolError
from builder.events import Monitor, Note, Progress, State, Step
from builder.fetch.lost import Away, Lost, Written, gone, written, wrong
from builder.fetch.origin import AwayError
from builder.fetch.session import connections, session
from builder.fetch.transfer import GoneError, UnreachableError, place, sound, transfer
from builder.graph.model import Cell
from builder.graph.request import Documents
from builder.lock.model import Artifact, Lock
from builder.resolve.kinds import SUPPLIERS
from builder.settings import Settings
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


def fetch(
    lock: Lock,
    cells: Iterable[Cell],
    settings: Settings,
    monitor: Monitor,
    documents: Documents | None = None,
) -> Fetched:
    """Bring every artifact of these cells into the cache, each verified; what is there already is
    verified again. `documents` are the layers' files, for the places of problems.

    Raises:
        FetchError: at least one artifact could not be fetched; names each, and the setting to use.
        All others are in the cache.
        IntegrityError: a mirror gave something else than what is locked.

    """
    fetched, lost = attempt(lock, cells, settings, monitor, documents)
    lost.raise_any()
    return fetched


def attempt(
    lock: Lock,
    cells: Iterable[Cell],
    settings: Settings,
    monitor: Monitor,
    documents: Documents | None = None,
) -> tuple[Fetched, Lost]:
    """Do the same, and return what could not be fetched instead of raising it."""
    wanted = list(cells)
    names: set[str] = set()
    for cell in wanted:
        names.update(lock.cells[cell.id].artifacts)
    artifacts = [lock.artifacts[name] for name in sorted(names)]
    places = written(wanted, documents or Documents())
    return _attempt(artifacts, lock.moment, settings, monitor, places)


def ensure(
    artifacts: Iterable[Artifact], moment: str, settings: Settings, monitor: Monitor
) -> Fetched:
    """Do as `fetch` for single artifacts, locked at a moment (RFC 3339)."""
    fetched, lost = _attempt(artifacts, moment, settings, monitor, {})
    lost.raise_any()
    return fetched


def _attempt(
    artifacts: Iterable[Artifact],
    moment: str,
    settings: Settings,
    monitor: Monitor,
    places: Mapping[str, Written],
) -> tuple[Fetched, Lost]:
    begin = time.monotonic()
    distinct = {place(artifact, settings.cache): artifact for artifact in artifacts}
    with ThreadPoolExecutor(connections(settings)) as pool:
        missing = _missing(distinct, pool, monitor)
        if missing:
            monitor(Step(NODE, "running", f"{len(missing)} of {len(distinct)} files"))
        done = _Transfers(settings, monitor, missing, places)
        for kinds in _waves(missing.values()):
            with done.stopping(pool):
                _make_ready(kinds, distinct, settings)
                done.run(
                    pool,
                    {path: item for path, item in missing.items() if item.kind in kinds},
                    moment,
                )
    fetched = Fetched(files=done.files, bytes=done.bytes, kept=len(distinct) - len(missing))
    if missing:
        came = f"{fetched.files} files, {fetched.bytes / 1e6:.0f} MB"
        rest = len(missing) - fetched.files
        state: State = "failed" if rest else "done"
        detail = f"{came}; {rest} could not be fetched" if rest else came
        monitor(Step(NODE, state, detail, time.monotonic() - begin))
    return fetched, done.lost()


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
        self,
        settings: Settings,
        monitor: Monitor,
        missing: Mapping[Path, Artifact],
        places: Mapping[str, Written],
    ) -> None:
        self._session, self._settings, self._monitor = session(settings), settings, monitor
        sizes = [artifact.size for artifact in missing.values()]
        # A sum of what is known alone would be no total.
        self._total = sum(sizes) if all(sizes) else 0
        self._places = places
        self._lock = threading.Lock()
        self._failures: list[FetchError | IntegrityError] = []
        self._stopped = False
        self._away: dict[str, Away] = {}
        """Hosts that are asked for nothing more."""
        self.files = 0
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
            pool.submit(self._one, artifact, urls[artifact.id], path)
            for path, artifact in missing.items()
            if artifact.id in urls
        ]
        for future in futures:
            future.result()

    def lost(self) -> Lost:
        """Return what could not be fetched."""
        away = [self._away[host] for host in sorted(self._away) if self._away[host].digests]
        return Lost(away=away, failures=tuple(self._failures), places=self._places)

    def _locate(self, artifacts: Sequence[Artifact], moment: str) -> dict[str, tuple[str, ...]]:
        """Return the addresses of artifacts by id, without those whose registry does not answer."""
        urls: dict[str, tuple[str, ...]] = {}
        # What one origin has does not wait for another of the same kind.
        for kind, origin in sorted({(artifact.kind, artifact.origin) for artifact in artifacts}):
            same = [one for one in artifacts if (one.kind, one.origin) == (kind, origin)]
            try:
                found = SUPPLIERS[kind].locate(same, moment, self._settings)
            except AwayError as error:
                self._without(origin, same, error)
            except (FetchError, ToolError) as error:
                self._failures.append(FetchError(error.message, hint=error.hint))
            else:
                urls |= {artifact.id: found.get(artifact.id, ()) for artifact in same}
        return urls

    def _without(self, origin: str, artifacts: Sequence[Artifact], error: AwayError) -> None:
        """Note that an origin does not answer. One that the catalog declares is not for all images:
        what waits for it is told.
        """
        if origin in RESERVED:
            self._failures.append(FetchError(error.message, hint=error.hint))
            return
        host = web.host(self._settings.mirror(origin) or "")
        away = Away(host=host, reason=error.reason, hint=error.hint)
        self._away.setdefault(host, away).asked.extend(artifacts)

    def _one(self, artifact: Artifact, urls: Sequence[str], path: Path) -> None:
        spot = self._places.get(artifact.id)
        hosts = [web.host(url) for url in urls]
        known = [self._away[host] for host in hosts if host in self._away]
        reachable = [url for url in urls if web.host(url) not in self._away]
        try:
            if reachable or not urls:
                self._from_any(artifact, reachable, path)
            else:
                known[0].left.append(artifact)
        except UnreachableError as error:
            self._away[error.host].asked.append(artifact)
        except GoneError as error:
            # It may be where nobody could ask.
            if known:
                known[0].left.append(artifact)
            else:
                self._failures.append(gone(artifact, error, spot))
        except IntegrityError as error:
            self._failures.append(wrong(artifact, error, spot))
        except FetchError as error:
            self._failures.append(error)

    def _from_any(self, artifact: Artifact, urls: Sequence[str], path: Path) -> None:
        """Fetch an artifact from the first address that has it and whose host can be reached.

        Raises:
            UnreachableError: no host had it, and one could not be reached.
            GoneError: all could be reached, and none had it.
            FetchError: one broke off.
            IntegrityError: one gave something else.

        """
        lost: list[UnreachableError] = []
        missing = GoneError(f"{artifact.name} {artifact.version}")
        for url in urls:
            try:
                transfer(self._session, artifact, [url], path, self._arrived)
            except UnreachableError as error:
                away = Away(host=error.host, reason=error.reason, hint=error.hint)
                self._away.setdefault(error.host, away)
                lost.append(error)
            except GoneError as error:
                missing = error
            else:
                self._count()
                return
        raise lost[0] if lost else missing

    def _count(self) -> None:
        with self._lock:
            self.files += 1

    def _arrived(self, count: int) -> None:
        if self._stopped:
            raise CancelledError
        with self._lock:
            self.bytes += count
        self._monitor(Progress(NODE, self.bytes, self._total))
