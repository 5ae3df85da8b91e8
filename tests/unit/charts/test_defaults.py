from __future__ import annotations

from builder.charts.defaults import ValueChange, value_changes


def test_keys_that_come_go_and_change() -> None:
    old = {"a": {"b": 1, "c": [1, 2], "gone": {"x": 1}}, "same": None, "empty": {}}
    new = {"a": {"b": 2, "c": [1], "d": {"e": True}}, "same": None, "empty": {"k": 1}}
    assert list(value_changes(old, new)) == [
        ValueChange("a.b", "changed", 1, 2),
        ValueChange("a.c", "changed", [1, 2], [1]),
        ValueChange("a.d", "added", None, {"e": True}),
        ValueChange("a.gone", "removed", {"x": 1}),
        ValueChange("empty", "changed", {}, {"k": 1}),
    ]


def test_a_boolean_is_no_number() -> None:
    assert list(value_changes({"a": 1}, {"a": True})) == [
        ValueChange("a", "changed", old=1, new=True)
    ]
    assert list(value_changes({"a": 1}, {"a": 1.0})) == []
