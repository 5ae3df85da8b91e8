"""Debian's alternatives."""

from __future__ import annotations

import pytest

from builder.debian import alternatives
from builder.debian.merger import Disagreement
from builder.debian.mergers import merger_of

# As update-alternatives wrote it: a choice without some of the slaves, and one with all of them.
VI = """\
auto
/usr/bin/vi
vi.1.gz
/usr/share/man/man1/vi.1.gz
vi.da.1.gz
/usr/share/man/da/man1/vi.1.gz

/usr/bin/nvi
20
/usr/share/man/man1/nvi.1.gz

/usr/bin/vim.tiny
15
/usr/share/man/man1/vim.1.gz
/usr/share/man/da/man1/vim.1.gz

"""
MERGER = merger_of("var/lib/dpkg/alternatives/vi")


def links(text: str, chosen: str = "", missing: str = "") -> dict[str, str]:
    return dict(alternatives.links("vi", text, chosen, lambda path: path != missing))


def test_a_file_is_written_as_it_was_read() -> None:
    assert alternatives.dump(alternatives.parse(VI)) == VI


def test_choices_of_two_layers_are_united() -> None:
    assert MERGER is not None
    below = VI.replace("/usr/bin/nvi\n20\n/usr/share/man/man1/nvi.1.gz\n\n", "")
    assert MERGER.file([below, MERGER.diff(below, VI)]) == VI
    more = VI.replace("nvi", "elvis").replace("vim.tiny", "vim.basic").replace("\n15\n", "\n30\n")
    assert sorted(alternatives.parse(MERGER.file([VI, more]))) == [
        "choice /usr/bin/elvis",
        "choice /usr/bin/nvi",
        "choice /usr/bin/vim.basic",
        "choice /usr/bin/vim.tiny",
        "link",
        "slave vi.1.gz",
        "slave vi.da.1.gz",
        "status",
    ]


def test_the_highest_priority_is_linked_with_its_slaves_only() -> None:
    assert links(VI) == {
        "etc/alternatives/vi": "/usr/bin/nvi",
        "usr/bin/vi": "/etc/alternatives/vi",
        "etc/alternatives/vi.1.gz": "/usr/share/man/man1/nvi.1.gz",
        "usr/share/man/man1/vi.1.gz": "/etc/alternatives/vi.1.gz",
    }


def test_the_choice_by_hand_is_linked() -> None:
    assert (
        links(VI, "/usr/bin/vim.tiny")["etc/alternatives/vi.da.1.gz"]
        == "/usr/share/man/da/man1/vim.1.gz"
    )


def test_a_slave_whose_file_is_not_there_is_left_out() -> None:
    assert len(links(VI, missing="/usr/share/man/man1/nvi.1.gz")) == 2


def test_one_choice_with_two_priorities_is_a_disagreement() -> None:
    assert MERGER is not None
    with pytest.raises(Disagreement, match="choice /usr/bin/nvi: '20' against '21'"):
        MERGER.merge([VI, VI.replace("\n20\n", "\n21\n")])


# Debian's packages of PostgreSQL install the choice again, with the pages that are there by then.
CLIENT = """\
auto
/usr/share/man/man1/psql.1.gz
pg_dump.1.gz
/usr/share/man/man1/pg_dump.1.gz

/usr/share/postgresql/17/man/man1/psql.1.gz
170
/usr/share/postgresql/17/man/man1/pg_dump.1.gz

"""
SERVER = """\
auto
/usr/share/man/man1/psql.1.gz
pg_ctl.1.gz
/usr/share/man/man1/pg_ctl.1.gz
pg_dump.1.gz
/usr/share/man/man1/pg_dump.1.gz

/usr/share/postgresql/17/man/man1/psql.1.gz
170
/usr/share/postgresql/17/man/man1/pg_ctl.1.gz
/usr/share/postgresql/17/man/man1/pg_dump.1.gz

"""
OTHER = SERVER.replace("pg_ctl", "initdb")


def test_a_choice_has_the_slaves_of_both_layers() -> None:
    assert MERGER is not None
    assert MERGER.file([CLIENT, SERVER]) == MERGER.file([SERVER, CLIENT]) == SERVER
    assert MERGER.file([CLIENT, MERGER.diff(CLIENT, SERVER)]) == SERVER
    both = MERGER.merge([SERVER, OTHER])
    assert both == MERGER.merge([OTHER, SERVER])
    assert MERGER.merge([both, CLIENT]) == MERGER.merge([SERVER, MERGER.merge([OTHER, CLIENT])])
    master = "/usr/share/postgresql/17/man/man1/psql.1.gz"
    made = dict(alternatives.links("psql.1.gz", both, "", lambda _: True))
    assert made["etc/alternatives/psql.1.gz"] == master
    assert {"usr/share/man/man1/initdb.1.gz", "usr/share/man/man1/pg_ctl.1.gz"} <= made.keys()


def test_one_slave_with_two_files_is_a_disagreement() -> None:
    assert MERGER is not None
    elsewhere = CLIENT.replace("17/man/man1/pg_dump", "17/other/pg_dump")
    with pytest.raises(
        Disagreement, match=r"psql\.1\.gz, pg_dump\.1\.gz: '/usr/share/postgresql/17"
    ):
        MERGER.merge([CLIENT, elsewhere])


def test_a_choice_that_a_build_removes_is_refused() -> None:
    assert MERGER is not None
    with pytest.raises(Disagreement, match="choice /usr/bin/nvi is removed"):
        MERGER.diff(VI, VI.replace("/usr/bin/nvi\n20\n/usr/share/man/man1/nvi.1.gz\n\n", ""))


def test_an_alternative_that_a_build_removes_is_refused() -> None:
    assert MERGER is not None
    with pytest.raises(Disagreement, match="it is removed or empty"):
        MERGER.diff(VI, "")


def test_the_links_that_it_may_make() -> None:
    assert alternatives.managed(VI) == {
        "usr/bin/vi",
        "usr/share/man/man1/vi.1.gz",
        "usr/share/man/da/man1/vi.1.gz",
    }
