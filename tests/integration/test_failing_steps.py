"""What a person reads when a layer's own step fails: the line of the layer's file, the command, and
the end of what it printed, in order."""

from __future__ import annotations

import re

import pytest

from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker

ALPHA, BETA = "alpha@trixie-amd64", "beta@trixie-amd64"
NOISY = """\
description: Says what is wrong first, and much that is right after it
on: [tools]
apt: [jq]
run: |

  # The line that fails is told by its number in this file.
  explain() {
    echo "the cause" >&2
    for i in {1..3}; do echo "out $i"; echo "err $i" >&2; done
    ls /nowhere
  }
  true
  explain
"""


def told(tiny: Tiny, cell: str) -> list[str]:
    """Return what the end of a build says of a cell that failed."""
    image = cell.partition("@")[0]
    ended = tiny.run("build", image)
    assert ended.code == 1, ended.said
    return ended.err[ended.err.index(f"failed {cell}") :].splitlines()


def test_a_script_in_layer_yaml(tiny: Tiny) -> None:
    tiny.layer("alpha", NOISY)
    lines = told(tiny, ALPHA)
    layer = tiny.root / "images/alpha/layer.yaml"
    start = next(number for number, line in enumerate(lines) if f"{layer}:10:" in line)
    assert lines[start].endswith("`ls /nowhere` exited 2")
    output = ["the cause", *(f"{kind} {i}" for i in (1, 2, 3) for kind in ("out", "err"))]
    printed = [line.strip() for line in lines[start + 1 :]]
    assert printed[: len(output)] == output
    assert "cannot access '/nowhere'" in printed[len(output)]
    assert not any("catalog: run" in line for line in lines)


def test_a_script_in_a_file(tiny: Tiny) -> None:
    tiny.layer(
        "alpha", "description: x\non: [tools]\napt: [jq]\nprepare: first.sh\nrun: second.py\n"
    )
    first = tiny.root / "images/alpha/first.sh"
    first.write_text('#!/usr/bin/env bash\n\nprintf done >/opt/first\n: "$unset"\n')
    second = first.with_name("second.py")
    second.write_text("#!/usr/bin/perl\n# Any program of the image may read it.\nexit 3;\n")
    lines = told(tiny, ALPHA)
    assert any(f'{first}:4: `: "$unset"` exited 1' in line for line in lines), lines
    assert any(f"{first}:4: unset: unbound variable" in line for line in lines), lines

    first.write_text('printf "$AXIS_DEBIAN" >/opt/first\n')
    lines = told(tiny, ALPHA)
    assert any(f"{second}: `/scripts/second.py` exited 3" in line for line in lines), lines

    second.write_text("#!/usr/bin/perl\nopen my $out, '>', '/opt/second'; print $out 'two';\n")
    tiny.build("alpha")
    entries = tiny.facts(ALPHA).entries
    assert {"opt/first", "opt/second"} <= set(entries)
    assert not any(path.startswith("scripts") for path in entries)


def test_what_would_download_is_told_that_there_is_no_network(tiny: Tiny) -> None:
    tiny.layer(
        "alpha", "description: x\non: [tools]\napt: [jq]\nrun: |\n  apt-get install -y nonesuch\n"
    )
    tiny.layer(
        "beta",
        "description: x\non: [tools]\nrun: |\n  getent hosts example.org || {\n"
        '    perl -MSocket -e \'Socket::getaddrinfo("example.org", 80) and print'
        ' "Temporary failure in name resolution\\n"\'\n    exit 9\n  }\n',
    )
    lines = "\n".join(told(tiny, ALPHA))
    assert "images/alpha/layer.yaml:5: `apt-get install -y nonesuch` exited 100" in lines
    assert "builds run without a network: declare what it downloads under `apt`" in lines
    lines = "\n".join(told(tiny, BETA))
    assert re.search(r"images/beta/layer\.yaml:6: `exit 9` exited 9", lines), lines
    assert "without a network" in lines


def test_a_step_of_the_layers_own_template(tiny: Tiny) -> None:
    template = tiny.root / "images/alpha/Dockerfile.j2"
    template.write_text(
        '{% include "steps.j2" %}\n{#- a comment\nof two lines #}\n\nRUN true\n'
        "RUN echo {{ axes.debian }} && false\n"
    )
    assert any(f"{template}:6: the step exited 1" in line for line in told(tiny, ALPHA))
    template.write_text('RUN true\n{% include "steps.j2" %}\n')
    tiny.change("alpha", "install -D", "uninstall -D")
    lines = told(tiny, ALPHA)
    layer = tiny.root / "images/alpha/layer.yaml"
    assert any(f"{layer}:5: `uninstall -D" in line for line in lines), lines
