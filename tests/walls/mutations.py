"""What is done to sound input: documents lose, repeat and rename keys, change types and get odd
values; texts lose, repeat and change bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

RAW = "RAWVALUE"
"""Stands in a document for what no value of Python is written as."""
WORDS = (
    "",
    " ",
    ".",
    "..",
    "../outside",
    "../../outside",
    "/",
    "/etc/passwd",
    "~",
    "~nobody-knows/x",
    "a/b",
    "a//b/",
    "x" * 300,
    "x/" * 3000,
    "-",
    "--",
    "-o",
    "--help",
    "--all",
    "-C",
    "@file",
    "a=b",
    "=",
    ":",
    "a:b:c",
    "@sha256:" + "0" * 64,
    "*",
    "**",
    "?",
    "[",
    "[!",
    "[]-a]",
    "{",
    "{}",
    "{0}",
    "{a",
    "{python",
    "{python.x}",
    "{python!r}",
    "{python:>9999999999}",
    "{{",
    "{{ 1 / 0 }}",
    "{{ x }}",
    "{{ python.x.y }}",
    "{{ python + 1 }}",
    "{{ python | int('a') }}",
    "{{ 'a' * 99999999999 }}",
    "{{ [1] | join(2) | sort(attribute=3) }}",
    "{{ self }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in range(9999999) %}{{ a }}{% endfor %}",
    "{% include 'x' %}",
    '{{ include "library.path" . }}',
    '{{ include "nothing" . }}',
    '{{ fail "x" }}',
    "{{ index .Values.a 3 }}",
    "{{ div 1 0 }}",
    "{{ .Values.nothing.at.all }}",
    "{{ if }}",
    "{{/* ",
    "{{ end }}",
    "\0",
    "a\0b",
    "\r\n",
    "a\nb",
    "\n",
    "\t",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
    "é",
    "\U0001f40d",
    "\u0130",
    "ﬀ",
    "٣",
    "²",
    "1e5",
    "3.10",
    "0x1F",
    "1_000",
    "9" * 5000,
    "-1",
    "0",
    "null",
    "true",
    "on",
    "NaN",
    "2026-01-31",
    "2026-01-31T12:00:00Z",
    "12:30:45",
    "http://[",
    "https://a:b@127.0.0.1:99999/x",
    "file:///nowhere",
    "git+https://127.0.0.1:1/x",
    "oci://127.0.0.1:1/x@sha256:0",
    "sha256:../../x",
    "numpy>=2; python_version<'3'",
    "numpy[",
    "numpy==1.*.*",
    "a @ file:///x",
    "name;rm -rf x",
    "$(id)",
    "`id`",
    "${HOME}",
    "%(a)s",
    "%s",
    "debian",
    "python",
    "base",
    "jupyter",
    "jupyter-python",
    "__proto__",
    "__class__",
    "layers",
)
"""Words that mean something to a shell, a path, an option, a template, a glob, a URL or YAML."""
RAWS = (
    "&a [*a]",
    "*nothing",
    "&a {<<: *a}",
    "{<<: 3}",
    "{<<: [{a: 1}, 2]}",
    "{1: 2, [3]: 4}",
    "{? {a: b} : c}",
    "!!python/object/apply:os.getcwd []",
    "!!binary aGk=",
    "!!set {a}",
    "!!omap [a: 1]",
    "!!float x",
    "!!int x",
    "!!timestamp 2026-13-99",
    "!x y",
    "2026-13-99",
    "2026-01-31",
    "0o17",
    "017",
    "0b",
    "1:60:60",
    ".nan",
    "-.inf",
    "1e999",
    "NaN",
    "-Infinity",
    "1e400",
    "9" * 5000,
    "0x" + "f" * 5000,
    "=",
    "<<",
    "yes",
    "~",
    '"\\ud800"',
    '"\\uD83D\\uDE00"',
    '"\\x00"',
    '"\\u0000"',
    '"\\U0001F40D"',
    "[" * 60 + "]" * 60,
    "[" * 100_000,
    "[" * 30_000 + "]" * 30_000,
    '{"a":' * 30_000 + "1" + "}" * 30_000,
    "{a: " * 300 + "1" + "}" * 300,
    "- - - -",
    "|\n  x\n",
    "'",
    '"',
    "}",
    "]",
    "\n---\n",
    "\n...\n",
    "%YAML 9.9",
    "\t- a",
    "# x",
    "",
)
"""How such values are written in YAML or JSON, or in neither."""
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**63,
    2**64,
    10**400,
    -(10**20),
    0.5,
    1e300,
    float("nan"),
    float("inf"),
    -0.0,
    [],
    {},
    [[]],
    [{}],
    [None],
    [""],
    {"": ""},
    {"a": {"a": {"a": {"a": {}}}}},
    {"a": None},
    {"x" * 200: 1},
    ["a"] * 200,
    [1, "1", 1.0, True, None],
)
"""Values of every type."""
Place = tuple[Any, Any]
"""A list or mapping, and a key or an index of it."""


def odd(random: Random) -> Any:
    """Return a value that is seldom right."""
    match random.randrange(10):
        case 0 | 1 | 2 | 3:
            return random.choice(WORDS)
        case 4 | 5:
            return RAW
        case _:
            value = random.choice(VALUES)
            return json.loads(json.dumps(value))


def places(document: object) -> Iterator[Place]:
    """Yield every place of a document that holds a value."""
    todo = [document]
    while todo:
        around: Any = todo.pop()
        keys: list[Any] = []
        if isinstance(around, dict):
            keys = list(around)
        elif isinstance(around, list):
            keys = list(range(len(around)))
        for key in keys:
            yield around, key
            todo.append(around[key])


def change(document: Any, random: Random) -> Any:
    """Change a document in one place; return it."""
    every = list(places(document))
    if not every or random.random() < 0.01:
        return odd(random)
    around, key = random.choice(every)
    value = around[key]
    match random.randrange(11):
        case 0:
            del around[key]
        case 1 | 2 | 3:
            around[key] = odd(random)
        case 4:
            around[key] = [value] if random.random() < 0.5 else {str(odd(random)): value}
        case 5 if isinstance(around, dict):
            around[str(random.choice(WORDS))] = around.pop(key)
        case 6 if isinstance(around, list):
            around.insert(random.randrange(len(around) + 1), value)
        case 6:
            around[str(random.choice(WORDS))] = odd(random)
        case 7:
            other, at = random.choice(every)
            around[key], other[at] = other[at], value
        case 8 if isinstance(value, str):
            cut = random.randrange(len(value) + 1)
            around[key] = value[:cut] + str(random.choice(WORDS)) + value[cut:]
        case 9 if isinstance(value, str):
            around[key] = twisted(value, random)
        case _:
            other, at = random.choice(every)
            around[key] = json.loads(json.dumps(other[at], default=str))
    return document


def twisted(text: str, random: Random) -> str:
    """Return a text with a character gone, doubled, replaced or of the other case."""
    if not text:
        return random.choice(WORDS)
    at = random.randrange(len(text))
    new = random.choice(
        ("", text[at] * 2, random.choice("-._/:@{}[]*\0\n ,=A9é"), text[at].swapcase())
    )
    return text[:at] + new + text[at + 1 :]


def structured(data: bytes, random: Random, *, is_json: bool) -> bytes:
    """Return a YAML or JSON document with one to three changes."""
    try:
        document = json.loads(data) if is_json else yaml.safe_load(data)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            document = change(document, random)
        text = json.dumps(document, indent=1) if is_json else written(document)
    except (ValueError, RecursionError, yaml.YAMLError):
        # Too odd to be written: what is left of a document that cannot be one.
        return mangled(data, random)
    while RAW in text:
        quoted = f'"{RAW}"' if f'"{RAW}"' in text else RAW
        text = text.replace(quoted, random.choice(RAWS), 1)
    return text.encode("utf-8", "surrogatepass")


def written(document: object) -> str:
    """Return a document as YAML."""
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000))


def mangled(data: bytes, random: Random) -> bytes:
    """Return bytes with one to four changes."""
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((0, 1, 1, 2, 8, 40)))
        piece = random.choice(
            (
                b"",
                b"",
                random.randbytes(1),
                random.randbytes(4),
                random.choice(WORDS).encode("utf-8", "surrogatepass"),
                random.choice(RAWS).encode(),
                data[at:end] * 2,
            )
        )
        data = data[:at] + piece + data[end:]
    if random.random() < 0.05:
        data = random.choice(
            (
                b"",
                b"\xff\xfe" + data,
                b"\xef\xbb\xbf" + data,
                data.decode("utf-8", "replace").encode("utf-16"),
                data[: len(data) // 2],
                b"\0" * 100,
                b"\n",
            )
        )
    return data


def swapped(data: bytes, random: Random) -> bytes:
    """Return a text with lines gone, doubled, moved or shifted."""
    lines = data.splitlines(keepends=True) or [b""]
    at = random.randrange(len(lines))
    line = lines.pop(at)
    changes: tuple[list[bytes], ...] = (
        [],
        [line, line],
        [b"  " + line],
        [line.lstrip()],
        [line.rstrip(b"\n")],
        [b"&a " + line, b"x: *a\n"],
    )
    if random.random() < 0.3:
        lines.insert(random.randrange(len(lines) + 1), line)
    else:
        lines[at:at] = random.choice(changes)
    return b"".join(lines)


def another(data: bytes, random: Random, *, is_json: bool, is_document: bool) -> bytes:
    """Return a file's content with something done to it."""
    chance = random.random()
    if is_document and chance < 0.75:
        return structured(data, random, is_json=is_json)
    return swapped(data, random) if chance > 0.9 else mangled(data, random)
