"""Expressions and the context that they read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.charts.onyxia.context import CONTEXT, Type, Unknown, contexts, known_paths, look_up
from builder.charts.onyxia.expression import ContextReference, evaluate, parts, references
from builder.charts.onyxia.javascript import at
from builder.charts.onyxia.model import UNDEFINED
from builder.charts.onyxia.validation import kind

VALUES: dict[str, Any] = {
    "a": {"b": "x", "n": 5, "t": True, "list": ["p", {"q": 1}], "x.y": "dotted"},
    "z": None,
}


def find(path: tuple[str, ...]) -> object:
    return at(VALUES, path)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.b", "x"),
        ("{{a.b}}", "x"),
        ("{{a.n}}", 5),
        ("a.list[1].q", 1),
        ("a.list.0", "p"),
        ('a["x.y"]', "dotted"),
        ("{{a['x.y']}}", "dotted"),
        ("{{a.b}}-{{a.n}}-{{a.t}}", "x-5-true"),
        ("{{a.b}}{{a.b}}", "xx"),
        ("{{a.list}}!", UNDEFINED),
        ("{{a.b}}{{a.nothing}}", UNDEFINED),
        ("a.nothing.more", UNDEFINED),
        ("{{ a.b }}", UNDEFINED),
        ("z", None),
        ("{{a.b", "{{a.b"),
        (["{{a.b}}", "a.b", 1, None], ["x", "a.b", 1, None]),
        (["{{a.nothing}}"], UNDEFINED),
        ({"k": "{{a.n}}", "l": ["{{a.b}}"]}, {"k": 5, "l": ["x"]}),
        ({"k": "{{a.nothing}}"}, UNDEFINED),
    ],
)
def test_evaluate(expression: object, expected: object) -> None:
    assert evaluate(expression, find) == expected


KEYS = st.text("abcXYZ_09.", min_size=1, max_size=5)


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_a_path_is_read_back_as_it_was_written(path: list[str]) -> None:
    reference = ContextReference(tuple(path), embedded=False)
    if "." in path[0]:
        return  # a first key with a dot has no spelling
    assert parts(str(reference), top=True) == (reference,)
    assert parts("{{" + str(reference) + "}}", top=False) == (reference,)


def test_references_of_a_template() -> None:
    found = list(references("{{project.id}}-{{k8s.randomSubdomain}}-0.{{k8s.domain}}"))
    assert [str(one) for one in found] == ["project.id", "k8s.randomSubdomain", "k8s.domain"]
    assert all(one.embedded for one in found)


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("project.idd", "project.id"),
        (" project.id ", "project.id"),
        ("k8s.randomSubDomain", "k8s.randomSubdomain"),
        ("oneTimePassword", "service.oneTimePassword"),
        ("packageRepositoryInjection.pipProxyUrl", "packageRepositoryInjection.pypiProxyUrl"),
    ],
)
def test_an_unknown_path_names_the_nearest(path: str, nearest: str) -> None:
    found = look_up(path.split("."))
    assert isinstance(found, Unknown)
    assert found.nearest == nearest


@pytest.mark.parametrize(
    "path",
    [
        "git.project",
        "s3.workingDirectoryPath",
        "k8s.initScriptCheckSum",
        "ai.enabled",
        "ai.activeProvider.models",
    ],
)
def test_a_path_that_old_charts_bind_says_what_became_of_it(path: str) -> None:
    found = look_up(path.split("."))
    assert isinstance(found, Unknown)
    assert found.why


@pytest.mark.parametrize(
    ("path", "kind_", "optional"),
    [
        ("user.darkMode", "boolean", False),
        ("vault.VAULT_ADDR", "string", True),
        ("git.credentials_cache_duration", "number", False),
        ("region.resources.cpuRequest", "string", True),
        ("region.tolerations", "array", True),
        ("region.sliders.cpu.sliderMin", "number", True),
        ("region.customValues.team.name", "any", True),
        ("user.decodedIdToken.groups.0", "any", True),
        ("k8s.istio.gateways.0", "string", True),
        ("s3_array.0.port", "number", True),
    ],
)
def test_types(path: str, kind_: str, optional: bool) -> None:  # noqa: FBT001
    found = look_up(path.split("."))
    assert isinstance(found, Type)
    assert (found.kind, found.optional) == (kind_, optional)


def conforms(kind_: Type, value: object, path: str) -> list[str]:
    """Say where a value is not of its type."""
    if kind_.kind == "any":
        return []
    if kind(value) != kind_.kind:
        return [f"{path} is {value!r}, not of type {kind_.kind}"]
    wrong: list[str] = []
    if isinstance(value, dict):
        fields = kind_.fields
        for key, below in value.items():
            inner = kind_.items if fields is None else fields.get(key)
            wrong += (
                [f"{path}.{key} is not in the context"]
                if inner is None
                else conforms(inner, below, f"{path}.{key}")
            )
        wrong += [
            f"{path}.{key} is missing"
            for key, inner in (fields or {}).items()
            if key not in value and not inner.optional
        ]
    if isinstance(value, list) and kind_.items is not None:
        wrong += [
            words
            for index, item in enumerate(value)
            for words in conforms(kind_.items, item, f"{path}[{index}]")
        ]
    return wrong


@pytest.mark.parametrize("name", ["everything", "openshift-group", "minimal", "next"])
def test_the_four_contexts_are_of_the_type(name: str) -> None:
    ahead = {"ai"} if name == "next" else set()
    assert (
        conforms(
            CONTEXT,
            {key: value for key, value in contexts()[name].items() if key not in ahead},
            name,
        )
        == []
    )


def test_everything_has_everything_and_minimal_nothing_that_may_be_missing() -> None:
    def has(name: str, path: str) -> bool:
        return at(contexts()[name], path.split(".")) is not UNDEFINED

    assert [path for path in known_paths() if not has("everything", path)] == []
    found = {path: look_up(path.split(".")) for path in known_paths()}
    assert [
        path
        for path, type_ in found.items()
        if isinstance(type_, Type) and type_.optional and has("minimal", path)
    ] == []
