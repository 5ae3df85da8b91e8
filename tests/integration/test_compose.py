"""Cells built apart from real packages, put together: the seal's guarantees, and the same
filesystem as one flat build."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from builder.cells import compose, filesystem, seal
from builder.cells.delta import normalise
from builder.debian.model import Facts
from builder.errors import ConflictError
from builder.oci.model import Descriptor
from builder.oci.store import Store
from tests.gates import AGAIN
from tests.integration.cells import CONFIG, Yard
from tests.releases import RELEASES

pytestmark = [pytest.mark.docker]

INSTALL = "apt-get -qq update; apt-get -qq install --no-install-recommends"
# Alternatives with slaves, shells, libraries, triggers, and one package in both: libpipeline1,
# which only one of them asks for.
LEFT = f"{INSTALL} nano zsh libgomp1 man-db"
RIGHT = (
    f"{INSTALL} vim-tiny libpipeline1 sudo fonts-dejavu-core fontconfig-config; install -D"
    " /dev/null /opt/tool/bin/tool"
)
ASK = """
echo == triggers; dpkg --configure --pending
echo == audit
dpkg --audit
apt-get -qq check
echo == packages; dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n'
echo == before; ldconfig -p
cp /etc/ld.so.cache /before; ldconfig; cmp /before /etc/ld.so.cache && echo == the same cache
echo == alternatives; update-alternatives --get-selections
for link in $(find /etc/alternatives -type l); do test -e "$link" || echo == dangling "$link"; done
echo == accounts; pwck -qr || true; grpck -r || true
echo == login; env -i bash -lc 'echo "$PATH $LANG $TOOL"'
echo == automatic; apt-mark showauto
"""


@dataclass(frozen=True, kw_only=True)
class Built:
    """Two cells that do not know each other, on one Debian release."""

    yard: Yard
    debian: Facts
    left: Facts
    right: Facts

    @property
    def layers(self) -> list[Facts]:
        return [self.debian, self.left, self.right]

    def image(self) -> Descriptor:
        return compose.compose(self.yard.store, self.layers, CONFIG)


@pytest.fixture(scope="module", params=RELEASES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    scratch = tmp_path_factory.mktemp("compose")
    yard = Yard(store=Store.open(scratch / "store"), scratch=scratch)
    debian = yard.bootstrap(request.param)
    yield Built(
        yard=yard,
        debian=debian,
        left=yard.build("left", LEFT, [debian]),
        right=yard.build("right", RIGHT, [debian]),
    )
    shutil.rmtree(scratch)  # a gigabyte that nobody will look at


@pytest.fixture(scope="module")
def answers(built: Built) -> dict[str, list[str]]:
    """What a container of the composed image says, by the heading before it."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in built.yard.ask(ASK, built.image()).splitlines():
        if line.startswith("== "):
            heading = line.removeprefix("== ")
        found.setdefault(heading, []).append(line)
    return found


