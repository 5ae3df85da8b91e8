"""What depends on what, in each kind's own words."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from builder.lock import dependencies
from builder.lock.dependencies import path

GRAPH = st.dictionaries(st.integers(0, 7), st.lists(st.integers(0, 7), max_size=4))


@given(GRAPH, st.integers(0, 7), st.integers(0, 7))
def test_a_path_is_one_and_none_is_shorter(
    graph: dict[int, list[int]], start: int, goal: int
) -> None:
    needs = {str(node): [str(other) for other in others] for node, others in graph.items()}
    way = path([str(start)], {str(goal)}, lambda node: needs.get(node, []))
    reached, steps = {str(start)}, 0
    while str(goal) not in reached and steps < 8:
        reached = reached.union(*(needs[node] for node in needs.keys() & reached))
        steps += 1
    if not way:
        assert str(goal) not in reached
        return
    assert (way[0], way[-1], len(way)) == (str(start), str(goal), steps + 1)
    for one, other in itertools.pairwise(way):
        assert other in needs[one]


def test_debian() -> None:
    needs = dependencies.debian(
        {
            "a": {"Depends": "b (>= 1) | missing, c:any", "Recommends": "d"},
            "b": {"Pre-Depends": "mail-agent"},
            "c": {},
            "d": {"Provides": "mail-agent (= 2), other"},
        }
    )
    assert needs["a"] == ["b", "c"]
    assert path(["a"], {"d"}, lambda name: needs[name]) == ("a", "b", "d")
    # Whoever asks for a virtual package gets what provides it.
    assert path(["mail-agent"], {"d"}, lambda name: needs[name]) == ("mail-agent", "d")


METADATA = """\
Metadata-Version: 2.4
Name: App
Version: 1
Requires-Dist: Base_Lib>=1
Requires-Dist: old; python_version < "3"
Requires-Dist: fast[speed]; extra == "all"
Requires-Dist: not a requirement at all
Provides-Extra: all

Requires-Dist: text
"""


def test_python() -> None:
    fast = "Name: fast\nProvides-Extra: speed\nRequires-Dist: loop; extra == 'speed'\n"
    needs = dependencies.python({"app": METADATA, "fast": fast}, "3.13", "amd64")
    assert needs["app"] == ["base-lib"]
    assert needs["app[all]"] == ["app", "base-lib", "fast[speed]", "fast"]
    assert "loop" in needs["fast[speed]"]
    assert "loop" not in needs["fast"]
    assert dependencies.python_nodes("App[all]>1") == ["app[all]", "app"]


def test_npm() -> None:
    lock = {
        "packages": {
            "": {"dependencies": {"a": "1"}},
            "node_modules/a": {"dependencies": {"b": "1", "gone": "1"}},
            "node_modules/a/node_modules/b": {"dependencies": {"c": "1"}},
            "node_modules/b": {},
            "node_modules/c": {"dependencies": {"b": "2"}},
        }
    }
    assert dependencies.npm(lock) == {
        "node_modules/a": ["node_modules/a/node_modules/b"],
        "node_modules/a/node_modules/b": ["node_modules/c"],
        "node_modules/b": [],
        "node_modules/c": ["node_modules/b"],
    }
