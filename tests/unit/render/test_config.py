from __future__ import annotations

from typing import Any

from builder.catalog.model import Layer
from builder.oci.model import ImageConfig
from builder.render.config import config


def made(*layers: dict[str, Any]) -> ImageConfig:
    return config([Layer(description="one", **layer) for layer in layers], "amd64", {})


def test_environment_adds_up_and_the_layer_above_wins() -> None:
    assert made({"env": {"A": "1", "B": "1"}}, {"env": {"B": "2", "C": "2"}}).env == {
        "A": "1",
        "B": "2",
        "C": "2",
    }


def test_directories_of_a_layer_stand_in_front_of_those_below() -> None:
    assert made({"path": ["/a", "/b"]}, {"path": ["/c", "/a"]}).path == ("/c", "/a", "/b")


def test_the_last_layer_decides_unless_another_is_a_service() -> None:
    low, service, last = (
        {"cmd": ["low"], "user": "1"},
        {"cmd": ["service"], "service": True},
        {"cmd": ["last"], "workdir": "/last"},
    )
    assert made(low, last).cmd == ("last",)
    both = made(low, service, last)
    assert (both.cmd, both.user, both.workdir) == (
        ("service",),
        "1",
        "/last",
    ), "a layer that says nothing of a setting does not unset it"


def test_of_two_services_the_chosen_one_decides_or_else_the_last() -> None:
    one, two = (
        Layer(description="one", cmd=(name,), workdir=f"/{name}", service=True)
        for name in ("one", "two")
    )
    assert config([one, two], "amd64", {}).cmd == ("two",)
    chosen = config([one, two], "amd64", {}, chosen=one)
    assert (chosen.cmd, chosen.workdir) == (("one",), "/one")


def test_ports_add_up_sorted() -> None:
    assert made({"expose": [8888, 80]}, {"expose": [80, 443]}).expose == (80, 443, 8888)
