"""Which system accounts a script makes, read from its text.

Maintainer scripts are shell, and are not run for this. What is recognized is what such scripts
contain in practice: commands with literal names, and with variables that the same script assigns. A
name too many only costs an unused id. A name that a script computes at run time is not seen, but
can be declared (`accounts` in layer.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# Debian's adduser allows lower case; some of Debian's packages use more (Debian-exim, _apt).
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?")
LEAST_ID, MOST_ID = 100, 999
"""The ids of system accounts that packages make (Debian Policy 9.2.2)."""
# base-passwd adds these to every root, with ids of Debian's own.
_STATIC = (
    "_apt adm audio backup bin cdrom daemon dialout dip disk fax floppy games irc kmem list lp mail"
    " man news nobody nogroup operator plugdev proxy root sasl shadow src staff sudo sync sys tape"
    " tty users utmp uucp video voice www-data"
)
STATIC = frozenset(_STATIC.split())

COMMAND = re.compile(r"(?<![\w./$-])(?:/usr)?(?:/s?bin/)?(adduser|addgroup|useradd|groupadd)(?=\s)")
ASSIGNMENT = re.compile(
    r"""(?:^|[\s;({])(?P<name>[A-Za-z_]\w*)=(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s;&|)]*)""",
    re.MULTILINE,
)
LOOP = re.compile(r"\bfor\s+(?P<name>[A-Za-z_]\w*)\s+in\s+(?P<values>[^;\n]*)")
VARIABLE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<braced>[A-Za-z_]\w*)(?::?[-=](?P<default>[^{}$]*))?\})"
)
WORD = re.compile(r"""(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s;&|<>()`"'\\])+""", re.DOTALL)
# `2>/dev/null`, `>&2`: a command may continue after it.
REDIRECTION = re.compile(r"\d*(?:>>?|<)&?\s*[^\s;&|<>()]*")
SPACE = re.compile(r"[ \t]+")
# Options that take a value: short ones, long ones. A long option may be abbreviated.
WITH_VALUE = {
    "adduser": (
        "",
        (
            "home shell ingroup gid uid firstuid lastuid firstgid lastgid gecos comment conf"
            " stdoutmsglevel stderrmsglevel logmsglevel"
        ),
    ),
    "useradd": (
        "bcdefgGkKpRPsuZ",
        (
            "base-dir comment home-dir home expiredate inactive gid groups skel key password root"
            " prefix shell uid selinux-user"
        ),
    ),
    "groupadd": ("gKpRPU", "gid key password root prefix users"),
}
WITH_VALUE["addgroup"] = WITH_VALUE["adduser"]
MANY = 32
"""How many values of one word are considered."""
DEEP = 5
"""How deeply variables in variables are expanded."""


@dataclass(frozen=True, slots=True, order=True)
class Made:
    """A system account that a script makes: a user, a group, or both."""

    name: str
    id: int = 0
    """The id that the script itself gives; 0 if it gives none."""

    def __str__(self) -> str:
        """`name`, or `name=id`."""
        return f"{self.name}={self.id}" if self.id else self.name


def made_by_shell(text: str) -> frozenset[Made]:
    """Return what a shell script makes with adduser, addgroup, useradd and groupadd."""
    lines = text.replace("\\\n", " ").splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    variables = _variables(code)
    made: set[Made] = set()
    for command in COMMAND.finditer(code):
        words = list(_words(code, command.end(), variables))
        made.update(_made(command[1], words))
    return frozenset(made)


def made_by_sysusers(text: str) -> frozenset[Made]:
    """Return what a file of sysusers.d(5) makes."""
    made: set[Made] = set()
    for line in text.splitlines():
        kind, *fields = line.split()[:3] or [""]
        match kind.rstrip("!"), fields:
            case "u" | "g", [name]:
                made.update(_accounts(name, []))
            case "u" | "g", [name, number]:
                own = number.partition(":")[0]
                made.update(_accounts(name, [own] if own.isdecimal() else []))
            case "m", [user, group]:
                made.update([*_accounts(user, []), *_accounts(group, [])])
            case _:
                pass
    return frozenset(made)


def with_ids(text: str, ids: Mapping[str, int]) -> str:
    """Return a file of sysusers.d(5) with ids for the accounts that it gives none."""
    return "\n".join(_with_id(line, ids) for line in text.splitlines()) + "\n"


def _with_id(line: str, ids: Mapping[str, int]) -> str:
    fields = line.split(None, 3)
    if len(fields) < 2 or fields[0].rstrip("!") not in {"u", "g"} or fields[1] not in ids:
        return line
    number = fields[2] if len(fields) > 2 else "-"
    own, colon, group = number.partition(":")
    if own != "-":
        return line
    return " ".join([*fields[:2], f"{ids[fields[1]]}{colon}{group}", *fields[3:]])


def _variables(code: str) -> Mapping[str, Sequence[str]]:
    """Return the values that a script assigns to each variable, as they are written."""
    values: dict[str, list[str]] = {}
    for assignment in ASSIGNMENT.finditer(code):
        values.setdefault(assignment["name"], []).append(assignment["value"].strip("\"'"))
    for loop in LOOP.finditer(code):
        values.setdefault(loop["name"], []).extend(loop["values"].split())
    for default in VARIABLE.finditer(code):
        if default["default"] is not None:
            values.setdefault(default["braced"], []).append(default["default"].strip("\"'"))
    return values


def _words(code: str, start: int, variables: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the words of a command from its program on, up to its end: each by its possible
    values, or none if they are not known.
    """
    while True:
        if space := SPACE.match(code, start):
            start = space.end()
        if redirection := REDIRECTION.match(code, start):
            start = redirection.end()
            continue
        word = WORD.match(code, start)
        if word is None or word[0].startswith("#"):
            return
        start = word.end()
        yield from _values(word[0], variables)


def _values(word: str, variables: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the possible values of a word. The value of a variable without quotes may be several
    words.
    """
    values = _expanded(re.sub(r"""["']""", "", word), variables, DEEP)
    if VARIABLE.fullmatch(word):
        split = [value.split() for value in values]
        longest = max((len(words) for words in split), default=0)
        for place in range(longest):
            yield [words[place] for words in split if place < len(words)]
    else:
        yield values


def _expanded(text: str, variables: Mapping[str, Sequence[str]], deep: int) -> list[str]:
    """Return a text with each value of its variables; none if one is not known."""
    variable = VARIABLE.search(text)
    if variable is None:
        return [] if "$" in text.rstrip("$") or "`" in text else [text]
    if not deep:
        return []
    expanded: list[str] = []
    for value in variables.get(variable["plain"] or variable["braced"], ()):
        whole = text[: variable.start()] + value + text[variable.end() :]
        expanded += _expanded(whole, variables, deep - 1)
    return sorted(set(expanded))[:MANY]


def _made(program: str, words: Iterable[list[str]]) -> Iterator[Made]:
    """Yield what one command makes."""
    call = _Call(program)
    for values in words:
        call.take(values)
    ids = [value for value in call.ids if value.isdecimal()]
    if not call.system and not ids:
        return
    # `adduser USER GROUP` makes neither, and has no `--system`.
    operands = call.operands[:1] if program.startswith("add") else call.operands[-1:]
    for names in operands:
        for name in names:
            yield from _accounts(name, ids)


def _accounts(name: str, ids: Sequence[str]) -> Iterator[Made]:
    """Yield an account with each id that it may have; without ids, with id 0, for any."""
    if name in STATIC or not NAME.fullmatch(name):
        return
    if not ids:
        yield Made(name)
    for number in map(int, ids):
        if LEAST_ID <= number <= MOST_ID:
            yield Made(name, number)


class _Call:
    """The arguments of one command, as its program takes them."""

    def __init__(self, program: str) -> None:
        self.system = False
        self.operands: list[list[str]] = []
        self.ids: list[str] = []
        short, long = WITH_VALUE[program]
        self._short, self._long = short, long.split()
        # The option that gives the account's own id.
        self._own = "gid" if program.endswith("group") or program.startswith("group") else "uid"
        self._awaits = ""

    def take(self, values: list[str]) -> None:
        """Take the next argument, by its possible values."""
        if self._awaits:
            self._value(values)
        elif values and all(value.startswith("--") for value in values):
            self._long_option(values[0][2:])
        elif values and all(value.startswith("-") for value in values):
            self._short_options(values[0][1:])
        elif values:
            self.operands.append(values)

    def _value(self, values: list[str]) -> None:
        if self._awaits == self._own:
            self.ids += values
        self._awaits = ""

    def _long_option(self, text: str) -> None:
        name, equals, value = text.partition("=")
        if len(name) > 2 and "system".startswith(name):
            self.system = True
        self._awaits = next((one for one in self._long if name and one.startswith(name)), "")
        if equals:
            self._value([value])

    def _short_options(self, text: str) -> None:
        if not self._short:
            return
        for place, letter in enumerate(text):
            if letter in self._short:
                self._awaits = {"u": "uid", "g": "gid"}.get(letter, letter)
                if text[place + 1 :]:
                    self._value([text[place + 1 :]])
                return
            self.system = self.system or letter == "r"
