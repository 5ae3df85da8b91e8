"""Users and groups."""

from __future__ import annotations

import pytest

from builder.debian.accounts import system_ids
from builder.debian.merger import Disagreement
from builder.debian.mergers import merger_of

ROOT = "root:x:0:0:root:/root:/bin/bash\n"


def merge(path: str, *texts: str) -> str:
    merger = merger_of(path)
    assert merger is not None
    return merger.file([merger.diff("", text) for text in texts])


def test_root_comes_first() -> None:
    assert (
        merge("etc/passwd", "a:x:100:1::/:/bin/sh\n" + ROOT, "zed:x:1:1::/:/bin/sh\n").splitlines()[
            0
        ]
        == ROOT.strip()
    )


def test_members_of_a_group_are_united() -> None:
    assert (
        merge("etc/group", "sudo:x:27:one\n", "sudo:x:27:two\n", "sudo:x:27:\n")
        == "sudo:x:27:one,two\n"
    )
    assert merge("etc/gshadow", "sudo:*::one\n", "sudo:*::two\n") == "sudo:*::one,two\n"


@pytest.mark.parametrize("path", ["etc/passwd", "etc/group"])
def test_one_id_for_two_names_asks_to_have_the_lock_decide(path: str) -> None:
    with pytest.raises(Disagreement, match="postgres and redis have the same id 101") as caught:
        merge(path, "redis:x:101:101::/:/bin/sh\n", "postgres:x:101:102::/:/bin/sh\n")
    assert "add the accounts to `accounts`" in caught.value.hint
    assert "`catalog lock`" in caught.value.hint


@pytest.mark.parametrize(("path", "rest"), [("etc/group", ""), ("etc/passwd", "101::/:/bin/sh")])
def test_one_name_with_two_ids_asks_to_have_the_lock_decide(path: str, rest: str) -> None:
    with pytest.raises(Disagreement, match="redis") as caught:
        merge(path, f"redis:x:101:{rest}\n", f"redis:x:102:{rest}\n")
    assert "`catalog lock`" in caught.value.hint


def test_a_user_with_two_shells_is_no_matter_of_ids() -> None:
    with pytest.raises(Disagreement, match="redis") as caught:
        merge("etc/passwd", "redis:x:101:101::/:/bin/sh\n", "redis:x:101:101::/:/bin/bash\n")
    assert not caught.value.hint


def test_system_accounts_are_told_from_people_and_from_what_debian_decides() -> None:
    passwd = ROOT + "redis:x:300:301::/:/bin/sh\nperson:x:1000:100::/:/bin/bash\n"
    group = "root:x:0:\nusers:x:100:\nredis:x:301:\nssl-cert:x:999:redis\n"
    assert system_ids(passwd, group) == {"redis": {300, 301}, "ssl-cert": {999}}


def test_the_day_of_the_build_is_forgotten() -> None:
    assert (
        merge("etc/shadow", "root:*:20413:0:99999:7:::\n", "root:*:19000:0:99999:7:::\n")
        == "root:*:3652:0:99999:7:::\n"
    )


@pytest.mark.parametrize("day", ["", "0"])
def test_a_password_to_be_changed_stays_one(day: str) -> None:
    assert merge("etc/shadow", f"root:*:{day}:0:99999:7:::\n") == f"root:*:{day}:0:99999:7:::\n"


def test_subordinate_ids_must_not_overlap() -> None:
    assert len(merge("etc/subuid", "a:100000:65536\n", "b:165536:65536\n").splitlines()) == 2
    with pytest.raises(Disagreement, match="a and b share subordinate ids from 100001"):
        merge("etc/subuid", "a:100000:65536\n", "b:100001:65536\n")
