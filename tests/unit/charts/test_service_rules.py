"""What is wrong with services, told with its place in service.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.charts.compose import Composition
from builder.charts.generate import composed_services
from builder.charts.images import ImageRef, ImageRefs

CHARTS = Path(__file__).parents[3] / "charts"
REFS = ImageRefs(registry="r", images={"test": (ImageRef(name="r/test", tag="1"),)})
FIRST = """\
title: Test
description: {en: For tests}
image: test
icon: https://example.org/icon.svg
groups: [image, networking]
port: 80
"""
COMMAND = "command: '- test'\n"
PROBE = "probe: {tcp: true}\n"
OPTIONS = """\
options:
  streamlit:
    options:
      file: {default: app.py}
      debug: {type: boolean}
"""


def composed(tmp_path: Path, **texts: str) -> tuple[dict[str, Composition], list[str]]:
    for name, text in texts.items():
        directory = tmp_path / "charts" / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "service.yaml").write_text(text)
    services, problems = composed_services(tmp_path / "charts", REFS, CHARTS, "charts")
    return dict(services), [str(problem) for problem in sorted(problems)]


def problems(tmp_path: Path, text: str) -> list[str]:
    told = composed(tmp_path, one=text)[1]
    return [problem.removeprefix("charts/one/service.yaml:") for problem in told]


def test_a_service_that_is_right(tmp_path: Path) -> None:
    command = "command: |\n  - run\n  - {{ .Values.streamlit.file }}\n"
    assert problems(tmp_path, FIRST + command + PROBE + OPTIONS) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("command: |\n  - run\n  - {{ .Values.streamlit.fiel }}\n", "9:8"),
        ("command: |\n  # .Values.streamlit.fiel\n  - {{ .Values.streamlit.fiel }}\n", "9:8"),
        ("command: >-\n  - run {{\n  .Values.streamlit.fiel }}\n", "9:3"),
        ("command: '- ''{{ .Values.streamlit.fiel }}'''\n", "7:18"),
        ('command: "- \\"{{ .Values.streamlit.fiel }}\\""\n', "7:18"),
        ("command: - {{ .Values.streamlit.fiel }}\n".replace(": -", ": x -"), "7:17"),
    ],
)
def test_a_reference_to_no_option_has_its_place(tmp_path: Path, text: str, place: str) -> None:
    (problem,) = problems(tmp_path, FIRST + text + PROBE + OPTIONS)
    assert problem == (
        f"{place}: command: the chart has no option 'streamlit.fiel'\n  hint: did you mean 'file'?"
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("env", "env: '{{ .Values.streamlit.fiel }}'\n"),
        ("test", "test: '{{ .Values.streamlit.fiel }}'\n"),
        ("test_env", "test: 'true'\ntest_env: '{{ .Values.streamlit.fiel }}'\n"),
        ("volume.path", "volume: {path: '/{{ .Values.streamlit.fiel }}'}\n"),
    ],
)
def test_each_template_is_looked_at(tmp_path: Path, key: str, text: str) -> None:
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + OPTIONS + text)
    assert f": {key}: the chart has no option 'streamlit.fiel'" in problem


def test_texts_that_are_no_templates_are_left_alone(tmp_path: Path) -> None:
    text = FIRST + COMMAND + PROBE + OPTIONS.replace("app.py", '"{{ .Values.streamlit.fiel }}"')
    assert problems(tmp_path, text) == []


def test_a_template_that_is_taken_from_another_service(tmp_path: Path) -> None:
    command = "command: |\n  - {{ .Values.streamlit.file }}\n"
    child = "extends: one\ntitle: Other\noptions: {other: {}}\n"
    services, told = composed(tmp_path, one=FIRST + command + PROBE + OPTIONS, two=child)
    assert told == [
        (
            "charts/one/service.yaml:8:8: command: the chart has no option 'streamlit'"
            " (in two, which extends this service)\n  hint: known: networking, other, service"
        )
    ]
    assert list(services) == ["one", "two"]


def test_templates_of_the_services_own(tmp_path: Path) -> None:
    source = tmp_path / "charts" / "one" / "source"
    source.mkdir(parents=True)
    (source / "NOTES.txt").write_text("Open\n{{ .Values.streamlit.fiel }}\n")
    (source / "unused.yaml").write_text("kind: ConfigMap\n")
    text = FIRST + COMMAND + PROBE + OPTIONS + "templates: [NOTES.txt]\n"
    assert composed(tmp_path, one=text)[1] == [
        (
            "charts/one/source/NOTES.txt:2:4: the chart has no option 'streamlit.fiel'\n"
            "  hint: did you mean 'file'?"
        ),
        (
            "charts/one/source/unused.yaml: 'templates' of service.yaml does not list it\n"
            "  hint: add it there, or remove it"
        ),
    ]


def test_a_variable_of_an_own_option_reaches_the_service(tmp_path: Path) -> None:
    options = OPTIONS.replace("{default: app.py}", "{default: app.py, variable: APP}")
    services, told = composed(tmp_path, one=FIRST + COMMAND + PROBE + options)
    assert told == []
    (held,) = services["one"].variables
    assert dict(held.options) == {"APP": ("streamlit", "file")}
    assert (held.group, held.object.kind, held.object.suffix) == (
        "service",
        "Secret",
        "secretservice",
    )


def test_a_variable_that_is_set_reaches_the_service(tmp_path: Path) -> None:
    text = FIRST + COMMAND + PROBE + "set: {service.image.pullPolicy: {variable: PULL}}\n"
    services, told = composed(tmp_path, one=text)
    assert told == []
    (held,) = services["one"].variables
    assert dict(held.options) == {"PULL": ("service", "image", "pullPolicy")}


def test_one_variable_for_two_options(tmp_path: Path) -> None:
    options = OPTIONS.replace("{default: app.py}", "{variable: APP}").replace(
        "{type: boolean}", "{type: boolean, variable: APP}"
    )
    assert problems(tmp_path, FIRST + COMMAND + PROBE + options) == [
        (
            "13:40: streamlit.debug: the variable APP already holds the option streamlit.file\n"
            "  hint: give it another name"
        )
    ]


def test_a_variable_of_the_password(tmp_path: Path) -> None:
    options = OPTIONS.replace("{default: app.py}", "{variable: PASSWORD}")
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + options)
    assert "the variable PASSWORD already holds the password" in problem


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            "{type: object, variable: A}",
            "'variable' does nothing on an option of type object",
        ),
        ("{items: {variable: A}}", "'variable' does nothing below 'items'"),
        (
            "{map: {options: {b: {variable: A}}}}",
            "'variable' does nothing below 'map'",
        ),
        (
            "{items: {items: {variable: A}}}",
            "'variable' does nothing below 'items'",
        ),
        ("{type: boolean, pattern: x}", "'pattern' does nothing on an option of type boolean"),
        ("{minimum: 1}", "'minimum' does nothing on an option of type string"),
        ("{unique: true}", "'unique' does nothing on an option of type string"),
        ("{keys: x}", "'keys' does nothing on an option of type string"),
        ("{type: integer, render: password}", "'render' does nothing on an option of type integer"),
        ("{type: string, items: {}}", "'items' does nothing on an option of type string"),
        ("{gate: x}", "'gate' does nothing on an option of type string"),
        ("{gate: x, options: {y: {}}}", "'gate' names 'x', which is not among the options"),
        ("{gate: y, options: {y: {}}}", "'gate' names 'y', which is of type string"),
        ("{form: {}, options: {y: {}}}", "'form' does nothing on an option that holds others"),
        ("{when: debug, unless: debug}", "'when' does nothing beside 'unless'"),
        ("{when: debgu}", "'when' names 'debgu', which is not an option of the chart"),
        ("{when: /streamlit/file}", "'when' names '/streamlit/file', which is of type string"),
        (
            "{suggest: [a], render: textArea}",
            "'suggest' and 'render' both say how the form shows the option",
        ),
    ],
)
def test_a_key_that_would_do_nothing(tmp_path: Path, fields: str, problem: str) -> None:
    text = FIRST + COMMAND + PROBE + OPTIONS + f"      own: {fields}\n"
    told = problems(tmp_path, text)
    assert any(problem in one for one in told), told
    assert all(one.startswith("14:") for one in told), told


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("{pattern: x}", "'pattern' does nothing on an option of type boolean"),
        ("{}", "set: service.image.pinDigest has no fields"),
        ("{hiden: true}", "unknown key 'hiden'\n  hint: did you mean 'hidden'?"),
        ("{hidden: of course}", "expected true or false, found the text 'of course'"),
    ],
)
def test_a_setting_that_would_do_nothing(tmp_path: Path, fields: str, problem: str) -> None:
    text = FIRST + COMMAND + PROBE + f"set:\n  service.image.pinDigest: {fields}\n"
    (told,) = problems(tmp_path, text)
    assert problem in told
    assert told.startswith("10:")


def test_a_setting_of_no_option(tmp_path: Path) -> None:
    text = FIRST + COMMAND + PROBE + "set:\n  service.image.pinDigets: {default: true}\n"
    assert problems(tmp_path, text) == [
        (
            "10:3: set: the service has no option 'service.image.pinDigets'\n"
            "  hint: did you mean 'service.image.pinDigest'?"
        )
    ]


@pytest.mark.parametrize(
    ("probe", "given"), [("{}", "none"), ("{http: /, tcp: true}", "http and tcp")]
)
def test_a_probe_is_one_of_three(tmp_path: Path, probe: str, given: str) -> None:
    (told,) = problems(tmp_path, FIRST + COMMAND + f"probe: {probe}\n")
    assert told == f"8:8: expected one of http, exec, tcp, found {given}"


def test_variables_of_a_test_that_is_not_there(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, FIRST + COMMAND + PROBE + "test_env: x\n")
    assert told.startswith("9:1: 'test_env' does nothing without 'test'")


def test_an_image_that_the_catalog_does_not_build(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, FIRST.replace("image: test", "image: tets") + COMMAND + PROBE)
    assert told.startswith("3:8: the catalog builds no image named 'tets'")
    assert told.endswith("did you mean 'test'?")


def test_the_problems_of_all_services_at_once(tmp_path: Path) -> None:
    command = "command: '{{ .Values.none }}'\n"
    told = composed(
        tmp_path,
        one=FIRST + command + PROBE,
        two=FIRST + COMMAND,
        three=FIRST + COMMAND + "probe: {}\nset: {a: {default: 1}}\n",
    )[1]
    assert [one.split(": ")[0] for one in told] == [
        "charts/one/service.yaml:7:14",
        "charts/three/service.yaml:9:7",
        "charts/two/service.yaml:1:1",
    ]


WORKERS = """\
workloads:
  worker:
    command: '- {{ .Values.replicaCount }} {{ .Values.streamlit.file }} {{ .Values.resorces }}'
    groups: [replicas, resources]
    set:
      replicaCount: {default: 2, minimun: 1}
