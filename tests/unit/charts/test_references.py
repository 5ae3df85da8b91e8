from __future__ import annotations

import pytest

from builder.charts.gotemplate import actions
from builder.charts.model import Option
from builder.charts.references import template_problems

SECTIONS = {
    "streamlit": Option(
        options={
            "file": Option(),
            "port": Option(type="integer"),
            "labels": Option(map=Option()),
            "pages": Option(items=Option(options={"title": Option()})),
            "free": Option(type="object", examples=({"a": 1},)),
        }
    ),
}


def told(text: str) -> list[str]:
    return [f"{one.token}: {one.message}" for one in template_problems(text, SECTIONS)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no action at all",
        "{{ .Workload }}{{ .Root.Values.streamlit.file }}",
        (
            '{{ if not (hasKey .Values.streamlit "memo") }}{{ set .Values.streamlit "memo" 1 }}{{ end }}'
            "{{ .Values.streamlit.memo }}"
        ),
        "{{ .Values.streamlit.file | quote }}",
        "{{- $.Values.streamlit.port -}}",
        "{{ .Values.streamlit.labels.anything }}",
        "{{ .Values.streamlit.free.deep.down }}",
        "{{ .Values.global.suspend }}",
        "{{ .Release.Name }} {{ .Chart.Name }} {{ .Capabilities.APIVersions.Has `v1` }}",
        '{{ printf "%s .Values.streamlit.fiel" .Values.streamlit.file }}',
        "{{/* .Values.streamlit.fiel }} */}}",
        "{{- /* .Values.streamlit.fiel */ -}}",
        "{{ with .Values.streamlit }}{{ .file }}{{ $.Values.streamlit.port }}{{ end }}",
        "{{ range .Values.streamlit.pages }}{{ .title }}{{ end }}",
        "{{ range $name, $value := .Values.streamlit.labels }}{{ $name }}{{ $value }}{{ end }}",
        "{{ $s := .Values.streamlit }}{{ $s.file }}",
        '{{ define "x" }}{{ .anything }}{{ .context.Values.streamlit.file }}{{ end }}',
        '{{ index .Values.streamlit "file" }}{{ get .Values.streamlit "port" }}',
        '{{ dig "streamlit" "file" "none" .Values }}',
        "{{ (.Values.streamlit).file }}{{ (.Values.streamlit | default dict).file }}",
        "{{ if eq .Values.streamlit.port 1.5 }}a{{ else if .Values.streamlit.file }}b{{ end }}",
        "{{ with .Values.streamlit.file }}a{{ else with .Values.streamlit }}{{ .port }}{{ end }}",
        "{{ if and (not .Values.streamlit.file) (gt (int .Values.streamlit.port) 0) }}{{ end }}",
        '{{ `}}` }}{{ "}}" }}',
        '{{ include "x" . | nindent 4 }}{{ template "y" $ }}{{ break }}',
    ],
)
def test_templates_that_are_right(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "{{ .Values.streamlit.fiel }}",
            ".Values.streamlit.fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            "{{ .Values.streamlt.file }}",
            ".Values.streamlt.file: the chart has no option 'streamlt'",
        ),
        ("{{ .Vaules.streamlit }}", ".Vaules.streamlit: a chart's context has no 'Vaules'"),
        (
            "{{ .Values.streamlit.file.name }}",
            (
                ".Values.streamlit.file.name: the option 'streamlit.file' is of type string, and"
                " has no 'name'"
            ),
        ),
        (
            "{{ $.Values.streamlit.fiel | quote }}",
            "$.Values.streamlit.fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            "{{ with .Values.streamlit }}{{ .fiel }}{{ end }}",
            ".fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            "{{ with .Values.streamlit.file }}{{ else }}{{ .fiel }}{{ end }}",
            ".fiel: a chart's context has no 'fiel'",
        ),
        (
            "{{ range .Values.streamlit.pages }}{{ .titel }}{{ end }}",
            ".titel: the chart has no option 'streamlit.pages[].titel'",
        ),
        (
            "{{ range $i, $page := .Values.streamlit.pages }}{{ $page.titel }}{{ end }}",
            "$page.titel: the chart has no option 'streamlit.pages[].titel'",
        ),
        (
            "{{ $s := .Values.streamlit }}{{ $s.fiel }}",
            "$s.fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            '{{ define "x" }}{{ .context.Values.streamlit.fiel }}{{ end }}',
            ".context.Values.streamlit.fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            '{{ define "x" }}{{ with .Values.streamlit }}{{ .fiel }}{{ end }}{{ end }}',
            ".fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            '{{ index .Values "streamlit" "fiel" }}',
            "\"fiel\": the chart has no option 'streamlit.fiel'",
        ),
        (
            '{{ .Values.streamlit | dig "fiel" "none" }}',
            "\"fiel\": the chart has no option 'streamlit.fiel'",
        ),
        (
            "{{ (.Values.streamlit | default dict).fiel }}",
            ".fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            '{{ printf "%s" (.Values.streamlit.fiel | default "x") }}',
            ".Values.streamlit.fiel: the chart has no option 'streamlit.fiel'",
        ),
        (
            "{{ if .Values.streamlit.file }}{{ .Values.streamlit.fiel }}{{ end }}",
            ".Values.streamlit.fiel: the chart has no option 'streamlit.fiel'",
        ),
        ("{{ if .Values.streamlit.file }}", "{{: this 'if' has no end"),
        ("{{ end }}", "{{: this 'end' does not end a block"),
        ("{{ else }}", "{{: this 'else' is outside of any block"),
        (
            "a {{ .Values.streamlit.file",
            "{{: this action is not closed, or is not valid in Go's template language",
        ),
    ],
)
def test_templates_that_are_wrong(text: str, problem: str) -> None:
    assert told(text) == [problem]


def test_the_nearest_option_is_the_hint() -> None:
    (problem,) = template_problems("- run {{ .Values.streamlit.fiel }}", SECTIONS)
    assert problem.hint == "did you mean 'file'?"
    assert problem.offset == len("- run {{ ")


def test_several_problems_are_told_at_once() -> None:
    text = "{{ .Values.streamlit.fiel }}\n{{ .Values.streamlit.prt }}"
    assert len(told(text)) == 2


def test_an_action_is_cut_into_tokens() -> None:
    (action,) = actions('{{- $x := index (.a.b).c "d" | quote -}}')
    assert [token.text for token in action.tokens] == [
        "$x", ":=", "index", "(", ".a.b", ")", ".c", '"d"', "|", "quote",
    ]  # fmt: skip
    assert [token.text for token in action.tokens if token.joined] == [".a.b", ")", ".c"]
