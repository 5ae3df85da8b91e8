"""What gives accounts their ids while a cell is built."""

from __future__ import annotations

from builder.render.accounts import accounts

IDS = {"redis": 300, "data": 301}


def test_nothing_stands_in_front_of_a_program_that_is_not_there() -> None:
    """Scripts ask for programs by name, and go another way where there is none."""
    programs = [path for path in accounts(IDS, {"passwd"}, {}) if path.startswith("bin/")]
    assert programs == ["bin/groupadd", "bin/useradd"]
    both = accounts(IDS, {"passwd", "adduser"}, {})
    assert {"bin/adduser", "bin/addgroup"} <= both.keys()
    assert all(both[path].mode == 0o755 for path in both if path.startswith("bin/"))


def test_files_of_sysusers_have_the_ids() -> None:
    tree = accounts(IDS, set(), {"redis.conf": "u redis - - -\n"})
    assert tree["sysusers.d/redis.conf"].data == b"u redis 300 - -\n"
    assert tree["ids"].data == b"data:301\nredis:300\n"


def test_without_accounts_there_is_nothing() -> None:
    assert not accounts({}, {"adduser", "passwd"}, {"a.conf": "u a -\n"})
