from __future__ import annotations

from pathlib import Path

import pytest

from builder.charts.load import Groups, load_groups, load_services
from builder.charts.model import Group
from builder.errors import InputError

NAMES = ("image", "persistence", "gpu", "python-mirrors")
GROUPS = Groups(
    groups={name: Group(description=name) for name in NAMES},
    bundles={"interactive": ("image", "persistence"), "python": ("python-mirrors",)},
)
IMAGE = "description: The image\n"
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
    said = "the text 'two' is not a service that can be extended\n  hint: known: one"
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
    assert "cannot be a chart's name" in refused(directory)[0]


def test_a_service_is_not_named_like_what_charts_share(tmp_path: Path) -> None:
    directory = services(tmp_path, library=MINIMAL)
    assert "charts/library is where what charts share lies" in refused(directory)[0]


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hans", "sr-Latn-RS", "gsw", "es-419", "x-own"])
def test_a_description_in_any_language(tmp_path: Path, tag: str) -> None:
    text = MINIMAL.replace("{en: For tests}", f"{{{tag}: For tests}}")
    found = load_services(services(tmp_path, one=text), GROUPS)
    assert found["one"].description == {tag: "For tests"}
    assert found["one"].language == tag


@pytest.mark.parametrize("tag", ["e", "english_language", "pt_BR", "de-", "français"])
def test_what_is_no_language(tmp_path: Path, tag: str) -> None:
    text = MINIMAL.replace("{en: For tests}", f"{{{tag}: For tests}}")
    (problem,) = refused(services(tmp_path, one=text))
    assert problem.startswith("charts/one/service.yaml:2:15: ")
    assert "a language tag (BCP 47), such as en, pt-BR or zh-Hans" in problem


def test_a_service_contains_others(tmp_path: Path) -> None:
    directory = services(tmp_path, one=MINIMAL + "with: {data: two}\n", two=MINIMAL)
    assert load_services(directory, GROUPS)["one"].contained == {"data": "two"}


def test_an_unknown_service_inside(tmp_path: Path) -> None:
    directory = services(tmp_path, one=MINIMAL + "with: {data: twoo}\n", two=MINIMAL)
    (problem,) = refused(directory)
    assert problem == (
        "charts/one/service.yaml:9:14: there is no service 'twoo'\n  hint: did you mean 'two'?"
    )


def test_a_service_does_not_contain_itself(tmp_path: Path) -> None:
    one, two = (MINIMAL + f"with: {{data: {name}}}\n" for name in ("two", "one"))
    directory = services(tmp_path, one=one, two=two)
    (problem,) = refused(directory)
    assert "the service contains itself: " in problem
    assert problem.startswith("charts/")


def test_only_named_templates_can_be_contained(tmp_path: Path) -> None:
    own = MINIMAL + "templates: [_own.tpl, whole.yaml]\n"
    directory = services(tmp_path, one=MINIMAL + "with: {data: two}\n", two=own)
    (problem,) = refused(directory)
    assert (
        "charts/one/service.yaml:9:14: two cannot be contained: it is rendered only once (whole.yaml)"
        in problem
    )


def test_a_misspelt_with(tmp_path: Path) -> None:
    (problem,) = refused(services(tmp_path, one=MINIMAL + "wth: {data: two}\n"))
    assert problem.endswith("unknown key 'wth'\n  hint: did you mean 'with'?")


def test_what_is_wrong_with_workloads_has_its_place(tmp_path: Path) -> None:
    text = MINIMAL + (
        "workloads:\n"
        "  worker:\n"
        "    kind: Deployment\n"
        '    command: "- x"\n'
        "    groups: [imag]\n"
        "    volume: {each: true}\n"
    )
    assert [problem.splitlines()[0] for problem in refused(services(tmp_path, one=text))] == [
        (
            "charts/one/service.yaml:13:14: workloads.worker.groups: no group of options is named"
            " 'imag'"
        ),
        "charts/one/service.yaml:14:20: a Deployment has one volume for all its pods",
    ]


def test_no_service_at_all(tmp_path: Path) -> None:
    assert "holds no service.yaml" in refused(tmp_path)[0]


def test_bundles_name_groups_once() -> None:
    found = GROUPS.named(("interactive", "image", "python"))
    assert list(found) == ["image", "persistence", "python-mirrors"]


def options(directory: Path, **texts: str) -> Path:
    """Write files of options/ below a directory; `bundles` among them."""
    folder = directory / "options"
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return directory


def wrong_groups(*directories: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_groups(*((directory, directory.name) for directory in directories))
    return [str(problem) for problem in caught.value.problems]


def test_an_unknown_group_in_a_bundle(tmp_path: Path) -> None:
    directory = options(tmp_path / "charts", image=IMAGE, bundles="all: [image, imag]\n")
    assert wrong_groups(directory) == [
        (
            "charts/options/bundles.yaml:1:14: bundle 'all': no group of options is named 'imag'\n"
            "  hint: did you mean 'image'?"
        )
    ]


def test_a_wrong_option_has_its_place(tmp_path: Path) -> None:
    text = "description: x\nsections:\n  a:\n    titel: y\n"
    directory = options(tmp_path / "charts", one=text, two="descripton: x\n", bundles="a: [one]\n")
    found = wrong_groups(directory)
    assert [problem.splitlines()[0] for problem in found] == [
        "charts/options/one.yaml:4:5: unknown key 'titel'",
        "charts/options/two.yaml:1:1: unknown key 'descripton'",
    ]


def test_a_bundle_named_like_a_group(tmp_path: Path) -> None:
    directory = options(tmp_path / "charts", image=IMAGE, bundles="image: [image]\n")
    assert wrong_groups(directory)[0].startswith(
        "charts/options/bundles.yaml:1:1: 'image' names a bundle and a group"
    )


def test_a_catalog_adds_groups_to_those_of_another_directory(tmp_path: Path) -> None:
    shared = options(tmp_path / "shared", image=IMAGE, volume=IMAGE, bundles="all: [image]\n")
    own = options(tmp_path / "charts", image="description: Mine\n", bundles="more: [volume]\n")
    found = load_groups((shared, "charts"), (own, "charts"))
    assert found.groups["image"].description == "Mine"
    assert found.bundles == {"all": ("image",), "more": ("volume",)}


def test_no_options_at_all(tmp_path: Path) -> None:
    (problem,) = wrong_groups(tmp_path / "charts")
    assert problem.startswith("charts/options: there is no such directory")
    assert "`charts: {library: ../other/charts}`" in problem