"""


def test_a_template_of_a_workload_sees_its_own_options_and_the_service_s(tmp_path: Path) -> None:
    text = WORKERS.replace(", minimun: 1", "")
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + OPTIONS + text)
    assert problem == (
        "16:76: workloads.worker.command: the chart has no option 'resorces'\n"
        "  hint: did you mean 'resources'?"
    )


def test_a_setting_of_a_workload_has_its_place(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + OPTIONS + WORKERS)
    assert problem == "19:34: unknown key 'minimun'\n  hint: did you mean 'minimum'?"


def test_a_group_of_a_whole_service_is_none_of_a_workload(tmp_path: Path) -> None:
    text = WORKERS.replace("[replicas, resources]", "[replicas, s3]")
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + OPTIONS + text)
    assert problem.startswith("17:24: s3 gives variables or files")


def test_an_image_of_a_sidecar_that_the_catalog_does_not_build(tmp_path: Path) -> None:
    text = "sidecars:\n  beside: {image: tset, command: '- x'}\n"
    (problem,) = problems(tmp_path, FIRST + COMMAND + PROBE + text)
    assert problem == (
        "10:19: the catalog builds no image named 'tset'\n  hint: did you mean 'test'?"
    )


def test_a_template_of_the_service_s_own_may_be_a_workload_s(tmp_path: Path) -> None:
    source = tmp_path / "charts" / "one" / "source"
    source.mkdir(parents=True)
    own = '{{ define "library.one" }}{{ .Values.replicaCount }}{{ .Values.replicaCuont }}{{ end }}'
    (source / "_one.tpl").write_text(own)
    text = WORKERS.replace(" {{ .Values.resorces }}", "").replace(", minimun: 1", "")
    text = FIRST + COMMAND + PROBE + OPTIONS + text + "templates: [_one.tpl]\n"
    told = [one.splitlines()[0] for one in composed(tmp_path, one=text)[1]]
    assert told == ["charts/one/source/_one.tpl:1:56: the chart has no option 'replicaCuont'"]


def test_a_service_inside_another_keeps_its_variables(tmp_path: Path) -> None:
    options = OPTIONS.replace("{default: app.py}", "{default: app.py, variable: APP}")
    services, told = composed(
        tmp_path,
        inner=FIRST + COMMAND + PROBE + options,
        outer=FIRST + COMMAND + PROBE + "with: {part: inner}\n",
    )
    assert told == []
    held = [dict(one.options) for one in services["inner"].variables]
    assert held == [{"APP": ("streamlit", "file")}]
    assert services["outer"].variables == ()


def test_what_charts_share_is_looked_at_too(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    for path, text in {
        "options/a.yaml": "description: A\nsections: {a: {type: boolean, pattern: x}}\n",
        "options/b.yaml": "description: B\nsections: {b: {role: image}}\n",
        "library/Chart.yaml": "name: library\n",
        "library/templates/_x.tpl": '{{ define "library.x" }}\n{{ .Values.c }}{{ end }}\n',
        "stubs/NOTICE.j2": "x\n",
        "charts/one/service.yaml": FIRST.replace("[image, networking]", "[b]") + COMMAND + PROBE,
    }.items():
        (shared / path).parent.mkdir(parents=True, exist_ok=True)
        (shared / path).write_text(text)
    told = composed_services(shared / "charts", REFS, shared, "shared")[1]
    assert [str(one).splitlines()[0] for one in sorted(told)] == [
        "shared/library/templates/_x.tpl:2:4: the chart has no option 'c'",
        "shared/options/a.yaml:2:31: a: 'pattern' does nothing on an option of type boolean",
    ]
