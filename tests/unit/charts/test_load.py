from __future__ import annotations

from pathlib import Path

import pytest

from builder.charts.load import BUNDLES, OPTIONS, load_groups, load_services
from builder.errors import InputError

GROUPS = load_groups()
MINIMAL = """\
title: Test
description: {en: For tests}
image: test
icon: https://example.org/icon.svg
groups: [image]
port: 80
command: "- test"
probe: {tcp: true}
"""


def services(tmp_path: Path, **texts: str) -> Path:
    for name, text in texts.items():
        directory = tmp_path / "charts" / name.replace("_", "-")
        directory.mkdir(parents=True)
        (directory / "service.yaml").write_text(text)
    return tmp_path / "charts"


def refused(directory: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_services(directory, GROUPS)
    return [str(problem) for problem in caught.value.problems]


def test_a_service_is_a_few_lines(tmp_path: Path) -> None:
    found = load_services(services(tmp_path, one=MINIMAL), GROUPS)
    assert found["one"].title == "Test"
    assert found["one"].password == ("PASSWORD",)


def test_a_service_extends_another(tmp_path: Path) -> None:
    child = "extends: one\ntitle: Other\nkeywords: [b]\ngroups: [gpu]\n"
    found = load_services(services(tmp_path, one=MINIMAL + "keywords: [a]\n", two=child), GROUPS)
    assert found["two"].title == "Other"
    assert found["two"].groups == ("image", "gpu")
    assert found["two"].keywords == ("a", "b")
    assert found["two"].port == 80


def test_it_extends_no_service_that_extends_itself(tmp_path: Path) -> None:
    child = "extends: {}\ntitle: Other\n"
    directory = services(tmp_path, one=MINIMAL, two=child.format("one"), three=child.format("two"))
    place = "charts/three/service.yaml:1:10"
    said = "the text 'two' is no service that can be extended\n  hint: known: one"
    assert refused(directory) == [f"{place}: {said}"]


def test_an_unknown_group_has_the_nearest_name(tmp_path: Path) -> None:
    directory = services(tmp_path, one=MINIMAL.replace("[image]", "[image, persistance]"))
    assert refused(directory) == [
        (
            "charts/one/service.yaml:5:17: groups: no group of options is named 'persistance'\n "
            " hint: did you mean 'persistence'?"
        ),
    ]


def test_an_unknown_key_has_its_place(tmp_path: Path) -> None:
    directory = services(tmp_path, one=MINIMAL + "comand: x\n")
    assert refused(directory) == [
        "charts/one/service.yaml:9:1: unknown key 'comand'\n  hint: did you mean 'command'?"
    ]


def test_the_problems_of_all_services_at_once(tmp_path: Path) -> None:
    directory = services(
        tmp_path, one=MINIMAL + "comand: x\n", two=MINIMAL.replace("port: 80\n", "")
    )
    assert [problem.split(":")[0] for problem in refused(directory)] == [
        "charts/one/service.yaml",
        "charts/two/service.yaml",
    ]


def test_a_name_too_long_for_a_chart(tmp_path: Path) -> None:
    directory = services(tmp_path, **{"a" * 47: MINIMAL})
    assert "is no name for a chart" in refused(directory)[0]


def test_no_service_at_all(tmp_path: Path) -> None:
    assert "holds no service.yaml" in refused(tmp_path)[0]


def test_bundles_name_groups_once() -> None:
    found = GROUPS.named(("interactive", "image", "python"))
    assert list(found).count("image") == 1
    assert "python-mirrors" in found


def test_an_unknown_group_in_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "image.yaml").write_text((OPTIONS / "image.yaml").read_text())
    (tmp_path / BUNDLES).write_text("all: [image, imag]\n")
    with pytest.raises(InputError) as caught:
        load_groups(tmp_path)
    assert [problem.message for problem in caught.value.problems] == [
        "bundle 'all': no group of options is named 'imag'"
    ]


def test_a_wrong_option_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("description: x\nsections:\n  a:\n    titel: y\n")
    (tmp_path / BUNDLES).write_text("all: [one]\n")
    with pytest.raises(InputError) as caught:
        load_groups(tmp_path)
    assert str(caught.value.problems[0]).splitlines()[0] == "one.yaml:4:5: unknown key 'titel'"


def test_a_bundle_named_like_a_group(tmp_path: Path) -> None:
    (tmp_path / "image.yaml").write_text((OPTIONS / "image.yaml").read_text())
    (tmp_path / BUNDLES).write_text("image: [image]\n")
    with pytest.raises(InputError, match="'image' names a bundle and a group"):
        load_groups(tmp_path)
