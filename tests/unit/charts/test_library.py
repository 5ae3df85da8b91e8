"""A catalog's own options, library and stubs: nothing in them is known to the program by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from builder.charts.chart import LINK, Origin, chart, source
from builder.charts.generate import compositions
from builder.charts.images import ImageRef, ImageRefs
from builder.errors import InputError
from builder.tree import File, Tree

ORIGIN = Origin(catalog="c")
REFS = ImageRefs(registry="r", images={"web": (ImageRef(name="r/web", tag="2"),)})
SERVICE = """\
title: Web
description: {de: Eine Seite}
image: web
icon: https://example.org/icon.svg
groups: [all]
port: 81
command: "- web"
probe: {tcp: true}
"""
OPTIONS = """\
description: Everything
sections:
  picture: {role: image}
  listen: {type: integer, role: port}
objects: [thing]
contributes: {help: hint}
"""
SHARED = {
    "options/web.yaml": OPTIONS,
    "options/bundles.yaml": "all: [web]\n",
    "library/Chart.yaml": "apiVersion: v2\nname: library\nversion: 0.0.0\ntype: library\n",
    "library/templates/_thing.tpl": '{{- define "library.objects.thing" -}}\n'
    'a: {{ include "library.word" . }}\n{{- end -}}\n',
    "library/templates/_word.tpl": '{{- define "library.word" -}}b{{- end -}}\n',
    "library/templates/_hint.tpl": '{{- define "library.hint" -}}c{{- end -}}\n',
    "stubs/NOTICE.j2": "[[ name ]]: [[ service.description[service.language] ]]\n",
    "stubs/templates/all.yaml.j2": "[% for scope in scopes %][% for object in scope.objects %]\n"
    '{{ include "library.objects.[[ object ]]" . }}\n[% endfor %][% endfor %]\n',
}


def written(root: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write a catalog's charts/, with other files in place of some; None leaves one out."""
    files = {**SHARED, "web/service.yaml": SERVICE, **(changes or {})}
    texts = {path: text for path, text in files.items() if text is not None}
    Tree({path: File(text.encode()) for path, text in texts.items()}).write(root / "charts")
    return root / "charts"


def made(directory: Path) -> list[Tree]:
    return [chart(one, directory, ORIGIN) for one in compositions(directory, REFS).values()]


def refused(directory: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        made(directory)
    return [str(problem) for problem in caught.value.problems]


def test_a_chart_of_a_library_of_its_own(tmp_path: Path) -> None:
    directory = written(tmp_path)
    web = compositions(directory, REFS)["web"]
    assert web.options["picture"].default == "r/web:2"
    assert web.options["listen"].default == 81
    tree = chart(web, directory, ORIGIN)
    assert {path for path in tree if path.startswith("templates/")} == {
        "templates/_thing.tpl",
        "templates/_word.tpl",
        "templates/all.yaml",
    }
    assert '{{ include "web.objects.thing" . }}' in tree["templates/all.yaml"].data.decode()
    assert 'define "web.word"' in tree["templates/_word.tpl"].data.decode()
    assert tree["NOTICE"].data == b"web: Eine Seite\n"


def test_a_chart_in_git_links_to_the_library(tmp_path: Path) -> None:
    directory = written(tmp_path)
    tree = source(compositions(directory, REFS)["web"], directory, ORIGIN)
    assert tree[LINK] == File.link("../../library")
    assert "repository: file://../library" in tree["Chart.yaml"].data.decode()
    assert [path for path in tree if path.startswith("templates/")] == ["templates/all.yaml"]
    assert '{{ include "library.objects.thing" . }}' in tree["templates/all.yaml"].data.decode()


def test_a_library_of_another_catalog(tmp_path: Path) -> None:
    shared = written(tmp_path / "other")
    Tree({"web/service.yaml": File(SERVICE.encode())}).write(tmp_path / "charts")
    directory = tmp_path / "charts"
    web = compositions(directory, REFS, shared, "../other/charts")["web"]
    tree = source(web, directory, ORIGIN)
    assert tree[LINK] == File.link("../../../other/charts/library")
    assert "repository: file://../../other/charts/library" in tree["Chart.yaml"].data.decode()


def test_what_is_missing_of_it(tmp_path: Path) -> None:
    Tree({"web/service.yaml": File(SERVICE.encode())}).write(tmp_path / "charts")
    assert refused(tmp_path / "charts")[0].startswith("charts/options: there is no such directory")
    Tree({"options/web.yaml": File(OPTIONS.encode())}).write(tmp_path / "charts")
    problems = refused(tmp_path / "charts")
    assert [problem.partition(": ")[0] for problem in problems] == [
        "charts/library",
        "charts/stubs",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n[% for %]\n", "charts/stubs/NOTICE.j2:2:1: cannot be filled in: "),
        ("a\n\n[[ servise.title ]]\n", "charts/stubs/NOTICE.j2:3:1: cannot be filled in: "),
    ],
)
def test_a_wrong_stub_has_its_line(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = refused(written(tmp_path, {"stubs/NOTICE.j2": text}))
    assert problem.startswith(said)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    directory = written(tmp_path)
    (directory / "library/templates/_word.tpl").write_bytes(b"one\ntwo \xff\n")
    (problem,) = refused(directory)
    assert problem == "charts/library/templates/_word.tpl:2:1: is not UTF-8: byte 0xff"


def test_a_template_that_nothing_defines_has_the_line_that_uses_it(tmp_path: Path) -> None:
    directory = written(tmp_path, {"library/templates/_word.tpl": None})
    (problem,) = refused(directory)
    said = "nothing defines the template library.word"
    assert problem == f"charts/library/templates/_thing.tpl:2:16: {said}"


def test_an_object_that_nothing_defines_has_the_group_that_names_it(tmp_path: Path) -> None:
    text = OPTIONS.replace("[thing]", "[thing, other]")
    (problem,) = refused(written(tmp_path, {"options/web.yaml": text}))
    assert "nothing defines the template library.objects.other" in problem
    assert "charts/options/web.yaml names it" in problem


def test_a_service_defines_nothing_that_the_library_defines(tmp_path: Path) -> None:
    directory = written(tmp_path, {"web/service.yaml": SERVICE + "templates: [_own.tpl]\n"})
    own = 'x\n{{- define "library.word" -}}mine{{- end -}}\n'
    Tree({"web/source/_own.tpl": File(own.encode())}).write(directory)
    (problem,) = refused(directory)
    place = "charts/web/source/_own.tpl:2:21"
    assert problem.startswith(f"{place}: the library defines library.word too")


def test_a_title_is_a_text_and_no_template(tmp_path: Path) -> None:
    stub = "[[ service.title | literal ]]\n"
    service = SERVICE.replace("title: Web", "title: 'R {{ fail }} & {{'")
    directory = written(tmp_path, {"stubs/TITLE.j2": stub, "web/service.yaml": service})
    (tree,) = made(directory)
    assert tree["TITLE"].data.decode() == 'R {{ "{{" }} fail }} & {{ "{{" }}\n'
