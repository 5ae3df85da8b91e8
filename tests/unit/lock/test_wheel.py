"""Which wheel is taken."""

from __future__ import annotations

import pytest

from builder.lock.model import Artifact
from builder.lock.wheel import best, machine, platform, requirements, supported

PURE, NATIVE, STABLE = (
    "a-1-py3-none-any.whl",
    "a-1-cp313-cp313-manylinux_2_28_x86_64.whl",
    "a-1-cp39-abi3-manylinux2014_x86_64.whl",
)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([PURE, NATIVE, STABLE], NATIVE),
        ([PURE, STABLE], STABLE),
        ([PURE], PURE),
        (["a-1-cp313-cp313-manylinux_2_17_x86_64.whl", NATIVE], NATIVE),
        (["a-1-cp312-cp312-manylinux_2_28_x86_64.whl"], None),
        (["a-1-cp313-cp313-musllinux_1_2_x86_64.whl"], None),
        (["a-1-cp313-cp313-manylinux_2_28_aarch64.whl"], None),
        (["a-1-cp313-cp313t-manylinux_2_28_x86_64.whl"], None),
        (["a-1-cp313-cp313-manylinux_2_39_x86_64.whl"], None),
        (["a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl", PURE], "a-1-2-py3-none-any.whl"),
        ([], None),
    ],
)
def test_the_best_wheel_is_native_then_stable_then_pure(
    names: list[str], chosen: str | None
) -> None:
    assert best(names, supported("3.13", "amd64")) == chosen
    assert best(list(reversed(names)), supported("3.13", "amd64")) == chosen


def test_platforms_are_named_as_resolvers_do() -> None:
    assert platform("amd64") == "x86_64-manylinux_2_36"
    assert machine("arm64") == "aarch64"


def test_requirements_hold_wheels_alone_in_order() -> None:
    def artifact(kind: str, name: str) -> Artifact:
        return Artifact(
            id=f"{kind}:{name}=1",
            kind=kind,
            name=name,
            version="1",
            origin="",
            locator="",
            digest="sha256:aa",
            size=0,
        )

    found = [
        artifact("python", "b"),
        artifact("deb", "c"),
        artifact("wheel", "d"),
        artifact("python", "a"),
    ]
    assert requirements(found) == "a==1 --hash=sha256:aa\nb==1 --hash=sha256:aa\n"
