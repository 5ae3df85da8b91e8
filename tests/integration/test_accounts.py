"""System accounts: any two packages may be in layers that are built apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.cells import filesystem
from builder.debian import mergers
from builder.debian.model import Facts
from tests.integration.test_render import assert_same_filesystem
from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker

LAYERS = {
    # Debian's own packages, by what their scripts make accounts with.
    "redis": "apt: [redis-server]",  # adduser
    "mosquitto": "apt: [mosquitto]",  # addgroup, then adduser
    "stunnel": "apt: [stunnel4, systemd-standalone-sysusers]",  # systemd-sysusers
    "dnsmasq": "apt: [dnsmasq-base]",  # useradd
    "own": """\
accounts: [hidden]
run: |
  useradd --system --home-dir /opt/app app && groupadd --system data
  name=$(echo hid)den && useradd --system $name
  install -D -o hidden -g data /dev/null /opt/hidden
""",
}
IDS = {"redis", "mosquitto", "stunnel4", "dnsmasq", "app", "data", "hidden"}
OWNED = {
    "redis": ("var/lib/redis", "redis", "redis"),
    "mosquitto": ("var/log/mosquitto", "mosquitto", "root"),
    "stunnel": ("var/log/stunnel4", "stunnel4", "stunnel4"),
    "own": ("opt/hidden", "hidden", "data"),
}


def with_layers(tiny: Tiny, layers: dict[str, str]) -> Tiny:
    """Add layers that stand on the same one, an image of all, and lock."""
    catalog = (tiny.root / "catalog.yaml").read_text()
    image = f"  all: {{layers: [{', '.join(layers)}], tag: '{{debian}}'}}\n"
    (tiny.root / "catalog.yaml").write_text(catalog.replace("images:\n", f"images:\n{image}"))
    for name, text in layers.items():
        tiny.layer(name, f"description: {name}\non: [tools]\n{text}")
    tiny.done("lock")
    return tiny


def ids(texts: dict[str, str], path: str) -> dict[str, int]:
    """Return the ids in a file of accounts, by name."""
    rows = (line.split(":") for line in texts[path].splitlines())
    return {row[0]: int(row[2]) for row in rows}


def facts(tiny: Tiny, *names: str) -> list[Facts]:
    return [tiny.facts(f"{name}@trixie-amd64") for name in names]


@pytest.mark.whole("many of Debian's packages are installed")
def test_accounts_of_layers_that_were_built_apart_never_collide(tiny: Tiny, tmp_path: Path) -> None:
    with_layers(tiny, LAYERS)
    tiny.build("all:*")
    below = facts(tiny, "system", "tools")
    cells = facts(tiny, *LAYERS)
    made = mergers.files([*below, *cells])
    turned = mergers.files([*below, *reversed(cells)])
    assert made == turned
    assert filesystem.of_cells([*below, *cells]) == filesystem.of_cells([*below, *reversed(cells)])
    users, groups = ids(made, "etc/passwd"), ids(made, "etc/group")
    assert users.keys() | groups.keys() >= IDS
    for name in IDS & users.keys() & groups.keys():
        assert users[name] == groups[name], f"{name} is one account"
    for cell, (path, user, group) in OWNED.items():
        entry = tiny.facts(f"{cell}@trixie-amd64").entries[path]
        assert (entry.uid, entry.gid) == (users[user], groups[group]), path
    for one in cells:
        left = [path for path in one.entries if path.startswith(("artifacts", "run/sysusers"))]
        assert not left, f"{one.cell} keeps what gave it its ids: {left}"
    assert_same_filesystem(tiny, tmp_path, "all:trixie")


def test_an_id_stays_when_other_accounts_come(tiny: Tiny) -> None:
    with_layers(tiny, {"left": "run: useradd --system left\n"})
    tiny.build("left@*")
    tiny.layer("right", "description: right\non: [tools]\nrun: useradd --system right\n")
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("layers: [left]", "layers: [left, right]"))
    said = tiny.done("lock").out
    assert "ids of system accounts: right " in said
    assert "left" not in said.partition("ids of system accounts")[2]
    assert list(tiny.to_build("all:*", "left@*")) == ["right@trixie-amd64", "all:trixie"]


def test_hidden_accounts_are_told_and_can_be_declared(tiny: Tiny) -> None:
    """Both get the same id from useradd, as none of them is known."""
    hidden = {name: f"run: useradd --system $(echo {name})\n" for name in ("left", "right")}
    with_layers(tiny, hidden)
    ended = tiny.run("build", "all:*")
    assert ended.code == 1
    for name in hidden:
        assert f"{name}@trixie-amd64 makes the account {name} with the id" in ended.said
        assert f"add `accounts: [{name}]` to {name}/layer.yaml" in ended.said
    assert "left@trixie-amd64 and right@trixie-amd64 disagree" in ended.said
    assert "left and right have the same id" in ended.said
    for name, text in hidden.items():
        tiny.layer(name, f"description: {name}\non: [tools]\naccounts: [{name}]\n{text}")
    late = tiny.run("build", "all:*")
    assert late.code == 2
    assert "left@trixie-amd64 makes the account left, which has no id in the lock" in late.said
    tiny.done("lock")
    tiny.build("all:*")
    made = mergers.files(facts(tiny, "system", "tools", *hidden))
    assert len({ids(made, "etc/passwd")[name] for name in hidden}) == 2
