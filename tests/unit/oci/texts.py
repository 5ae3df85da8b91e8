"""Strategies: for every merger, files as the programs that own them write them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from builder.debian import accounts, alternatives, lines, pam, stanzas
from builder.debian.merger import Table

NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta", "libone", "libtwo"])
VALUES = st.sampled_from(["1", "2"])


def _table(
    keys: st.SearchStrategy[str], value: Callable[[str, str], str], dump: Callable[[Table], str]
) -> st.SearchStrategy[str]:
    """Files whose values follow from key and a small number, so that two files often agree and
    sometimes do not."""
    return st.dictionaries(keys, VALUES, max_size=4).map(
        lambda found: dump({key: value(key, number) for key, number in found.items()})
    )


def _package(key: str, number: str) -> str:
    return (
        f"Package: {key.partition(':')[0]}\nStatus: install ok installed\nArchitecture:"
        f" amd64\nVersion: {number}\nDescription: some\n more"
    )


def _alternative(text: dict[str, str]) -> str:
    table = {
        alternatives.STATUS: "auto",
        alternatives.MASTER: "/usr/bin/editor",
        alternatives.SLAVE + "editor.1.gz": "/usr/share/man/man1/editor.1.gz",
    }
    table |= {
        f"choice /usr/bin/{name}": f"{number}\neditor.1.gz=/usr/share/man/man1/{name}.1.gz"
        for name, number in text.items()
    }
    return alternatives.dump(table) if text else ""


def _pam(modules: list[str]) -> str:
    frame = f"# head\n{pam.BEGIN}{pam.END}# tail\n"
    return (
        pam.dump(
            {pam.FRAME: frame}
            | dict.fromkeys((f"session optional {name}.so" for name in modules), "")
        )
        if modules
        else ""
    )


IDS = {"root": 0, "alpha": 100, "beta": 101, "gamma": 101, "delta": 1000}
_members = st.dictionaries(st.sampled_from(sorted(IDS)), st.sets(NAMES, max_size=3), max_size=4)
GROUPS = _members.map(
    lambda found: accounts.dump_by_id(
        {name: f"x:{IDS[name]}:{','.join(sorted(members))}" for name, members in found.items()}
    )
)
GSHADOWS = _members.map(
    lambda found: accounts.dump(
        {name: f"!::{','.join(sorted(members))}" for name, members in found.items()}
    )
)
STATUSES = _table(NAMES.map(lambda name: f"{name}:amd64"), _package, stanzas.dump)

TEXTS: dict[str, st.SearchStrategy[str]] = {
    "var/lib/dpkg/status": STATUSES,
    "var/lib/apt/extended_states": _table(
        NAMES.map(lambda name: f"{name}:amd64"),
        lambda _, number: str(int(number) - 1),
        stanzas.dump_auto,
    ),
    "var/cache/debconf/config.dat": (
        st.dictionaries(NAMES, st.sets(NAMES, min_size=1, max_size=3), max_size=4).map(
            lambda found: stanzas.dump(
                {
                    k: f"Name: {k}\nTemplate: {k}\nValue: v\nOwners: {', '.join(sorted(v))}"
                    for k, v in found.items()
                }
            )
        )
    ),
    "var/lib/dpkg/diversions": _table(
        NAMES.map(lambda n: f"/usr/{n}"),
        lambda key, number: f"{key}.orig\npackage{number}",
        lines.dump_threes,
    ),
    "var/lib/dpkg/statoverride": _table(
        NAMES.map(lambda n: f"/usr/{n}"),
        lambda _, number: f"root root 475{number}",
        lines.dump_registry,
    ),
    "var/lib/dpkg/triggers/*": _table(NAMES, lambda _k, _n: "", lines.dump),
    "var/lib/dpkg/alternatives/*": st.dictionaries(NAMES, VALUES, max_size=3).map(_alternative),
    "etc/alternatives/*": st.sampled_from(["", "/usr/bin/one", "/usr/bin/two"]),
    "etc/passwd": _table(
        st.sampled_from(sorted(IDS)),
        lambda key, number: f"x:{IDS[key]}:{number}::/:/bin/sh",
        accounts.dump_by_id,
    ),
    "etc/group": GROUPS,
    "etc/shadow": _table(NAMES, lambda _, number: f"!:2000{number}:0:99999:7:::", accounts.dump),
    "etc/gshadow": GSHADOWS,
    "etc/subuid": _table(
        NAMES,
        lambda key, number: f"{100000 + 65536 * (len(key) + int(number))}:65536",
        accounts.dump,
    ),
    "etc/pam.d/common-*": (
        st.lists(
            st.sampled_from(["pam_unix", "pam_systemd", "pam_cap"]), unique=True, max_size=3
        ).map(_pam)
    ),
    "var/lib/pam/*": _table(NAMES, lambda _, number: f"optional pam_{number}.so\n", pam.dump_state),
    "var/lib/pam/seen": _table(NAMES, lambda _k, _n: "", pam.dump_seen),
    "etc/shells": _table(NAMES.map(lambda n: f"/bin/{n}"), lambda _k, _n: "", lines.dump),
    "var/lib/ucf/hashfile": _table(
        NAMES.map(lambda n: f"/etc/{n}"),
        lambda key, number: f"{hash_of(key)}{number}",
        lines.dump_hashes,
    ),
    "var/lib/ucf/registry": _table(
        NAMES.map(lambda n: f"/etc/{n}"), lambda _, number: f"package{number}", lines.dump_registry
    ),
    "usr/lib/*/gio/modules/giomodule.cache": _table(
        NAMES.map(lambda n: f"{n}.so: {n}"), lambda _k, _n: "", lines.dump
    ),
    "usr/lib/*/gdk-pixbuf-2.0/*/loaders.cache": _table(
        NAMES.map(lambda n: f'"{n}.so"'), lambda _, number: f'"{number}" ""', lines.dump_blocks
    ),
}
for same, other in {
    "var/cache/debconf/passwords.dat": "var/cache/debconf/config.dat",
    "var/cache/debconf/templates.dat": "var/cache/debconf/config.dat",
    "etc/subgid": "etc/subuid",
    "var/lib/sgml-base/supercatalog": "etc/shells",
    "var/lib/shells.state": "etc/shells",
}.items():
    TEXTS[same] = TEXTS[other]


def hash_of(text: str) -> str:
    """Return something that looks like a hash."""
    return f"{len(text):031x}"
