"""The shell scripts that charts carry: linted, and run."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.tools import process
from tests.charts.conftest import Chart, Rendered

pytestmark = pytest.mark.process
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
PEM = "".join(
    f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n" for name in ("one", "two")
)
AI = {
    "enabled": True,
    "activeProvider": {"id": "a", "apiBase": "https://a", "apiKey": "k", "selectedModel": "m"},
}


def scripts(rendered: Rendered) -> Iterator[tuple[str, str]]:
    """Yield each script of a release, with the shell that runs it."""
    for manifest in rendered.of("ConfigMap"):
        yield from (("bash", text) for text in manifest["data"].values() if text.startswith("#!"))
    pods = [rendered.pod, *(pod["spec"] for pod in rendered.of("Pod"))]
    for container in [
        container
        for pod in pods
        for container in [*pod.get("initContainers", ()), *pod["containers"]]
    ]:
        command: list[str] = [*container.get("command", ()), *container.get("args", ())]
        if "-euc" in command or "-c" in command:
            yield "sh", command[2]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"certificates": {"cacerts": PEM}, "ai": AI},
        {"certificates": {"cacerts": "https://example.org/ca"}},
    ],
)
def test_shellcheck_is_silent(chart: Chart, values: Mapping[str, Any]) -> None:
    for shell, text in scripts(chart.render(values)):
        # The database's test waits in a loop whose counter it does not need.
        found = process.run(
            [SHELLCHECK, f"--shell={shell}", "--exclude=SC2034", "-"],
            stdin=text.encode(),
            check=False,
        )
        assert not found.returncode, found.stdout.decode()


def prepared(rendered: Rendered, root: Path) -> Path:
    """Run what the init container runs, below a directory in place of the root; return its
    /run/service."""
    (container,) = rendered.pod["initContainers"]
    for mount in container["volumeMounts"]:
        (root / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
    for volume in rendered.pod["volumes"]:
        mounts = [
            mount
            for mount in container["volumeMounts"]
            if mount["name"] == volume["name"] and "secret" in volume
        ]
        for mount in mounts:
            for key, text in rendered.objects[f"Secret/{volume['secret']['secretName']}"][
                "stringData"
            ].items():
                (root / mount["mountPath"].lstrip("/") / key).write_text(text)
    script = (
        container["args"][0]
        .replace("/run/service", f"{root}/run/service")
        .replace("/etc/service", f"{root}/etc/service")
    )
    process.run([*container["command"], script])
    return root / "run" / "service"


def test_certificates_are_split_and_joined_with_those_of_the_image(
    jupyter: Chart, tmp_path: Path
) -> None:
    service = prepared(jupyter.render({"certificates": {"cacerts": PEM}}), tmp_path)
    single = sorted((service / "certificates" / "single").iterdir())
    assert [path.name for path in single] == ["cert.1.crt", "cert.2.crt"]
    assert "".join(path.read_text() for path in single) == PEM
    assert (service / "certificates" / "own.pem").read_text() == PEM
    bundle = (service / "certificates" / "ca-bundle.crt").read_text()
    assert bundle.endswith(PEM)
    if Path("/etc/ssl/certs/ca-certificates.crt").is_file():
        assert ssl.create_default_context(cadata=bundle.removesuffix(PEM)).get_ca_certs()


def test_files_reach_the_home_directory(jupyter: Chart, tmp_path: Path) -> None:
    rendered = jupyter.render({"ai": AI})
    service = prepared(rendered, tmp_path)
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    (home / ".config" / "mine").write_text("kept")
    shell, flag, script, *_ = rendered.container["command"]
    process.run(
        [shell, flag, script.replace("/run/service", str(service)), "/bin/true"],
        env={"HOME": str(home)},
    )
    assert (home / ".config" / "mine").read_text() == "kept"
    opencode = home / ".config" / "opencode" / "opencode.jsonc"
    assert '"a/m"' in opencode.read_text()
    assert opencode.stat().st_mode & 0o777 == 0o600
    assert (home / ".local" / "share" / "jupyter" / "jupyter_ai" / "config.json").is_file()
