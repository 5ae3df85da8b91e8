"""What scripts and files of sysusers.d make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.scripts import Made, made_by_shell, made_by_sysusers, with_ids


def names(script: str) -> list[str]:
    return [str(made) for made in sorted(made_by_shell(script))]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("adduser --system --group redis", ["redis"]),
        ("adduser --system --home /var/lib/x --shell=/bin/sh --gecos 'A; b' one", ["one"]),
        ("adduser \\\n  --system \\\n  --no-create-home one >/dev/null 2>&1", ["one"]),
        ("addgroup --system --quiet 2>/dev/null one || true", ["one"]),
        ("getent group a >/dev/null || /usr/sbin/addgroup --system a; true", ["a"]),
        ("if ! addgroup --sys one; then exit 1; fi", ["one"]),
        ("in_sysroot adduser --system one", ["one"]),
        ("useradd -r -g daemon -d /x one && groupadd --system two", ["one", "two"]),
        ("useradd -rMs /bin/sh one", ["one"]),
        ("useradd --system --gid users -- one", ["one"]),
        ("(cd / && adduser --system one)", ["one"]),
        ("USER=one\nadduser --system $USER", ["one"]),
        ("USER='one'; GROUP=${USER}s\naddgroup --system \"$GROUP\"", ["ones"]),
        ("OPTIONS='--system --quiet'\nadduser $OPTIONS one", ["one"]),
        ("adduser --system ${NAME:-one}", ["one"]),
        (": ${NAME:=one}\nadduser --system $NAME", ["one"]),
        ("[ $x ] && U=one || U=two\nadduser --system $U", ["one", "two"]),
        ("for user in one two; do\n  adduser --system $user\ndone", ["one", "two"]),
        ("adduser --system $quiet one", ["one"]),
        ("adduser --force-badname --system Debian-exim", ["Debian-exim"]),
        ("adduser --system one\nadduser one ssl-cert", ["one"]),
    ],
)
def test_an_account_is_found_however_it_is_written(script: str, expected: list[str]) -> None:
    assert names(script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("useradd --system --uid 300 one", ["one=300"]),
        ("useradd -u300 one", ["one=300"]),
        ("groupadd -g 300 -r one || groupadd -r one", ["one", "one=300"]),
        ("adduser --system --uid=300 one", ["one=300"]),
        ("addgroup --gid 300 one", ["one=300"]),
        # The id of its group is not its own.
        ("useradd --system -g 300 one", ["one"]),
    ],
)
def test_an_id_that_the_script_gives_is_kept(script: str, expected: list[str]) -> None:
    assert names(script) == expected


@pytest.mark.parametrize(
    "script",
    [
        "# adduser --system one",
        "adduser one group",
        "adduser --gecos x person",
        "useradd --uid 1000 --create-home person",
        "useradd person",
        "command -v adduser >/dev/null",
        "if [ -x /usr/sbin/adduser ]; then true; fi",
        "deluser --system one",
        "adduser --system --group proxy",
        "groupadd --system --gid 42 shadow",
        "adduser --system $UNKNOWN",
        "adduser --system $(cat /etc/name)",
        "adduser --system '9 lives'",
        "adduser --system",
    ],
)
def test_what_makes_no_system_account_or_hides_its_name_gives_none(script: str) -> None:
    assert names(script) == []


def test_variables_that_hold_each_other_end() -> None:
    assert names('A="$B"\nB="$A"\nadduser --system $A') == []


@given(st.text(alphabet="adduser -u$={}\"'\\;&|<>()`#\n:rg systemA1", max_size=200))
def test_any_text_is_read(text: str) -> None:
    for made in made_by_shell(f"adduser --system {text}"):
        assert made.name


SYSUSERS = """\
# A comment
u    one   -           "A user"     /var/lib/one
u!   two   -:one       "Of a group"
u    three 300
g    four  -
g    five
u    six   /usr/bin/six
m    one   seven
u    root  0
u    %b    -
r    -     500-900
"""


def test_files_of_sysusers_name_accounts_too() -> None:
    assert [str(made) for made in sorted(made_by_sysusers(SYSUSERS))] == [
        "five",
        "four",
        "one",
        "seven",
        "six",
        "three=300",
        "two",
    ]


def test_open_ids_are_filled_in() -> None:
    ids = {"one": 201, "two": 202, "three": 203, "four": 204, "five": 205}
    lines = with_ids(SYSUSERS, ids).splitlines()
    assert lines[1:6] == [
        'u one 201 "A user"     /var/lib/one',
        'u! two 202:one "Of a group"',
        "u    three 300",
        "g four 204",
        "g five 205",
    ]
    before, after = SYSUSERS.splitlines(), lines
    assert after[6:] == before[6:]


def test_what_is_filled_in_makes_the_same_accounts() -> None:
    open_names = {made.name for made in made_by_sysusers(SYSUSERS) if not made.id}
    ids = {name: 200 + place for place, name in enumerate(sorted(open_names))}
    filled = {made.name for made in made_by_sysusers(with_ids(SYSUSERS, ids))}
    assert filled == {made.name for made in made_by_sysusers(SYSUSERS)}
    assert Made("one", ids["one"]) in made_by_sysusers(with_ids(SYSUSERS, ids))
