"""What a build builds, what it keeps, and what it says when a layer fails or two disagree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builder.cells import records, tree
from builder.oci.blob import blobs_of
from builder.sbom import contents
from tests.gates import AGAIN
from tests.integration.tiny import CATALOG, LAYERS, SYSTEM, Tiny

pytestmark = pytest.mark.docker

TOOLS, ALPHA, BETA, GAMMA = (f"{name}@trixie-amd64" for name in ("tools", "alpha", "beta", "gamma"))


def test_what_is_built_is_kept(built: Tiny) -> None:
    assert built.to_build() == {}
    before = built.digests()
    assert "nothing to do" in built.build().err
    assert built.digests() == before


def test_what_packages_say_is_noted_of_each_cell_when_it_is_built(built: Tiny) -> None:
    store = built.opened()
    cells = store.refs(records.PREFIX)
    summaries = [records.summary(store, manifest) for manifest in cells.values()]
    known = [contents.recall(store, summary) for summary in summaries]
    assert known
    assert all(known), "a bill of materials reads no layer"


OPENED = """
import sys
from builder.cli import main
sys.addaudithook(lambda event, arguments: print(arguments[0], file=sys.stderr) if event == "open" else None)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["plan", "build"])
def test_finding_nothing_to_do_reads_no_facts_and_asks_no_engine(built: Tiny, command: str) -> None:
    """What makes it quick: of each cell and image, its manifest is read, and for the rest their
    sizes are looked at."""
    argv = [sys.executable, "-c", OPENED, "-C", str(built.root / "catalog.yaml"), command]
    environment = built.env({"DOCKER_HOST": "unix:///nowhere/engine.sock"})
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    # A blob is opened below the descriptor of its directory, by its name alone.
    names = {Path(line).name for line in ended.stderr.splitlines()}
    opened = {name for name in names if re.fullmatch("[0-9a-f]{64}", name)}
    store = built.opened()
    large: set[str] = set()
    for ref in store.refs("cell/").values():
        blobs = blobs_of(store.read_json(ref))
        large |= {descriptor.digest.removeprefix("sha256:") for descriptor in blobs}
    assert opened
    assert not opened & large


def test_comments_order_and_descriptions_build_no_cell(built: Tiny) -> None:
    lines = LAYERS["beta"].splitlines(keepends=True)
    built.layer(
        "beta",
        "# a comment\n"
        + "".join(lines[-1:] + lines[1:-1] + ["description: Said in other words\n"]),
    )
    axes, images = CATALOG.index("axes:"), CATALOG.index("images:")
    (built.root / "catalog.yaml").write_text(
        "# a comment\n" + CATALOG[images:] + CATALOG[axes:images] + CATALOG[:axes]
    )
    assert built.to_build() == {}


def test_a_changed_file_builds_its_cell_and_what_holds_it(built: Tiny) -> None:
    before = built.digests()
    built.file("beta", "opt/beta/name", "other\n")
    expected = {
        BETA: ["files/opt/beta/name changed"],
        GAMMA: ["beta changed"],
        "beta:trixie": [f"{BETA} is built"],
        "both:trixie": [f"{BETA} is built", f"{GAMMA} is built"],
    }
    assert built.to_build() == expected
    said = built.build("beta", "both").err
    assert "4 done, 0 failed" in said
    assert built.to_build() == {}
    moved = {
        name for name, digest in built.digests().items() if before.get(name) not in {None, digest}
    }
    assert moved == {"beta:trixie", "both:trixie"} | {BETA, GAMMA} & moved


def test_a_changed_script_builds_its_cell_alone(built: Tiny) -> None:
    """What stands on it rests on its ABI, and is put on the new one without being built."""
    built.change("tools", "echo hello", "echo good day")
    reasons = built.to_build()
    assert [name for name in reasons if "@" in name] == [TOOLS]
    assert reasons[TOOLS] == ["Dockerfile changed"]
    before = built.digests()
    built.build()
    after = built.digests()
    assert {name for name in after if "@" in name and before.get(name) == after[name]} >= {
        SYSTEM,
        ALPHA,
        BETA,
        GAMMA,
    }
    assert all(before[name] != after[name] for name in after if ":" in name), (
        "every image holds the changed layer"
    )


