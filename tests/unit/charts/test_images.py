from __future__ import annotations

from collections.abc import Mapping

import pytest

from builder.catalog.reader import Step
from builder.charts.images import ImageRef, ImageRefs, image_refs
from builder.charts.service import Service
from builder.errors import InputError, Problem
from builder.graph.model import Graph, ImagePoint

GRAPH = Graph(
    cells={},
    images={
        f"{name}:{tag}": ImagePoint(f"{name}:{tag}", name, tag, {}, ())
        for name, tag in [("a", "2"), ("b", "1"), ("a", "1")]
    },
)


def reported(keys: tuple[Step, ...], message: str, hint: str) -> Problem:
    return Problem(".".join(map(str, keys)), 0, 0, message, hint)


def service(image: str, planned: tuple[str, ...] = ()) -> Service:
    fields: Mapping[str, object] = {
        "title": "T",
        "description": {"en": "x"},
        "icon": "",
        "groups": ("x",),
        "port": 1,
        "command": "",
        "probe": {"tcp": True},
    }
    return Service.model_validate({**fields, "image": image, "planned": planned})


def test_images_keep_the_order_of_the_catalog_and_get_their_digests() -> None:
    refs = image_refs("reg.example.org/c", GRAPH, {"a:2": "sha256:00"})
    assert refs.images["a"] == (
        ImageRef(name="reg.example.org/c/a", tag="2", digest="sha256:00"),
        ImageRef(name="reg.example.org/c/a", tag="1"),
    )
    assert str(refs.images["a"][0]) == "reg.example.org/c/a:2"


def test_what_is_built_comes_before_what_is_planned() -> None:
    refs = image_refs("r", GRAPH)
    assert [str(ref) for ref in refs.of(service("a", ("9",)), reported).own] == ["r/a:2", "r/a:1"]
    assert [str(ref) for ref in refs.of(service("c", ("9",)), reported).own] == ["r/c:9"]


def test_an_image_that_nobody_builds() -> None:
    with pytest.raises(InputError, match="the catalog builds no image named 'c'"):
        ImageRefs(registry="r").of(service("c"), reported)