class TestSeal:
    def test_dpkg_and_apt_have_nothing_to_say(self, answers: dict[str, list[str]]) -> None:
        assert answers["audit"][1:] == []

    def test_no_trigger_is_left_to_whoever_installs_the_first_package(
        self, answers: dict[str, list[str]]
    ) -> None:
        assert answers["triggers"][1:] == []

    def test_every_package_of_every_delta_is_listed(
        self, built: Built, answers: dict[str, list[str]]
    ) -> None:
        listed = dict(line.rsplit(" ", 1) for line in answers["packages"][1:])
        assert set(listed.values()) == {"installed"}
        expected = set[str]()
        for facts in built.layers:
            expected |= {f"{name} {version}" for name, version in facts.packages["deb"].items()}
        assert listed.keys() == expected
        assert (
            "libpipeline1" in built.left.packages["deb"].keys() & built.right.packages["deb"].keys()
        ), "one package is in both"

    def test_ldconfig_knows_every_library_and_has_nothing_to_add(
        self, built: Built, answers: dict[str, list[str]]
    ) -> None:
        assert "the same cache" in answers, "ldconfig wrote another cache than the seal"
        listed = "\n".join(answers["before"])
        for facts in built.layers:
            for library in facts.libraries:
                if (
                    library.path.startswith("usr/lib/x86_64-linux-gnu/")
                    and library.path.count("/") == 3
                    and library.soname
                ):
                    assert f"\t{library.soname} (" in listed, f"{library.path} of {facts.cell}"

    def test_alternatives_are_chosen_among_both(self, answers: dict[str, list[str]]) -> None:
        chosen = {line.split()[0]: line.split()[2] for line in answers["alternatives"][1:]}
        assert chosen["editor"] == "/bin/nano"
        assert chosen["vi"] == "/usr/bin/vim.tiny"
        assert not [heading for heading in answers if heading.startswith("dangling")]

    def test_accounts_are_whole(self, answers: dict[str, list[str]]) -> None:
        assert [
            line
            for line in answers["accounts"][1:]
            if "directory" not in line and "no changes" not in line
        ] == []

    def test_a_login_shell_has_the_image_s_environment(self, answers: dict[str, list[str]]) -> None:
        path = "/opt/tool/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        assert answers["login"][1].startswith(path)
        assert answers["login"][1].endswith(" C.UTF-8 it's set")

    def test_what_was_asked_for_is_not_automatic(self, answers: dict[str, list[str]]) -> None:
        automatic = set(answers["automatic"][1:])
        assert not automatic & {"nano", "zsh", "vim-tiny", "libgomp1"}
        assert "libpipeline1" not in automatic, "one layer asked for it, the other did not"
        assert "groff-base" in automatic

    @AGAIN
    def test_a_flat_build_is_the_same_filesystem(self, built: Built) -> None:
        added = built.yard.layers("flat", f"{LEFT}\n{RIGHT}", [built.debian])
        flat = filesystem.of_layers([built.yard.scratch / "root.tar", *added], built_since=2**40)
        composed = filesystem.of_cells(built.layers)
        assert [str(found) for found in filesystem.differences(flat, composed)] == []

    def test_order_changes_neither_tree_nor_seal(self, built: Built) -> None:
        turned = [built.debian, built.right, built.left]
        assert seal.tree(turned, CONFIG) == seal.tree(built.layers, CONFIG)

    @pytest.mark.whole("layers are built twice")
    def test_a_cell_built_again_is_the_same_bytes(self, built: Built) -> None:
        again = built.yard.build("right", RIGHT, [built.debian], cache=False)
        assert [
            str(found)
            for found in filesystem.differences(
                filesystem.of_cells([built.right]), filesystem.of_cells([again])
            )
        ] == []
        assert again == built.right

    def test_a_cell_on_both_sees_both_and_adds_only_its_own(self, built: Built) -> None:
        glue = built.yard.build(
            "glue", "dpkg -s nano vim-tiny >/opt/seen; ldconfig; apt-get -qq check", built.layers
        )
        assert sorted(glue.entries) == ["opt", "opt/seen"]
        assert not glue.bookkeeping

    @pytest.mark.parametrize(
        ("script", "message"),
        [
            (
                "rm /usr/bin/nano",
                "/usr/bin/nano: bad deletes a path of left, of Debian package nano",
            ),
            ("rm -r /usr/share/doc/nano", "/usr/share/doc/nano: bad deletes a path of left"),
            (
                "echo >> /etc/nanorc",
                "/etc/nanorc: bad replaces (different bytes) a path of left, of Debian package nano",
            ),
            (
                "chmod 700 /usr/bin/vim.tiny",
                (
                    "/usr/bin/vim.tiny: bad replaces (mode and owner 0700 0:0 instead of 0755 0:0)"
                    " a path of right"
                ),
            ),
            ("dpkg --purge --force-all nano", "nano:amd64 is removed"),
        ],
        ids=["deletes", "deletes-tree", "replaces", "mode", "removes-package"],
    )
    def test_a_layer_that_does_not_only_add_is_refused(
        self, built: Built, script: str, message: str
    ) -> None:
        layers = built.yard.layers("bad", script, built.layers)
        with pytest.raises(ConflictError) as caught:
            normalise(
                layers,
                cell="bad",
                key="bad",
                ancestors=built.layers,
                store=built.yard.store,
                built_since=2**40,
            )
        assert message in caught.value.message