def test_metadata_puts_images_together_again_and_builds_no_cell(built: Tiny) -> None:
    built.change(
        "beta",
        'env: {BETA: "yes"}',
        'env: {BETA: "yes"}\nexpose: [8080]\nservice: true\ncmd: [sleep, infinity]',
    )
    assert built.to_build() == {
        name: ["its cells or its metadata changed"] for name in ("beta:trixie", "both:trixie")
    }
    built.build()
    store = built.opened()
    config = store.read_json(built.manifest("both:trixie"))["config"]
    process = json.loads(store.path(config["digest"]).read_bytes())["config"]
    assert process["Cmd"] == ["sleep", "infinity"]
    assert process["ExposedPorts"] == {"8080/tcp": {}}
    assert "BETA=yes" in process["Env"]


def test_a_package_asked_for_builds_the_cell_and_what_stood_on_the_package(built: Tiny) -> None:
    built.change("alpha", "apt: [jq]", "apt: [jq, attr]")
    refused = built.run("plan")
    assert refused.code == 2
    assert f"{ALPHA} asks for something else now" in refused.err
    assert "catalog lock" in refused.err
    built.done("lock")
    reasons = built.to_build()
    assert reasons[ALPHA][0].startswith("+ attr ")
    assert [name for name in reasons if "@" in name] == [ALPHA, GAMMA]
    built.build("alpha")
    assert "attr" in built.facts(ALPHA).packages["deb"]


def test_a_failing_layer_holds_back_only_what_stands_on_it(tiny: Tiny) -> None:
    tiny.change(
        "alpha",
        "install -D /dev/stdin /opt/alpha/name <<<alpha",
        "echo the reason is written here >&2; exit 7",
    )
    ended = tiny.run("build", "alpha", "beta", "both")
    assert ended.code == 1
    built = tiny.digests()
    assert built.keys() >= {TOOLS, BETA, "beta:trixie"}
    assert not built.keys() & {ALPHA, GAMMA, "alpha:trixie", "both:trixie"}
    summary = ended.err[ended.err.index(f"failed {ALPHA}") :]
    assert "the reason is written here" in summary, "the summary holds the end of the log"
    (log,) = tiny.root.glob(f".catalog/logs/*/{ALPHA}.log")
    assert f"all of it: {log}" in summary
    assert "the reason is written here" in log.read_text()
    assert f"held back by {ALPHA}: {GAMMA}, alpha:trixie, both:trixie" in summary
    assert "1 failed, 3 held back" in summary
    assert not tiny.damaged() + tiny.left()


def test_a_failing_package_is_told_by_what_apt_said(tiny: Tiny) -> None:
    tiny.change("alpha", "description:", "prepare: false\ndescription:")
    ended = tiny.run("build", "alpha")
    assert ended.code == 2, "a boolean is not a script"
    tiny.layer("alpha", LAYERS["alpha"])
    (tiny.root / "images/alpha/Dockerfile.j2").write_text(
        "USER 0\nRUN apt-get install -y no-such-package\n"
    )
    ended = tiny.run("build", "alpha")
    assert ended.code == 1
    assert (
        "Unable to locate package no-such-package"
        in ended.err[ended.err.index(f"failed {ALPHA}") :]
    )


def test_two_layers_that_disagree_are_named_with_the_path(tiny: Tiny) -> None:
    tiny.file("alpha", "opt/shared", "one\n")
    tiny.file("beta", "opt/shared", "other\n")
    ended = tiny.run("build", "alpha", "beta", "both")
    assert ended.code == 1
    # Each is sound alone; what joins the two stands on both.
    assert tiny.digests().keys() >= {"alpha:trixie", "beta:trixie"}
    summary = ended.err[ended.err.index(f"failed {GAMMA}") :]
    assert f"/opt/shared: {BETA} disagrees (different bytes) with {ALPHA}" in summary
    assert "let only one layer write the path" in summary


