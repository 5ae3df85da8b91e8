"""The charts of a catalog that extends another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from builder.catalog.levels import read
from builder.charts.chart import chart
from builder.charts.compose import Composition
from builder.charts.generate import composed_from
from builder.charts.images import ImageRef, ImageRefs
from builder.charts.settings import option_at
from builder.charts.sources import ChartSources, sources
from builder.errors import InputError
from builder.tree import File, Tree
from tests.unit.charts.test_library import ORIGIN, SERVICE, SHARED

IMAGES = {name: (ImageRef(name=f"r/{name}", tag="2"),) for name in ("web", "mine")}
REFS = ImageRefs(registry="r", images=IMAGES)
SIZE = """\
description: Sizes
sections:
  size:
    gate: big
    options:
      big: {type: boolean}
      memory: {default: 2Gi, slider: {min: 1, max: 200, unit: Gi}}
"""
LAB = "extends: web\ntitle: Lab\ngroups: [size]\n"
NATIONAL = {
    "national/catalog.yaml": "name: national\n",
    **{f"national/charts/{path}": text for path, text in SHARED.items()},
    "national/charts/options/size.yaml": SIZE,
    "national/charts/web/service.yaml": SERVICE,
    "national/charts/lab/service.yaml": LAB,
}
FORK = "extends: national\nname: fork\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay(NATIONAL)


def lay(files: Mapping[str, str]) -> None:
    Tree({path: File(text.encode()) for path, text in files.items()}).write(Path())


def fork(text: str = "", /, **files: str) -> ChartSources:
    lay({"catalog.yaml": FORK + text, **files})
    return sources(read(Path("catalog.yaml")))


def composed(text: str = "", /, **files: str) -> Mapping[str, Composition]:
    made, problems = composed_from(fork(text, **files), REFS)
    assert not problems, [str(problem) for problem in problems]
    return made


def wrong(text: str = "", /, **files: str) -> list[str]:
    return [str(problem) for problem in sorted(composed_from(fork(text, **files), REFS)[1])]


def test_upstreams_services_are_there() -> None:
    assert list(composed()) == ["lab", "web"]


def test_services_are_dropped_and_kept_and_others_still_extend_them() -> None:
    assert list(composed("drop: {services: [web]}\n")) == ["lab"]
    assert list(composed("keep: {services: [l*]}\n")) == ["lab"]
    mine = {"charts/mine/service.yaml": "extends: web\ntitle: Mine\nimage: mine\n"}
    made = composed("drop: {services: ['*']}\n", **mine)
    assert list(made) == ["mine"]
    assert made["mine"].service.port == 81


def test_a_service_is_patched_after_it_extends() -> None:
    made = composed("patch: {services: {lab: {title: Ours, port: 82}}}\n")
    assert (made["lab"].service.title, made["lab"].service.port) == ("Ours", 82)
    assert made["web"].service.port == 81


def test_an_option_is_patched_where_a_service_has_it() -> None:
    set_ = "{size.memory: {default: 4Gi, slider: {max: 8}, hidden: true}}"
    made = composed(f"patch: {{services: {{'*': {{set: {set_}}}}}}}\n")
    memory = option_at(made["lab"].options, ("size", "memory"))
    assert memory.slider is not None
    assert (memory.default, memory.hidden) == ("4Gi", True)
    assert (memory.slider.min, memory.slider.max, memory.slider.unit) == (1, 8, "Gi")
    assert made["web"].service.set == {}


def test_a_removed_option_is_in_no_file_and_templates_see_its_default() -> None:
    set_ = "{size.memory: {removed: true}, size.big: {removed: true}}"
    places = fork(
        f"patch: {{services: {{lab: {{set: {set_}}}}}}}\n",
        **{
            "charts/stubs/defaults.j2": "[[ defaults.size.memory[0] ]]\n",
            "charts/stubs/README.j2": "[% for row in rows %][[ row.path ]]\n[% endfor %]",
        },
    )
    made, problems = composed_from(places, REFS)
    assert problems == []
    tree = chart(made["lab"], places.folder, ORIGIN)
    assert "size" not in json.loads(tree["values.schema.json"].data)["properties"]
    assert b"size" not in tree["values.yaml"].data
    assert b"size" not in tree["README"].data
    assert tree["defaults"].data == b"2Gi\n"


def test_what_hangs_on_a_removed_option_is_always_shown() -> None:
    places = fork("patch: {services: {lab: {set: {size.big: {removed: true}}}}}\n")
    made, _ = composed_from(places, REFS)
    schema = json.loads(chart(made["lab"], places.folder, ORIGIN)["values.schema.json"].data)
    assert "hidden" not in schema["properties"]["size"]["properties"]["memory"]


def test_groups_and_bundles_join_and_are_patched() -> None:
    made = composed(
        "patch: {options: {size: {sections: {size: {options: {disk: {default: '1'}}}}},"
        " bundles: {all: {add: [ours]}}}}\n",
        **{
            "charts/options/ours.yaml": "description: Ours\nsections: {ours: {default: x}}\n",
            "charts/options/bundles.yaml": "own: [ours]\n",
        },
    )
    assert made["web"].options["ours"].default == "x"
    assert "disk" in made["lab"].options["size"].options


def test_templates_stubs_and_icons_of_a_fork_join_and_replace() -> None:
    places = fork(
        "",
        **{
            "charts/library/templates/_word.tpl": '{{- define "library.word" -}}ours{{- end -}}\n',
            "charts/stubs/NOTICE.j2": "[[ catalog ]]\n",
        },
    )
    made, _ = composed_from(places, REFS)
    tree = chart(made["web"], places.folder, ORIGIN)
    assert b"ours" in tree["templates/_word.tpl"].data
    assert tree["NOTICE"].data == b"c\n"
    assert "templates/_thing.tpl" in tree


def test_a_template_of_a_service_that_is_extended_comes_along() -> None:
    lay(
        {
            "national/charts/web/service.yaml": SERVICE + "templates: [_own.tpl]\n",
            "national/charts/web/source/_own.tpl": '{{- define "library.own" -}}{{- end -}}\n',
        }
    )
    places = fork("", **{"charts/mine/service.yaml": "extends: web\ntitle: Mine\nimage: mine\n"})
    made, problems = composed_from(places, REFS)
    assert problems == []
    assert "templates/_own.tpl" in chart(made["mine"], places.folder, ORIGIN)


def test_the_preferred_language_is_the_charts() -> None:
    described = SERVICE.replace("{de: Eine Seite}", "{en: A page, fr: Une page}")
    places = fork("", **{"charts/web/service.yaml": described})
    french = sources(read(Path("catalog.yaml")), ("fr", "en"))
    for given, text in ((places, "A page"), (french, "Une page")):
        made, _ = composed_from(given, REFS)
        assert (
            f"description: {text}"
            in chart(made["web"], given.folder, ORIGIN)["Chart.yaml"].data.decode()
        )


def test_what_matches_nothing_is_told() -> None:
    text = (
        "keep: {services: [lub]}\n"
        "patch:\n"
        "  services:\n"
        "    wbe: {}\n"
        "    '*': {set: {size.memry: {hidden: true}}, groups: {remove: [sise]}}\n"
        "  options: {siz: {}}\n"
    )
    assert wrong(text) == [
        "catalog.yaml:3:19: upstream has no service 'lub' there\n  hint: did you mean 'lab'?",
        "catalog.yaml:6:5: upstream has no service 'wbe' there\n  hint: did you mean 'web'?",
        (
            "catalog.yaml:7:17: upstream has no option 'size.memry' there\n"
            "  hint: did you mean 'size.memory'?"
        ),
        "catalog.yaml:7:64: upstream has no entry 'sise' there\n  hint: did you mean 'size'?",
        "catalog.yaml:8:13: upstream has no option 'siz' there\n  hint: did you mean 'size'?",
    ]


def test_a_wrong_patch_is_told_at_its_place() -> None:
    text = "patch:\n  services:\n    web:\n      port: x\n"
    (problem,) = wrong(text)
    assert problem.startswith("catalog.yaml:6:13: expected a whole number, found the text 'x'")


def test_a_wrong_field_of_an_option_is_told_at_its_place() -> None:
    text = "patch: {services: {web: {set: {listen: {hiden: true}}}}}\n"
    assert wrong(text)[0].startswith("catalog.yaml:3:41: unknown key 'hiden'")


def test_a_fork_without_a_library_below_it_is_told() -> None:
    lay({"other/catalog.yaml": "name: other\n"})
    lay({"catalog.yaml": "extends: other\nname: fork\n"})
    with pytest.raises(InputError, match="other/charts/options: there is no such directory"):
        composed_from(sources(read(Path("catalog.yaml"))), REFS)
