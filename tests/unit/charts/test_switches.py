from __future__ import annotations

from builder.charts.switches import joined, passwords, shared, switched

SCHEMA = {
    "properties": {
        "on": {"type": "boolean", "default": False},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "global": {"properties": {"suspend": {"type": "boolean"}, "other": {"type": "boolean"}}},
        "security": {
            "properties": {
                "password": {"type": "string", "render": "password"},
                "user": {"type": "string"},
            }
        },
        "free": {"type": "object"},
    }
}


def test_switches_are_turned_from_what_the_values_say() -> None:
    assert switched(SCHEMA, {"on": True}) == {"on": False, "mode": "b", "global": {"other": True}}


def test_passwords_are_set() -> None:
    assert passwords(SCHEMA) == {"security": {"password": "password"}}


def test_what_two_sets_of_values_share() -> None:
    assert shared(
        {"a": 1, "b": {"c": True, "d": 2}, "e": 1}, {"a": 1, "b": {"c": True, "d": 3}}
    ) == {"a": 1, "b": {"c": True}}


def test_values_are_joined_deep_inside() -> None:
    assert joined({"a": {"b": 1, "c": 2}, "d": 1}, {"a": {"c": 3}, "d": {"e": 1}}) == {
        "a": {"b": 1, "c": 3},
        "d": {"e": 1},
    }