def test_what_two_layers_hold_both_is_told_by_the_plan(tiny: Tiny) -> None:
    for layer in ("alpha", "beta"):
        tiny.file(layer, "opt/shared", "the same\n" * 1000)
    tiny.build("both")
    told = tiny.done("plan", "--all").out.partition("Duplicated files")[2]
    assert re.search(r"^alpha \+ beta +9\.0 kB +1 images$", told, re.MULTILINE), told
    assert "Duplicated files" not in tiny.done("plan").out, "too little to be worth a layer"


def test_two_images_that_disagree_fail_alone(tiny: Tiny) -> None:
    """Without glue, it is the image in which they meet that cannot be."""
    tiny.file("links", "opt/alpha/name", "links\n")
    (tiny.root / "catalog.yaml").write_text(
        CATALOG + "  clash: {layers: [alpha, links], tag: '{debian}'}\n"
    )
    ended = tiny.run("build", "alpha", "links", "clash")
    assert ended.code == 1
    assert "failed clash:trixie" in ended.err
    assert (
        "/opt/alpha/name: links@trixie-amd64 disagrees (different bytes) with alpha@trixie-amd64"
        in ended.err
    )
    assert tiny.digests().keys() >= {"alpha:trixie", "links:trixie"}
    assert "clash:trixie" not in tiny.digests()


@pytest.mark.parametrize(
    ("script", "path", "owner", "how"),
    [
        ("rm /usr/bin/diff", "usr/bin/diff", (SYSTEM, "diffutils"), "deletes a path of"),
        ("rm -r /usr/share/perl5", "usr/share/perl5", (SYSTEM, ""), "deletes a path of"),
        (
            "echo changed >/usr/bin/diff",
            "usr/bin/diff",
            (SYSTEM, "diffutils"),
            "replaces (different bytes) a path of",
        ),
        (
            "chmod 0700 /usr/bin/diff",
            "usr/bin/diff",
            (SYSTEM, "diffutils"),
            "replaces (mode and owner",
        ),
        (
            "ln -sf diff3 /usr/bin/cmp",
            "usr/bin/cmp",
            (SYSTEM, "diffutils"),
            "replaces (symlink instead of file) a path of",
        ),
        (
            "echo echo >>/etc/skel/.bashrc",
            "etc/skel/.bashrc",
            (TOOLS, ""),
            "replaces (different bytes) a path of",
        ),
        (
            "userdel person",
            "etc/passwd",
            (TOOLS, ""),
            f"changes what belongs to {SYSTEM} and {TOOLS}: person is removed",
        ),
        (
            "dpkg --purge --force-all ncurses-bin >/dev/null",
            "var/lib/dpkg/status",
            (SYSTEM, ""),
            f"changes what belongs to {SYSTEM}: ",
        ),
    ],
)
def test_a_layer_that_harms_one_below_is_refused(
    tiny: Tiny, script: str, path: str, owner: tuple[str, str], how: str
) -> None:
    cell, package = owner
    tiny.layer("beta", f"description: Does harm\non: [tools]\nrun: {script}\n")
    ended = tiny.run("build", "beta")
    assert ended.code == 1
    line = next(
        (
            line
            for line in ended.err[ended.err.index(f"failed {BETA}") :].splitlines()
            if line.startswith(f"/{path}: ")
        ),
        "",
    )
    assert line, f"/{path} is not named:\n{ended.err}"
    assert line.startswith(f"/{path}: {BETA} {how}")
    assert cell in line
    assert line.endswith(f", of Debian package {package}") == bool(package)
    assert BETA not in tiny.digests()
    assert not tiny.damaged() + tiny.left()


def test_a_declared_replacement_wins_in_any_order(built: Tiny) -> None:
    """`tools` replaces a file of Debian's package bash, and says so."""
    cells = [built.facts(name) for name in (SYSTEM, TOOLS, BETA)]
    replaced = "etc/skel/.bashrc"
    assert list(cells[1].replaces) == [replaced]
    one, other = tree.merged(cells), tree.merged(cells[::-1])
    assert one == other
    assert one[replaced] == cells[1].entries[replaced] != cells[0].entries[replaced]


