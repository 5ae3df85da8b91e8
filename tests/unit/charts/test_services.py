"""The page of services."""

from __future__ import annotations

from builder.charts.model import Group, Option
from builder.charts.services import page, row
from tests.unit.charts.test_compose import composed, service

FINDS = Group(description="x", columns={"Finds": "S3"})
MEMORY = Option(column="Memory", default="", form="2Gi")
MORE = Group(
    description="x",
    columns={"Finds": "a | b", "Backup": "`save`"},
    sections={
        "resources": Option(options={"memory": MEMORY, "cpu": Option(column="CPU")}),
        "more": Option(column="More", type="array", default=[1, True]),
    },
)


def test_columns_are_what_options_groups_and_the_service_say() -> None:
    found = row(composed(service(columns={"Found as": "Test"}), finds=FINDS, more=MORE))
    assert found.columns == {
        "Memory": ("2Gi",),
        "More": ("[1, true]",),
        "Found as": ("Test",),
        "Finds": ("S3", "a | b"),
        "Backup": ("`save`",),
    }
    assert (found.image, found.port) == ("test:2", 8000)


def test_each_category_has_a_table_with_the_columns_that_it_needs() -> None:
    one = composed(service(category="data-science"), finds=FINDS)
    other = composed(service(category="database"), more=MORE)
    text = page({"one": one, "other": other})
    _, first, second = text.split("\n## ")
    assert first.splitlines()[0] == "Data science"
    assert "| Service | What it is | Image | Port | Finds |" in first
    assert second.splitlines()[0] == "Database"
    assert second.splitlines()[-1].endswith(r"| 2Gi | [1, true] | a \| b | `save` |")
