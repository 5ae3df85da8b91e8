"""Texts of charts in several languages, of a catalog and of those that extend it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from builder.catalog.levels import read
from builder.catalog.wording import validate_data
from builder.charts.chart import chart
from builder.charts.compose import Composition
from builder.charts.generate import composed_from
from builder.charts.settings import option_at
from builder.charts.sources import ChartSources, sources
from builder.charts.text_draft import with_gaps
from builder.charts.text_gaps import Written, lacking
from builder.charts.texts import Texts
from builder.charts.translation import preferred
from tests.unit.charts.test_forks import FORK, NATIONAL, REFS, lay
from tests.unit.charts.test_library import ORIGIN

FRENCH = """\
services:
  web: {title: Une page, description: Sert une page}
options:
  size:
    size: {title: Taille}
    size.memory: {title: Mémoire, description: Combien, semantic: au plus}
    size.list: {title: Liste}
    size.list.*: {title: Élément}
    size.list.*.name: {title: Nom}
"""
SIZE = """\
description: Sizes
sections:
  size:
    title: Size
    options:
      big: {type: boolean, title: Big}
      memory:
        title: Memory
        default: 2Gi
        slider: {min: 1, max: 200, unit: Gi, range: m, end: up, semantic: at most}
      list: {title: List, items: {title: Item, options: {name: {title: Name}}}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    national = {"national/charts/options/size.yaml": SIZE, "national/charts/texts/fr.yaml": FRENCH}
    lay({**NATIONAL, **national, "catalog.yaml": FORK})


def places(*languages: str, **files: str) -> ChartSources:
    lay(files)
    return sources(read(Path("catalog.yaml")), languages)


def composed(*languages: str, **files: str) -> Mapping[str, Composition]:
    made, problems = composed_from(places(*languages, **files), REFS)
    assert not problems, [str(problem) for problem in problems]
    return made


def title(made: Mapping[str, Composition], *path: str, service: str = "lab") -> str:
    return option_at(made[service].options, path).title


def wrong(text: str, name: str = "nb", **files: str) -> list[str]:
    given = places("en", **{f"charts/texts/{name}.yaml": text, **files})
    return [str(problem) for problem in composed_from(given, REFS)[1]]


def test_upstreams_texts_reach_a_fork() -> None:
    made = composed("fr", "en")
    memory = option_at(made["lab"].options, ("size", "memory"))
    assert memory.slider is not None
    assert (memory.title, memory.description) == ("Mémoire", "Combien")
    assert memory.slider.semantic == "au plus"
    items = option_at(made["lab"].options, ("size", "list")).items
    assert items is not None
    assert (items.title, items.options["name"].title) == ("Élément", "Nom")
    assert made["web"].service.title == "Une page"
    assert made["lab"].service.title == "Lab"


def test_what_a_language_lacks_is_taken_from_the_next_one() -> None:
    nb = "options: {size: {size.memory: {title: Minne}, size.big: {title: Stor}}}\n"
    files = {"charts/texts/nb.yaml": nb}
    made = composed("nb", "fr", "en", **files)
    assert title(made, "size", "memory") == "Minne"
    assert title(made, "size") == "Taille"
    assert title(composed("nb"), "size") == "Size"


def test_english_is_what_is_written() -> None:
    assert title(composed("en", "fr"), "size") == "Size"
    assert title(composed("de", "en", "fr"), "size") == "Size"
    english = {"charts/texts/en.yaml": "options: {size: {size: {title: Extent}}}\n"}
    assert title(composed("en", "fr", **english), "size") == "Extent"


def test_a_variety_of_a_language_is_better_than_another_language() -> None:
    assert title(composed("fr-CA", "en"), "size") == "Taille"
    assert preferred(("fr-CA", "fr-BE", "en")) == ("fr-CA", "fr", "fr-BE", "en")
    assert preferred(("fr-CA", "en", "fr")) == ("fr-CA", "en", "fr")


def test_a_forks_word_wins() -> None:
    files = {"charts/texts/fr.yaml": "options: {size: {size: {title: Grandeur}}}\n"}
    made = composed("fr", **files)
    assert title(made, "size") == "Grandeur"
    assert title(made, "size", "memory") == "Mémoire"


def test_who_says_something_else_in_place_means_all_its_translations() -> None:
    patch = (
        "patch:\n"
        "  options: {size: {sections: {size: {options: {memory: {title: RAM}}}}}}\n"
        "  services: {lab: {set: {size.big: {title: Huge}}}, web: {title: Ours}}\n"
    )
    made = composed("fr", **{"catalog.yaml": FORK + patch})
    assert title(made, "size", "memory") == "RAM"
    assert option_at(made["lab"].options, ("size", "memory")).description == "Combien"
    assert title(made, "size", "big") == "Huge"
    assert made["web"].service.title == "Ours"
    own = {"charts/texts/fr.yaml": "options: {size: {size.memory: {title: Mémoire vive}}}\n"}
    made = composed("fr", **{"catalog.yaml": FORK + patch, **own})
    assert title(made, "size", "memory") == "Mémoire vive"


def test_a_service_has_texts_of_its_own() -> None:
    nb = (
        "services:\n"
        "  lab:\n"
        "    title: Verksted\n"
        "    description: Et verksted\n"
        "    options: {size.big: {title: Diger}, size.memory: {semantic: høyst}}\n"
    )
    made = composed("nb", "en", **{"charts/texts/nb.yaml": nb})
    assert made["lab"].service.title == "Verksted"
    assert made["lab"].service.description["nb"] == "Et verksted"
    assert title(made, "size", "big") == "Diger"
    slider = option_at(made["lab"].options, ("size", "memory")).slider
    assert slider is not None
    assert (slider.semantic, slider.max) == ("høyst", 200)


def test_a_description_is_there_in_every_language() -> None:
    given = places("en")
    made, _ = composed_from(given, REFS)
    about = chart(made["web"], given.folder, ORIGIN)["Chart.yaml"].data.decode()
    assert "catalog/description.fr: Sert une page" in about


def test_what_a_service_takes_from_another_one_has_its_texts() -> None:
    files = {"charts/mine/service.yaml": "extends: web\nimage: mine\n"}
    made = composed("fr", **files)
    assert made["mine"].service.title == "Une page"
    assert made["mine"].service.description["fr"] == "Sert une page"
    assert made["lab"].service.title == "Lab"


def test_the_files_of_a_chart_are_in_the_language() -> None:
    given = places("fr")
    made, _ = composed_from(given, REFS)
    tree = chart(made["lab"], given.folder, ORIGIN)
    node = json.loads(tree["values.schema.json"].data)["properties"]["size"]["properties"]["memory"]
    assert (node["title"], node["description"]) == ("Mémoire", "Combien")
    assert node["sliderExtremitySemantic"] == "au plus"
    assert "# Combien" in tree["values.yaml"].data.decode()


def test_a_text_of_nothing_is_told_with_the_nearest_word() -> None:
    text = (
        "services:\n"
        "  wbe: {title: x}\n"
        "  lab: {options: {size.bg: {title: x}, size.big: {semantic: x}}}\n"
        "options:\n"
        "  siz: {}\n"
        "  size:\n"
        "    size.memry: {title: x}\n"
        "    size.list.*.nam: {title: x}\n"
        "    size: {semantic: x}\n"
        "notes: {Nothing says this: x}\n"
    )
    assert wrong(text) == [
        "charts/texts/nb.yaml:5:3: no group of options is named 'siz'\n  hint: did you mean 'size'?",
        (
            "charts/texts/nb.yaml:7:5: size has no option 'size.memry'\n"
            "  hint: did you mean 'size.memory'?"
        ),
        (
            "charts/texts/nb.yaml:8:5: size has no option 'size.list.*.nam'\n"
            "  hint: did you mean 'size.list.*.name'?"
        ),
        (
            "charts/texts/nb.yaml:9:12: 'size' is no slider, whose ends mean something\n"
            "  hint: remove it"
        ),
        "charts/texts/nb.yaml:2:3: there is no service 'wbe'\n  hint: did you mean 'web'?",
        (
            "charts/texts/nb.yaml:3:19: lab has no option 'size.bg'\n"
            "  hint: did you mean 'size.big'?"
        ),
        (
            "charts/texts/nb.yaml:3:51: 'size.big' is no slider, whose ends mean something\n"
            "  hint: remove it"
        ),
        "charts/texts/nb.yaml:10:9: no template says 'Nothing says this'",
    ]


def test_a_sentence_is_for_the_same_values() -> None:
    template = '{{- define "library.say" -}}{{ dict "en" "%s of %d \\"x\\"" }}{{- end -}}\n'
    library = {"charts/library/templates/_say.tpl": template}
    assert wrong("notes: {'%s of %d \"x\"': '%[2]d av %[1]s'}\n", **library) == []
    (problem,) = wrong("notes: {'%s of %d \"x\"': '%d av'}\n", **library)
    assert problem.startswith("charts/texts/nb.yaml:1:25: the sentence has other values")


def test_a_file_that_is_wrong_is_told_at_its_place() -> None:
    (problem,) = wrong("options: {size: {size: {titel: x}}}\n")
    assert problem.startswith("charts/texts/nb.yaml:1:25: unknown key 'titel'")
    (_, problem) = wrong("{}\n", name="norwegian_")
    assert problem.startswith("charts/texts/norwegian_.yaml: 'norwegian_' is not a language tag")


def test_what_a_fork_left_out_is_no_mistake_of_upstream() -> None:
    group = {"charts/options/size.yaml": "description: Ours\nsections: {size: {title: Ours}}\n"}
    made = composed("fr", **{"catalog.yaml": FORK + "drop: {services: [web]}\n", **group})
    assert title(made, "size") == "Ours"


def test_what_a_language_lacks() -> None:
    given = places("fr", "en")
    texts, _ = given.texts()
    lacks = {".".join(map(str, one.keys)) for one in lacking(given, texts, "fr")}
    assert "services.lab.title" in lacks
    assert "options.size.size.big.title" in lacks
    assert not {one for one in lacks if one.startswith(("services.web", "options.size.size.mem"))}
    assert lacking(given, texts, "en-GB") == []
    # The fork says something else now, which nobody has translated.
    patch = "patch: {options: {size: {sections: {size: {title: Extent}}}}}\n"
    given = places("fr", "en", **{"catalog.yaml": FORK + patch})
    assert ("options", "size", "size", "title") in {
        one.keys for one in lacking(given, given.texts()[0], "fr")
    }


KEYS = st.one_of(
    st.tuples(st.just("notes"), st.text(st.characters(categories=["L"]), min_size=1, max_size=5)),
    st.tuples(
        st.just("options"),
        st.sampled_from("ab"),
        st.sampled_from(["x", "x.y", "x.*"]),
        st.sampled_from(["title", "description", "semantic"]),
    ),
    st.tuples(
        st.just("services"), st.sampled_from("ab"), st.sampled_from(["title", "description"])
    ),
)
TEXT = st.text(st.characters(categories=["L", "P", "Zs"]), max_size=8)
WRITTEN = st.builds(lambda keys, text: Written(keys=keys, text=text), KEYS, TEXT)


@given(st.lists(WRITTEN, max_size=6), st.lists(WRITTEN, max_size=6))
def test_a_draft_keeps_what_is_there(first: list[Written], second: list[Written]) -> None:
    """A file of texts is valid, has what it lacked, and is not changed by adding it again."""
    before = with_gaps("", first)
    commented = before + "# the end\n"
    after = with_gaps(commented, second)
    document = YAML(typ="safe").load(after)
    validate_data(document or {}, Texts)
    for one in (*first, *second):
        inside = document
        for key in one.keys:
            assert key in inside
            inside = inside[key]
    assert with_gaps(after, first) == after
    assert "# the end\n" in after
