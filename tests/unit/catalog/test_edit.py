"""An entry added to a person's YAML: everything else stays as it is, byte for byte."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from builder.catalog.edit import EditError, with_entry, with_item

ENTRY = {"layers": ["l"]}
LINE = "n: {layers: [l]}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("images:\n  a: {x: 1}  # of a\n", f"images:\n  a: {{x: 1}}  # of a\n  {LINE}\n"),
        ("images:\n    a: 1\n# end", f"images:\n    a: 1\n    {LINE}\n# end"),
        ("images:\n  a: 1", f"images:\n  a: 1\n  {LINE}\n"),
        ("images:\n  a:\n  # why\nb: 1\n", f"images:\n  a:\n  {LINE}\n  # why\nb: 1\n"),
        ("images:\n  a:\n    - x\n\nb: 1\n", f"images:\n  a:\n    - x\n  {LINE}\n\nb: 1\n"),
        ("images:\n  a: |\n    # text\nb: 1\n", f"images:\n  a: |\n    # text\n  {LINE}\nb: 1\n"),
        ('images:\n  "{a}": {x: 1,\n    y: 2}\n', f'images:\n  "{{a}}": {{x: 1,\n    y: 2}}\n  {LINE}\n'),
        ("images:\r\n  a: 1\r\nb: 2\r\n", f"images:\r\n  a: 1\r\n  {LINE}\r\nb: 2\r\n"),
        ("images: {}\n", f"images: {{{LINE}}}\n"),
        ("images: {a: 1}  # all\n", f"images: {{a: 1, {LINE}}}  # all\n"),
        ("images: {a: 1,}\n", f"images: {{a: 1, {LINE},}}\n"),
    ],
)  # fmt: skip
def test_an_entry_is_added_in_the_style_of_the_file(before: str, after: str) -> None:
    assert with_entry(before, "images", "n", ENTRY) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("images:\n  n: 1\n", "already has an entry 'n'"),
        ("pictures: {}\n", "no mapping named 'images'"),
        ("images: [a]\n", "no mapping named 'images'"),
        ("images: {a: &x\n", "not YAML"),
        # The mapping stands for two: to change one would change the other.
        ("images: &all\n  a: 1\nothers: *all\n", "cannot be added to"),
    ],
)
def test_what_cannot_be_added_to_is_refused(text: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        with_entry(text, "images", "n", ENTRY)


@pytest.mark.parametrize(
    ("before", "items", "after"),
    [
        ("a: 1  # one\n", ["en", "nb"], "a: 1  # one\ncharts: {languages: [en, nb]}\n"),
        ("a: 1", ["en", "nb"], "a: 1\ncharts: {languages: [en, nb]}\n"),
        ("charts: {library: x}  # why\n", ["nb", "en"], "charts: {library: x, languages: [nb, en]}  # why\n"),
        ("charts:\n  library: x\nb: 1\n", ["en", "nb"], "charts:\n  library: x\n  languages: [en, nb]\nb: 1\n"),
        ("charts: {languages: [ en ]}\n", ["en", "nb"], "charts: {languages: [ en, nb ]}\n"),
        (
            "charts:\n  languages: [en,  # all\n    fr]\n",
            ["nb", "en", "fr"],
            "charts:\n  languages: [nb, en,  # all\n    fr]\n",
        ),
    ],
)  # fmt: skip
def test_a_list_gets_an_item_at_an_end(before: str, items: list[str], after: str) -> None:
    assert with_item(before, "charts", "languages", "nb", items) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("charts: {languages: en}\n", "another style"),
        ("charts:\n  languages:\n  - en\n", "another style"),
        ("charts: [a]\n", "no mapping named 'charts'"),
        ("charts: {languages: [fr]}\n", "cannot be added to"),
    ],
)
def test_a_list_in_another_style_is_refused(text: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        with_item(text, "charts", "languages", "nb", ["en", "nb"])


names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).filter(lambda name: name != "n")
comments = st.sampled_from(["", "  # why", "   # it: {is} so"])
values = st.sampled_from(
    ["{layers: [a, b]}", "{layers: [ a,b ] , tag: '1'}", "\n    layers: [a]", "\n    layers:\n    - a"]
)  # fmt: skip
separators = st.sampled_from(["", "\n", "  # about what follows\n", "\n\n# loose\n"])
entries = st.tuples(names, values, comments, separators)


@given(
    images=st.lists(entries, min_size=1, max_size=5, unique_by=lambda entry: entry[0]),
    head=st.sampled_from(["", "# the catalog\n", "name: x  # short\n\n"]),
    tail=st.sampled_from(["", "\n# rules\nexclude: []\n", "require:\n- {because: no}  # so\n"]),
)
def test_only_the_added_line_changes(
    images: list[tuple[str, str, str, str]], head: str, tail: str
) -> None:
    body = "".join(
        f"{before}  {name}: {value}{comment}\n" for name, value, comment, before in images
    )
    text = f"{head}images:\n{body}{tail}"
    edited = with_entry(text, "images", "n", ENTRY)
    lines = difflib.ndiff(text.splitlines(), edited.splitlines())
    assert [line for line in lines if line[0] in "+-"] == [f"+   {LINE}"]
    assert YAML(typ="safe").load(edited)["images"].pop("n") == ENTRY
