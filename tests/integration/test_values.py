"""Every value of a layer arrives as it was written: in a build, in an image, in the flat Dockerfile
and in what runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.test_render import configuration
from tests.integration.tiny import Tiny

pytestmark = [pytest.mark.docker, pytest.mark.whole("an image is built for each random value")]

SIGNS = [
    "$",
    "${HOME}",
    "$$",
    "\\",
    "\\n",
    '"',
    "'",
    "`id`",
    "$(id)",
    " ",
    "\t",
    "#",
    "<<END",
    "é",
    "%s",
    "{{ x }}",
]
WORDS = [*SIGNS, "END-OF-STEP", "RUN touch /broken", "=", ",", "!", "&", "a", "0", "\u2028", "🐍"]
line = st.lists(
    st.one_of(
        st.sampled_from(WORDS), st.characters(codec="utf-8", categories=("L", "P", "S", "N"))
    ),
    max_size=9,
).map("".join)
# Further directories of a path: not '.' and '..', which no two programs take alike, and no tab,
# which is refused.
name = line.map(lambda text: "d" + text.replace("/", "_").replace("\t", "_"))
label = st.text(
    st.sampled_from([chr(n) for n in range(33, 127) if chr(n) != "="]), min_size=1, max_size=12
)
ODD: Mapping[str, Any] = {
    "env": {
        f"V{number}": word
        for number, word in enumerate([*WORDS, "", " a ", "a\\", "\\\\", "a # b", "'$x'"])
    },
    "labels": {'a"b': "1", "$c": "$d", "e'f": "\\", "#g": "#", "h,i[j]": " "},
    "path": ["/opt/a b/$bin", '/opt/"quoted"', "/opt/back\\slash"],
    "workdir": "/srv/a $b \\c 'd' \"e\" é",
    "entrypoint": ["/usr/bin/env", "-0", "A=b"],
    "cmd": ["$HOME", "a\nb", "\\", '"', "'", "END-OF-STEP\nRUN false", "é 🐍", ""],
}


@st.composite
def values(draw: st.DrawFn) -> Mapping[str, Any]:
    return {
        "env": {f"V{number}": draw(line) for number in range(12)},
        "labels": draw(st.dictionaries(label, line, max_size=6)),
        # A directory that is named twice is refused.
        "path": [f"/opt/{draw(name).replace(':', '_')}{number}" for number in range(3)],
        "workdir": f"/srv/{draw(name)}",
        "entrypoint": ["/usr/bin/env", *draw(st.lists(line, max_size=4))],
        "cmd": draw(st.lists(line, min_size=1, max_size=4)),
    }


def write(tiny: Tiny, wanted: Mapping[str, Any]) -> None:
    """Give a layer these values, and take down in its build what a process sees of them.

    PyYAML writes whatever is not ASCII as an escape, which every reader takes alike.
    """
    layer = {key: value for key, value in wanted.items() if key != "labels"}
    layer |= {"description": "Odd values", "on": ["tools"], "run": "env -0 >/opt/seen\n"}
    (tiny.root / "images/beta/layer.yaml").write_text(yaml.safe_dump(layer))
    catalog = yaml.safe_load((tiny.root / "catalog.yaml").read_text())
    # A label's value is a template: its braces are doubled.
    catalog["images"]["beta"]["labels"] = {
        name: value.replace("{", "{{").replace("}", "}}")
        for name, value in wanted["labels"].items()
    }
    (tiny.root / "catalog.yaml").write_text(yaml.safe_dump(catalog))


def check(tiny: Tiny, wanted: Mapping[str, Any], scratch: Path) -> None:
    """Build the layer, and compare what each way made of the values."""
    labels = wanted["labels"]
    tiny.done("lock")
    tiny.build("beta")
    manifest = tiny.opened().read_json(tiny.manifest("beta:trixie"))
    composed = json.loads(tiny.opened().path(manifest["config"]["digest"]).read_bytes())["config"]
    path = ":".join(wanted["path"])
    environment = dict(entry.split("=", 1) for entry in composed["Env"])
    assert environment.items() >= wanted["env"].items()
    assert environment["PATH"].startswith(f"{path}:")
    assert composed["Labels"].items() >= labels.items()
    assert manifest["annotations"].items() >= labels.items()
    for key, theirs in {"workdir": "WorkingDir", "entrypoint": "Entrypoint", "cmd": "Cmd"}.items():
        assert (composed.get(theirs) or []) == (wanted[key] or []), key
    flat = plain(tiny, scratch)
    assert flat["Labels"] == composed["Labels"]
    assert dict(entry.split("=", 1) for entry in flat["Env"]) == environment
    for key in ("WorkingDir", "Entrypoint", "Cmd", "User"):
        assert (flat.get(key) or None) == (composed.get(key) or None), key


def plain(tiny: Tiny, scratch: Path) -> Mapping[str, Any]:
    """Return the configuration of what plain Docker builds of the flat Dockerfile."""
    context, layout = scratch / "context", scratch / "layout"
    tiny.done("render", "beta", "--output", str(context))
    output = f"--output=type=oci,tar=false,dest={layout}"
    argv = ["docker", "buildx", "build", "--builder=default", "--provenance=false", output]
    ended = subprocess.run([*argv, str(context)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (built,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    config: Mapping[str, Any] = configuration(layout, built["digest"])
    return config


def test_odd_values_arrive_everywhere(tiny: Tiny, tmp_path: Path) -> None:
    write(tiny, ODD)
    check(tiny, ODD, tmp_path)
    # What the build saw, and what a container sees.
    write(tiny, {**ODD, "entrypoint": []})
    tiny.build("beta")
    for command in (["cat", "/opt/seen"], ["env", "-0"]):
        said = tiny.done("run", "beta:trixie", *command).out
        seen = dict(entry.split("=", 1) for entry in said.split("\0") if "=" in entry)
        assert seen.items() >= ODD["env"].items()
        assert seen["PATH"].startswith(":".join(ODD["path"]))


@settings(
    max_examples=2,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(values())
def test_any_value_arrives_everywhere(
    tiny: Tiny, tmp_path_factory: pytest.TempPathFactory, wanted: Mapping[str, Any]
) -> None:
    write(tiny, wanted)
    check(tiny, wanted, tmp_path_factory.mktemp("values"))
