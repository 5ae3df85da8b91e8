"""The table of mergers, and functions that use it. A new merger is one row in MERGERS and a test of
its laws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from builder.debian import accounts, alternatives, lines, pam, stanzas
from builder.debian.merger import Disagreement, Merger
from builder.debian.model import Facts
from builder.errors import ConflictError

STATUS = "var/lib/dpkg/status"
STATES = "var/lib/apt/extended_states"
SHADOW = 42

MERGERS: tuple[Merger, ...] = (
    Merger(STATUS, stanzas.packages, stanzas.dump),
    Merger(
        STATES,
        stanzas.auto,
        stanzas.dump_auto,
        join=stanzas.join_auto,
        finish=stanzas.only_auto,
        removed=stanzas.manual,
    ),
    Merger(
        "var/cache/debconf/config.dat",
        stanzas.ordered_owners,
        stanzas.dump,
        join=stanzas.join_question,
    ),
    Merger(
        "var/cache/debconf/passwords.dat",
        stanzas.ordered_owners,
        stanzas.dump,
        join=stanzas.join_question,
        mode=0o600,
    ),
    Merger(
        "var/cache/debconf/templates.dat",
        stanzas.ordered_owners,
        stanzas.dump,
        join=stanzas.join_question,
    ),
    Merger("var/lib/dpkg/diversions", lines.parse_threes, lines.dump_threes),
    Merger("var/lib/dpkg/statoverride", lines.parse_by_last, lines.dump_registry),
    Merger("var/lib/dpkg/triggers/*", lines.parse, lines.dump),
    Merger(
        alternatives.DATABASE + "*",
        alternatives.parse,
        alternatives.dump,
        join=alternatives.join,
        always=alternatives.is_header,
    ),
    Merger(alternatives.LINKS + "*", lines.parse_whole, lines.dump_whole, links=True),
    Merger(
        "etc/passwd",
        accounts.parse,
        accounts.dump_by_id,
        join=accounts.join_user,
        check=accounts.unique_ids,
    ),
    Merger(
        "etc/group",
        accounts.parse_members,
        accounts.dump_by_id,
        join=accounts.join_members,
        check=accounts.unique_ids,
    ),
    Merger("etc/shadow", accounts.parse_shadow, accounts.dump, mode=0o640, gid=SHADOW),
    Merger(
        "etc/gshadow",
        accounts.parse_members,
        accounts.dump,
        join=accounts.join_members,
        mode=0o640,
        gid=SHADOW,
    ),
    Merger("etc/subuid", accounts.parse, accounts.dump, check=accounts.unique_ranges),
    Merger("etc/subgid", accounts.parse, accounts.dump, check=accounts.unique_ranges),
    Merger("etc/pam.d/common-*", pam.parse, pam.dump, always=pam.is_frame),
    Merger("var/lib/pam/seen", pam.parse_seen, pam.dump_seen),
    Merger("var/lib/pam/*", pam.parse_state, pam.dump_state),
    Merger("etc/shells", lines.parse, lines.dump),
    Merger("var/lib/shells.state", lines.parse, lines.dump),
    Merger("var/lib/sgml-base/supercatalog", lines.parse, lines.dump),
    Merger("var/lib/ucf/hashfile", lines.parse_by_last, lines.dump_hashes),
    Merger("var/lib/ucf/registry", lines.parse_by_last, lines.dump_registry),
    Merger("usr/lib/*/gio/modules/giomodule.cache", lines.parse, lines.dump),
    Merger("usr/lib/*/gdk-pixbuf-2.0/*/loaders.cache", lines.parse_blocks, lines.dump_blocks),
)
_EXACT = {merger.pattern: merger for merger in MERGERS if "*" not in merger.pattern}
_GLOBS = [(merger.pattern.partition("*")[0], merger) for merger in MERGERS if "*" in merger.pattern]


def merger_of(path: str) -> Merger | None:
    """Return the merger that owns a path, if one does."""
    exact = _EXACT.get(path)
    if exact is None:
        for prefix, merger in _GLOBS:
            if path.startswith(prefix) and merger.expression.fullmatch(path):
                return merger
    return exact


def contributions(
    cell: str, before: Mapping[str, str], after: Mapping[str, str], below: Sequence[Facts] = ()
) -> dict[str, str]:
    """Return what a build added to the files that mergers own: path -> contribution.

    `before` and `after` are texts of those files; a path that `after` lacks was not touched.
    `below` are the cells that it was built on.

    Raises:
        ConflictError: the build removed or changed what an ancestor contributed.

    """
    added_to: dict[str, str] = {}
    problems = []
    for path, text in sorted(after.items()):
        merger = merger_of(path)
        if merger is None:
            continue
        try:
            if added := merger.diff(before.get(path, ""), text):
                added_to[path] = added
        except Disagreement as error:
            holders = (
                " and ".join(facts.cell for facts in below if path in facts.bookkeeping)
                or "a layer below it"
            )
            problems.append(
                (f"/{path}: {cell} changes what belongs to {holders}: {error.text}", error.hint)
            )
    _raise(problems)
    _mark_asked_for(added_to, before.get(STATUS, ""))
    return added_to


def files(layers: Sequence[Facts]) -> dict[str, str]:
    """Return the files that mergers own, as these layers together make them: path -> text, sorted.

    Raises:
        ConflictError: two layers disagree; every such path is named.

    """
    made: dict[str, str] = {}
    problems = []
    paths: set[str] = set()
    for facts in layers:
        paths.update(facts.bookkeeping)
    for path in sorted(paths):
        merger = merger_of(path)
        having = [facts for facts in layers if path in facts.bookkeeping]
        if merger is None:
            problems.append(
                (
                    f"/{path}: {having[0].cell} was built with a merger that no longer exists",
                    "build that layer again",
                )
            )
            continue
        try:
            made[path] = merger.file([facts.bookkeeping[path] for facts in having])
        except Disagreement as error:
            problems.append(
                (f"/{path}: {_culprits(merger, path, having)} disagree: {error.text}", error.hint)
            )
    _raise(problems)
    return made


def _mark_asked_for(added_to: dict[str, str], before: str) -> None:
    """Mark each added package as asked for, unless apt lists it as automatic: otherwise another
    layer's mark could not be overruled.
    """
    added = stanzas.packages(added_to.get(STATUS, ""))
    if not added:
        return
    states = stanzas.auto(added_to.get(STATES, ""))
    native = _native([*added, *stanzas.packages(before)])
    for key in added:
        name, _, architecture = key.partition(":")
        states.setdefault(f"{name}:{native if architecture == 'all' else architecture}", "0")
    added_to[STATES] = stanzas.dump_auto(states)


def _native(packages: Iterable[str]) -> str:
    """Return the architecture of these packages: apt lists those of architecture `all` under it."""
    return next(
        (key.partition(":")[2] for key in sorted(packages) if not key.endswith(":all")), "amd64"
    )


def _culprits(merger: Merger, path: str, having: Sequence[Facts]) -> str:
    """Return the names of the first two layers that cannot be merged."""
    for index, one in enumerate(having):
        for other in having[:index]:
            try:
                merger.merge([other.bookkeeping[path], one.bookkeeping[path]])
            except Disagreement:
                return f"{other.cell} and {one.cell}"
    return " and ".join(facts.cell for facts in having)


def _raise(problems: Sequence[tuple[str, str]]) -> None:
    if problems:
        raise ConflictError(
            "\n".join(text for text, _ in problems),
            hint=next((hint for _, hint in problems if hint), ""),
        )
