"""The shell scripts that charts carry: linted, and run."""

from __future__ import annotations

import os
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
    containers: list[dict[str, Any]] = []
    for pod in pods:
        containers += [*pod.get("initContainers", ()), *pod["containers"]]
    for container in containers:
        command: list[str] = [*container.get("command", ()), *container.get("args", ())]
        for flag in {"-euc", "-c"} & set(command):
            yield "sh", command[command.index(flag) + 1]


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


def prepared(rendered: Rendered, root: Path, *, retries: bool = True) -> Path:
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
            for key, text in rendered.held(f"Secret/{volume['secret']['secretName']}").items():
                (root / mount["mountPath"].lstrip("/") / key).write_text(text)
    script = (
        container["args"][0]
        .replace("/run/service", f"{root}/run/service")
        .replace("/etc/service", f"{root}/etc/service")
    )
    if not retries:
        script = script.replace("--retry 3", "--retry 0")
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
    start, shell, flag, script, *_ = rendered.container["command"]
    assert start == "/opt/onyxia-init.sh", "which directory is the home is up to the start script"
    process.run(
        [shell, flag, script.replace("/run/service", str(service)), "/bin/true"],
        env={"HOME": str(home)},
    )
    assert (home / ".config" / "mine").read_text() == "kept"
    opencode = home / ".config" / "opencode" / "opencode.jsonc"
    assert '"a/m"' in opencode.read_text()
    assert opencode.stat().st_mode & 0o777 == 0o600
    assert (home / ".local" / "share" / "jupyter" / "jupyter_ai" / "config.json").is_file()


def started(rendered: Rendered, service: Path, home: Path) -> tuple[str, str]:
    """Run what stands between the start script and the service; return what the service, which
    only says a word, and the copying printed."""
    _, shell, flag, script, *_ = rendered.container["command"]
    found = process.run(
        [shell, flag, script.replace("/run/service", str(service)), "/bin/echo", "runs"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
    )
    return found.stdout.decode(), found.stderr.decode()


def test_a_file_that_cannot_be_copied_does_not_stop_the_service(
    jupyter: Chart, tmp_path: Path
) -> None:
    rendered = jupyter.render({"ai": AI})
    service = prepared(rendered, tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".config").write_text("no directory")
    said, warned = started(rendered, service, home)
    assert said == "runs\n"
    assert ".config/opencode/opencode.jsonc cannot be written" in warned
    assert (home / ".local" / "share" / "jupyter" / "jupyter_ai" / "config.json").is_file()


def test_without_any_home_the_service_starts(jupyter: Chart, tmp_path: Path) -> None:
    rendered = jupyter.render({"ai": AI})
    said, _ = started(rendered, prepared(rendered, tmp_path), Path("/dev/null"))
    assert said == "runs\n"


def test_a_file_that_a_script_of_the_user_wrote_is_kept(jupyter: Chart, tmp_path: Path) -> None:
    """Scripts run before the service starts, and so before files are copied."""
    rendered = jupyter.render({"ai": AI})
    service = prepared(rendered, tmp_path)
    home, file = tmp_path / "home", Path(".config/opencode/opencode.jsonc")
    (home / file).parent.mkdir(parents=True)
    (home / file).write_text("mine")
    before = (service / "home" / file).stat().st_mtime
    os.utime(home / file, (before + 1, before + 1))
    started(rendered, service, home)
    assert (home / file).read_text() == "mine"
    # What an earlier pod left in a home that outlives it is older.
    os.utime(home / file, (before - 1, before - 1))
    started(rendered, service, home)
    assert '"a/m"' in (home / file).read_text()


def test_prepared_files_can_be_read_by_any_user(jupyter: Chart, tmp_path: Path) -> None:
    """The init container may be root's, or of an image with another user."""
    before = os.umask(0o077)
    try:
        service = prepared(jupyter.render({"ai": AI, "certificates": {"cacerts": PEM}}), tmp_path)
    finally:
        os.umask(before)
    below = [*(service / "home").rglob("*"), *(service / "certificates").rglob("*")]
    assert len(below) > 5
    assert [path for path in below if path.stat().st_mode & 0o004 == 0] == []
    assert [path for path in below if path.is_dir() and path.stat().st_mode & 0o005 != 0o005] == []


@pytest.mark.parametrize("values", [{"ai": AI}, {"ai": AI, "init": {"standardInitPath": ""}}])
def test_the_home_is_chosen_before_files_are_copied_there(
    jupyter: Chart, values: Mapping[str, Any]
) -> None:
    command = jupyter.render(values).container["command"]
    start = [word for word in command if word == "/opt/onyxia-init.sh"]
    assert command[len(start) : len(start) + 2] == ["/bin/sh", "-c"]
    assert command[: len(start)] == start
    assert command[len(start) + 3] == "jupyter"


def test_a_file_that_cannot_be_prepared_does_not_stop_the_service(
    jupyter: Chart, tmp_path: Path
) -> None:
    (container,) = jupyter.render({"ai": AI}).pod["initContainers"]
    script = container["args"][0].replace("/run/service", f"{tmp_path}/run")
    found = process.run(
        [*container["command"], script.replace("/etc/service", f"{tmp_path}/nothing")]
    )
    assert "cannot be prepared" in found.stderr.decode()


def test_certificates_that_cannot_be_fetched_do_not_stop_the_service(
    jupyter: Chart, tmp_path: Path
) -> None:
    rendered = jupyter.render({"certificates": {"cacerts": "http://127.0.0.1:1/ca.pem"}})
    service = prepared(rendered, tmp_path, retries=False)
    assert (service / "certificates" / "own.pem").read_text() == ""
    assert (service / "certificates" / "ca-bundle.crt").is_file()
