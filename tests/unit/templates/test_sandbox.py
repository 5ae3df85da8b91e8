"""What a template may do, and what it may not: it is rendered before anything runs in a build."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.templates.sandbox import (
    RenderError,
    Sandbox,
    callable_by_templates,
    check,
    parse,
    render,
)

ENVIRONMENT = Sandbox()


@dataclass(frozen=True)
class Thing:
    """What templates are given."""

    name: str
    place: Path = Path("/etc/hostname")

    def secret(self) -> str:
        return "secret"

    @callable_by_templates
    def known(self) -> str:
        return f"known {self.name}"


VALUES = {
    "thing": Thing("a thing"),
    "names": ["a", "b"],
    "table": {"one": "1"},
    "print": print,
    "large": ["x" * 100_000] * 100,
    "large_too": ["x" * 100_000] * 100,
}


def rendered(template: str) -> str:
    return render(ENVIRONMENT, template, VALUES)


def refused(template: str) -> RenderError:
    with pytest.raises(RenderError) as caught:
        rendered(template)
    return caught.value


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ names | join(', ') | upper }}", "A, B"),
        ("{{ thing.name }}, {{ thing.known() }}", "a thing, known a thing"),
        ("{% for k, v in table.items() %}{{ k }}={{ v }}{{ loop.last }}{% endfor %}", "one=1True"),
        ("{{ 'a' ~ 1 ~ names[0] }} {{ 2 * 3 + 1 }} {{ '-' * 3 }}", "a1a 7 ---"),
        ("{% set x = ['a', 'b'] %}{{ x[-1] }} {{ ('a', 'b') | first }} {{ {'a': 1}.a }}", "b a 1"),
        ("{% for n in range(4) if n is even %}{{ n }}{% endfor %}", "02"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(1) }}{{ m('b') }}", "<1><b>"),
        ("{% filter upper %}{% raw %}{{ x }}{% endraw %}{% endfilter %}", "{{ X }}"),
        (
            "{{ 'a.b' | replace('.', '') }} {{ 'a\n' | indent(2) | trim }} {{ '3' | int + 1 }}",
            "ab a 4",
        ),
        ("{{ table | tojson }} {{ 'é' | tojson }} {{ 'é' | json }}", '{"one": "1"} "\\u00e9" "é"'),
        ("{{ names | map('upper') | join }} {{ names | select | list | length }}", "AB 2"),
        ("{{ 'b' in names }} {{ 1 < 2 < 3 }} {{ nothing is defined }}", "True True False"),
        ("{{ ' A '.strip().lower() }} {{ table.get('two', 2) }}", "a 2"),
    ],
)
def test_what_templates_are_for(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ thing['__class__'] }}",
        "{{ names | map(attribute='__class__') | list }}",
        "{{ names | selectattr('__class__') | list }}",
        "{{ names | sort(attribute='__class__') }}",
        "{{ (names | first)['__class__'] }}",
        "{{ 'x' | attr('__class__') }}",
        "{{ self._TemplateReference__context }}",
        "{% for n in names %}{{ loop._iterable }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m._func }}",
        "{{ '{0.__class__}'.format(thing) }}",
        "{{ '{x.__class__}'.format_map({'x': thing}) }}",
        "{{ '%s' % thing.place }}",
        "{{ print('x') }}",
        "{{ thing.secret() }}",
        "{{ thing.place.read_text() }}",
        "{{ thing.place.unlink() }}",
        "{{ thing.place }}",
        "{{ [thing.place] | join }}",
        "{{ thing }}",
        "{{ names }}",
        "{{ names.append('c') }}",
        "{{ table.update({'two': 2}) }}",
        "{{ range }}",
        "{{ lipsum() }}",
        "{{ names | random }}",
        "{{ 'x' | center(9) }}",
        "{% import 'steps.j2' as steps %}",
        "{% from 'steps.j2' import a %}",
        "{% extends 'steps.j2' %}",
        "{% include '/etc/passwd' %}",
        "{% include '../../secret' %}",
    ],
)
def test_a_template_reaches_data_only(template: str) -> None:
    refused(template)


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(9999) %}" * 3 + "{% endfor %}" * 3,
        "{% for a in range(9999) %}" + "x" * 100_000 + "{% endfor %}",
        "{% set x %}{% for a in range(9999) %}" + "x" * 100_000 + "{% endfor %}{% endset %}",
        "{% for a in range(9999) %}{{ 'x' | replace('x', 'y' * 1000) }}{% endfor %}",
        "{% for a in range(9999) if 'x' * 100000 %}{% endfor %}",
        "{% for a in large %}{% for b in large %}{% if large == large_too %}{% endif %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{% if 'y' in large[0] %}{% endif %}{% endfor %}",
        "{% macro m() %}"
        + "x" * 100_000
        + "{% endmacro %}{% for a in range(9999) %}{% set b = m() %}{% endfor %}",
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}"
        + "{% call m() %}" * 60
        + "{% endcall %}" * 60,
        "{{ 'x' * 10 ** 9 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% set x = 'xxxxxxxx' %}" + "{% set x = x ~ x %}" * 60,
        "{% set x = 'xxxxxxxx' %}" + "{% set x = x + x %}" * 60,
        "{% set x = 7 %}" + "{% set x = x * x %}" * 60,
        "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x == x }}",
        "{% set x = [1] %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x | tojson }}",
        "{% set x %}xx{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
        "{% set x = 'x' * 1000 %}{{ x | replace('x', x) | replace('x', x) }}",
        "{{ range(9999) | join('x' * 10000) }}",
        "{{ 'x' | indent(10 ** 9, first=True) }}",
        "{{ range(10 ** 9) | list }}",
        "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
        "{{ " + "[" * 100_000 + "]" * 100_000 + " }}",
        "{{ " + "not " * 50_000 + "1 }}",
        "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
        "{% for a in range(2) %}" * 30 + "{% endfor %}" * 30,
        "{{ " + "9" * 5_000 + " }}",
        "x" * 300_000,
    ],
)
def test_a_template_does_so_much_and_no_more(template: str) -> None:
    refused(template)


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("a\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("a\nb\n{{ 1 / 0 }}", 3, "division by zero"),
        ("a\n{{ 'a' + 1 }}", 2, 'can only concatenate str (not "int") to str'),
        ("a\n{{ 3 is divisibleby 0 }}", 2, "integer modulo by zero"),
        ("a\n{{ 'x' | centre(9) }}", 2, "No filter named 'centre'."),
        ("a\n{% if %}", 2, "Expected an expression, got 'end of statement block'"),
        ("a\n{% include 'none' %}", 2, "no loader for this environment specified"),
        (
            "a\n{{ names }}",
            2,
            "a value of type list has no text: name one of its parts, or use `| join`",
        ),
        (
            "a\n{{ '\\ud800' }}",
            0,
            "'utf-8' codec can't encode character '\\ud800' in position 2: surrogates not allowed",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(template: str, line: int, message: str) -> None:
    error = refused(template)
    assert (error.line, str(error)) == (line, message)


def test_checking_knows_the_filters_and_needs_no_values() -> None:
    template = "{{ not_known_yet | centre(9) }}"
    with pytest.raises(RenderError, match="No filter named 'centre'"):
        check(ENVIRONMENT, template)
    parse(ENVIRONMENT, template)


PIECES = [
    *(
        "{{ names | join }}",
        "{% for n in names %}",
        "{% endfor %}",
        "{% if names %}",
        "{% endif %}",
    ),
    *("{% set x = 1 %}", "{{ x }}", "{{", "}}", "{%", "%}", "{#", "\x00", "{{ 1 / 0 }}", "\n"),
    *("{{ thing.name }}", "{{ thing.secret() }}", "{{ names[9] }}", "{{ [names, names] }}"),
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join))
def test_any_text_renders_or_says_why_not(template: str) -> None:
    with contextlib.suppress(RenderError):
        rendered(template)
