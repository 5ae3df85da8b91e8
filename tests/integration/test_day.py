"""A person's day with a catalog: run what was built, look into it, ask about it."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gates import AGAIN
from tests.integration.tiny import LAYERS, Done, Tiny, begun, slow, wait_for

pytestmark = pytest.mark.docker

ALPHA, BETA = "alpha@trixie-amd64", "beta@trixie-amd64"


@pytest.fixture
def day(built: Tiny) -> Iterator[Tiny]:
    """Return a catalog that is built, under a name that the engine has nothing of."""
    registry = f"localhost:5000/day-{uuid.uuid4().hex[:12]}"
    path = built.root / "catalog.yaml"
    path.write_text(path.read_text().replace("localhost:5000/tiny\n", f"{registry}\n"))
    # It is another catalog to the store now. What it is lent becomes its own.
    built.build()
    yield built
    names = images(registry)
    if names:
        subprocess.run(["docker", "image", "rm", "--force", *names], check=True)


def images(registry: str) -> list[str]:
    command = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    return subprocess.run(
        [*command, "--filter", f"reference={registry}/*", "--filter", f"reference={registry}/*/*"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def ask(tiny: Tiny, script: str, *argv: str, **env: str) -> Done:
    """Run a command that reads a script from its input."""
    ended = subprocess.run(
        tiny.argv(*argv),
        env=tiny.env(env),
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(code=ended.returncode, out=ended.stdout, err=ended.stderr)


def registry_of(tiny: Tiny) -> str:
    text = (tiny.root / "catalog.yaml").read_text()
    return next(line for line in text.splitlines() if line.startswith("registry")).split()[1]


def test_an_image_runs_with_its_code_its_input_and_the_secrets_it_is_given(day: Tiny) -> None:
    script = 'read line; echo "$line $SECRET $BETA"; exit 7'
    ended = ask(
        day, "hello\n", "run", "--env", "SECRET", "beta", "bash", "-c", script, SECRET="hush"
    )
    assert (ended.code, ended.out) == (7, "hello hush yes\n"), ended.said
    assert "--env=SECRET" in ended.err
    assert "hush" not in ended.err


def test_a_port_is_published_on_loopback_alone(day: Tiny) -> None:
    day.layer("beta", LAYERS["beta"] + "expose: [8080]\n")
    day.build("beta")
    ended = day.done("run", "beta", "true")
    assert "http://127.0.0.1:8080/" in ended.err
    assert "--publish=127.0.0.1:8080:8080" in ended.err


def test_a_run_that_is_asked_to_end_leaves_no_container(day: Tiny) -> None:
    with day.running("run", "beta", "bash", "-c", "trap '' TERM; echo begun; sleep 600") as process:
        assert process.stdout is not None
        assert any("begun" in line and "docker" not in line for line in process.stdout)
        process.terminate()
        process.wait(60)
    reference = f"{registry_of(day)}/beta:trixie"
    left = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"ancestor={reference}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert left.stdout == ""


def test_a_shell_in_an_image_and_in_a_cell(day: Tiny) -> None:
    inside = ask(day, "id --user; cat /opt/gamma\n", "shell", "both")
    assert (inside.code, inside.out) == (0, "1000\nalpha\nbeta\n"), inside.said
    cell = ask(day, "id --user; ls /opt; jq --version\n", "shell", ALPHA)
    assert cell.out.startswith("0\nalpha\njq-"), cell.said
    # The image of a cell is there for the shell alone.
    assert not [name for name in images(registry_of(day)) if "/shell/" in name]


@AGAIN
def test_a_shell_where_a_build_failed(day: Tiny) -> None:
    day.change("alpha", "<<<alpha", "<<<alpha; echo tried; false")
    failed = day.run("build", ALPHA)
    assert failed.code == 1
    script = "jq --version; ls /artifacts; cat /step.sh; bash -euo pipefail /step.sh; echo $?\n"
    ended = ask(day, script, "shell", ALPHA)
    assert ended.code == 0, ended.said
    lines = ended.out.splitlines()
    # The packages were installed by the step before, and what they came from is there.
    assert lines[0].startswith("jq-")
    assert lines[1] == "deb"
    assert "install -D /dev/stdin /opt/alpha/name <<<alpha; echo tried; false" in lines
    assert "tried" in lines
    assert lines[-1] == "1", "the step failed here as it did in the build"
    assert day.left() == []


def test_no_failure_is_invented(day: Tiny) -> None:
    ended = day.run("shell", "--failed", "both")
    assert ended.code == 2
    assert "only the build of a cell can fail" in ended.err
    day.file("beta", "opt/beta/name", "another\n")
    day.build(BETA)
    day.layer("beta", LAYERS["beta"] + "path: [/opt/beta]\n")
    assert "no build" in day.run("shell", "--failed", BETA).err
    ended = day.run("shell", BETA)
    assert ended.code == 1
    assert "catalog build" in ended.err


def test_the_tests_of_one_layer(day: Tiny) -> None:
    for layer, code in (("alpha", 0), ("beta", 1)):
        day.give_test(layer, f"#!/bin/bash\nexit {code}\n")
    ended = day.done("test", "--layer", "alpha")
    assert "2 images, 2 tests: 2 passed" in ended.out
    assert day.run("test", "--layer", "beta", "both").code == 1
    assert day.run("test", "--layer", "alpah").code == 2


STRICT = """#!/bin/bash
# user: 12345:0
# read-only: /tmp /srv
# security: restricted
set -eu
[ -s /catalog-test/image.json ]
touch /tmp/probe /srv/probe
! touch /opt/probe 2>/dev/null
[ "$(id -u):$(id -g)" = 12345:0 ]
grep -q '^NoNewPrivs:.1$' /proc/self/status
grep -q '^CapBnd:.0*$' /proc/self/status
"""


def test_a_layer_is_tested_as_strict_clusters_start_it(day: Tiny) -> None:
    test = day.root / "images" / "alpha" / "tests" / "strict.sh"
    test.parent.mkdir()
    test.write_text(STRICT)
    test.chmod(0o755)
    ended = day.done("test", "--layer", "alpha")
    assert "2 images, 2 tests: 2 passed" in ended.out


def test_what_differs_between_two_images(day: Tiny) -> None:
    found = json.loads(day.done("diff", "beta", "both", "--json").out)
    packages = {change["name"]: change["fate"] for change in found["packages"]}
    assert packages["jq"] == "added"
    assert "opt/gamma" in [file["path"] for file in found["files"]]
    layers = {}
    for name in ("beta:trixie", "both:trixie"):
        document = day.opened().read_json(day.manifest(name))
        layers[name] = {layer["digest"]: layer["size"] for layer in document["layers"]}
    new = layers["both:trixie"].keys() - layers["beta:trixie"].keys()
    assert found["pull"] == sum(layers["both:trixie"][digest] for digest in new)
    assert "packages: the same; files that differ: 0" in day.done("diff", "both", "both").out


@AGAIN
def test_what_differs_from_a_former_revision(day: Tiny) -> None:
    def git(*argv: str) -> None:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *author, *argv], cwd=day.root, check=True, capture_output=True)

    git("init")
    git("add", "catalog.yaml", "catalog.lock", "images")
    git("commit", "--message", "before")
    day.file("beta", "opt/beta/name", "another\n")
    day.build("beta")
    found = json.loads(day.done("diff", "beta", "--from", "HEAD", "--json").out)
    assert [file["path"] for file in found["files"]] == ["opt/beta/name"]
    notes = json.loads(day.done("notes", "--json").out)
    pulls = {image["image"]: image["pull"] for image in notes["images"]}
    assert pulls["beta:trixie"] == found["pull"] > 0
    assert day.run("diff", "beta", "--from", "nonesuch").code == 2


def test_why_an_image_has_a_package(day: Tiny) -> None:
    (reason,) = json.loads(day.done("why", "alpha", "libjq1", "--json").out)
    request = reason["request"]
    assert (reason["cell"], request["layer"], request["word"]) == (ALPHA, "alpha", "jq")
    assert Path(request["file"]).name == "layer.yaml"
    assert (request["line"], request["column"]) == (3, 7)
    assert reason["way"] == ["jq", "libjq1"]
    assert "every Debian system has it" in day.done("why", "alpha", "dpkg").out
    assert "alpha:trixie" in day.run("why", "alpha", "libjq2").err


def test_what_takes_space(day: Tiny) -> None:
    found = json.loads(day.done("size", "both", "--json").out)
    assert found["layers"][0]["cell"].startswith("system@")
    assert all(layer["compressed"] <= layer["unpacked"] for layer in found["layers"])
    sizes = [package["size"] for package in found["packages"]]
    assert sizes == sorted(sizes, reverse=True)
    assert "libc6" in [package["name"] for package in found["packages"]]


def test_what_a_prune_would_do_is_what_it_does(day: Tiny) -> None:
    day.file("beta", "opt/beta/name", "another\n")
    before = day.digests()
    said = day.done("prune", "--all", "--dry-run").out
    assert f"cell {BETA} (" in said
    planned = json.loads(day.done("prune", "--all", "--dry-run", "--json").out)
    assert day.digests() == before
    done = json.loads(day.done("prune", "--all", "--json").out)
    assert done["refs"] == planned["refs"]


@AGAIN
def test_an_interrupted_build_is_no_failed_step(day: Tiny) -> None:
    slow(day)
    with day.running("build", BETA) as process:
        wait_for("the build", lambda: BETA in day.log(BETA) or day.log(BETA))
        begun(day)
        process.terminate()
        process.wait(60)
    ended = ask(day, "cat /step.sh\n", "shell", BETA)
    assert ended.code == 0, ended.said
    assert "sleep 3600" in ended.out


def test_a_new_layer_builds_and_passes_its_test(day: Tiny) -> None:
    day.done("new", "layer", "tool", "--apt", "jq")
    day.done("new", "layer", "plain")
    day.done("new", "image", "tool", "--layers", "tool", "plain")
    day.done("lock")
    day.build("tool")
    assert "4 tests: 4 passed" in day.done("test", "tool").out
