"""A chart's templates may be a stranger's: they take so much time and memory, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import ToolError
from builder.tools import helm
from builder.tools.limits import Limits

pytestmark = pytest.mark.registries


def chart(directory: Path, template: str) -> Path:
    (directory / "templates").mkdir()
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: one\nversion: 1.0.0\n")
    (directory / "templates/all.yaml").write_text(f"a: {template}\n")
    return directory


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{{ range until 9999 }}" * 4 + "{{ end }}" * 4,
            "limits: 2 s of processor time, 4 GiB of memory",
        ),
        ('{{ repeat 99999999999 "x" }}', ""),
        ('{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}', "nested"),
    ],
)
def test_a_template_takes_so_much_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, said: str
) -> None:
    monkeypatch.setattr(helm, "LIMITS", Limits(seconds=2, memory=4 << 30))
    with pytest.raises(ToolError) as caught:
        helm.template(chart(tmp_path, template))
    assert said in str(caught.value)


def test_a_template_reads_no_file_of_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tmp_path / "chart").mkdir()
    template = '{{ .Files.Get "../secret" | quote }} # {{ getHostByName "localhost" }}'
    assert helm.template(chart(tmp_path / "chart", template)).splitlines()[-1] == 'a: "" #'