@AGAIN
def test_a_rebase_builds_the_lowest_cell_and_no_other(built: Tiny) -> None:
    """A change at the bottom: every image is put together again from the deltas that are there."""
    before = {name: layers(built, name) for name in built.digests() if ":" in name}
    chunks = len(built.facts(SYSTEM).delta)
    assert chunks > 2
    built.change(
        "system", "apt: [apt, base-files, passwd]", "apt: [apt, base-files, passwd, adduser]"
    )
    built.done("lock")
    assert {name: why for name, why in built.to_build().items() if "@" in name}.keys() == {SYSTEM}
    said = built.build().err
    assert "8 done, 0 failed" in said, said
    assert re.search(f"done {TOOLS} .*is right on what is below it now", said), (
        "it replaces a file of the bottom, which is the same"
    )
    for name, old in before.items():
        new = layers(built, name)
        assert len(new) == len(old)
        kept = [one == other for one, other in zip(new[:chunks], old[:chunks], strict=True)]
        moved = [number for number, same in enumerate(kept) if not same]
        assert len(moved) == 2, "the chunk that the new package joined, and that of no package"
        assert moved[0] == 0
        assert new[chunks:-1] == old[chunks:-1], "the deltas above are those of before"
    assert built.to_build() == {}


def test_what_a_layer_replaces_is_looked_at_when_what_is_below_changed(tiny: Tiny) -> None:
    """A layer that edits a file of one below is made again when the file is another, and only
    then."""
    tiny.file("tools", "etc/motd.d/tools", "one\n")
    tiny.file("tools", "opt/tools/other", "one\n")
    tiny.layer(
        "beta",
        "description: Edits\non: [tools]\nreplaces: [/etc/motd.d/tools]\nrun: sed -i 's/$/,"
        " edited/' /etc/motd.d/tools\n",
    )
    tiny.build("beta")
    before = tiny.digests()
    tiny.file("tools", "opt/tools/other", "other\n")
    reasons = tiny.to_build("beta")
    assert BETA not in reasons
    assert "1 to build, 1 to check, 1 kept" in tiny.done("plan", "beta").out
    said = tiny.build("beta").err
    assert re.search(f"done {BETA} .*is right on what is below it now", said), said
    assert tiny.digests()[BETA] == before[BETA]
    assert tiny.to_build("beta") == {}
    tiny.file("tools", "etc/motd.d/tools", "two\n")
    said = tiny.build("beta").err
    assert re.search(
        f"done {BETA} .*; /etc/motd.d/tools of {TOOLS}, which it replaces, changed", said
    ), said
    assert tiny.digests()[BETA] != before[BETA]
    assert tiny.to_build("beta") == {}


def test_a_build_that_ended_between_the_two_is_gone_on_with(tiny: Tiny) -> None:
    tiny.file("tools", "etc/motd.d/tools", "one\n")
    tiny.layer(
        "beta",
        "description: Edits\non: [tools]\nreplaces: [/etc/motd.d/tools]\nrun: sed -i 's/$/,"
        " edited/' /etc/motd.d/tools\n",
    )
    tiny.build("beta")
    tiny.file("tools", "etc/motd.d/tools", "two\n")
    tiny.build(TOOLS)
    assert tiny.to_build("beta")[BETA] == [
        f"/etc/motd.d/tools of {TOOLS}, which it replaces, changed"
    ]
    tiny.build("beta")
    assert tiny.to_build("beta") == {}


def layers(tiny: Tiny, image: str) -> list[str]:
    store = tiny.opened()
    return [layer["digest"] for layer in store.read_json(tiny.manifest(image))["layers"]]


def test_a_proxy_that_docker_is_configured_with_reaches_no_step(
    built: Tiny, tmp_path: Path
) -> None:
    """Docker's client would set it, with its password, in every step."""
    proxy = "http://ann:s3cret.W0rd@127.0.0.1:1"
    configuration = {"proxies": {"default": {"httpProxy": proxy, "httpsProxy": proxy}}}
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    built.change(
        "beta", "run: |\n", "run: |\n  if env | grep --ignore-case proxy; then exit 1; fi\n"
    )
    built.build("beta", DOCKER_CONFIG=str(tmp_path))
