"""Every value arrives in the service as it was written, whatever its characters."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest

from tests.kind.conftest import Launcher

pytestmark = pytest.mark.kind
# What shells, YAML, JSON, Helm and Kubernetes treat as their own, and a few of all others.
PIECES = [
    *"aZ09 '\"\\\n\t\r#:-}[],&*!|>%@`$/=~?_.<;()^é€😀\u2028\u00a0\x07\x7f\ufeff",
    *("$HOME", "${HOME}", "$$(HOME)", "$(", "%HOME%", "`id`", "\\n", "EOF\n", "null", "0x10"),
    *("!!str", "&a", "---\n", "-n", "}}", "#!", "\n\n", " \n"),
]
SIMPLE = [
    "",
    " ",
    "~",
    "yes",
    "1e3",
    "007",
    "2026-11-27",
    "null",
    "true",
    "\n",
    "$(",
    "$$",
    "'",
    '"',
]
KEPT_ELSEWHERE = {
    "AWS_ACCESS_KEY_ID": ("s3", "accessKeyId"),
    "AWS_SECRET_ACCESS_KEY": ("s3", "secretAccessKey"),
    "AWS_SESSION_TOKEN": ("s3", "sessionToken"),
    "GIT_USER_MAIL": ("git", "email"),
    "GIT_USER_NAME": ("git", "name"),
    "PASSWORD": ("security", "password"),
    "VAULT_MOUNT": ("vault", "mount"),
    "VAULT_TOKEN": ("vault", "token"),
    "no_proxy": ("proxy", "noProxy"),
}
"""Variable -> the option that it comes from."""
SWITCHES = ("s3", "vault", "proxy")


def texts(seed: int) -> Iterator[str]:
    """Yield values without end: simple ones, and pieces that were put together at random."""
    yield from SIMPLE
    chance = random.Random(seed)  # noqa: S311  no secret is made of it
    while True:
        text = "".join(chance.choices(PIECES, k=chance.randrange(1, 14)))
        # Such a value is a template, or another variable's.
        if "{{" not in text and "$(HOME)" not in text:
            yield text


def test_every_value_arrives_as_it_was_written(launch: Launcher) -> None:
    source = texts(seed=11)
    own = {f"OWN_{number}": next(source) for number in range(200)}
    others = texts(seed=12)
    written = {name: next(text for text in others if text.strip()) for name in KEPT_ELSEWHERE}
    values: dict[str, dict[str, object]] = {name: {"enabled": True} for name in SWITCHES}
    for variable, (section, option) in KEPT_ELSEWHERE.items():
        values.setdefault(section, {})[option] = written[variable]
    variables = [{"name": name, "value": value} for name, value in own.items()]
    release = launch("jupyter-python", "values", {**values, "extraEnvVars": variables})
    release.started()
    said = base64.b64decode(release.run("env -0 | base64 --wrap=0"))
    arrived = dict(line.split("=", 1) for line in said.decode().split("\0") if line)
    for name, value in {**own, **written}.items():
        assert arrived.get(name) == value, f"{name} was written as {value!r}"
