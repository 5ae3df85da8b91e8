from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.catalog.model import Layer
from builder.catalog.script import file_of
from builder.errors import InputError
from builder.graph.model import Cell, Graph, ImagePoint
from builder.lock.model import Artifact, Lock, Slice
from builder.oci.model import ImageConfig
from builder.render.dockerfile import context, dockerfile, flat, user

POINT = {"debian": "trixie", "python": "3.13"}


def cell(name: str, below: tuple[str, ...] = (), **layer: Any) -> Cell:
    return Cell(
        id=f"{name}@x",
        name=name,
        point=POINT,
        layer=Layer(description=name, **layer),
        parents=(),
        ancestors=below,
    )


def graph(*cells: Cell) -> Graph:
    return Graph(cells={one.id: one for one in cells}, images={})


def lock(
    one: Cell, *artifacts: Artifact | str, accounts: Mapping[str, int] | None = None, **fields: Any
) -> Lock:
    """Return a lock with one cell that holds these artifacts."""
    held = {}
    for artifact in artifacts:
        whole = deb(artifact) if isinstance(artifact, str) else artifact
        held[whole.id] = whole
    cells = {one.id: Slice(asks="", artifacts=tuple(held), **fields)}
    return Lock(moment="", artifacts=held, cells=cells, accounts=accounts or {})


def deb(name: str, **extra: str) -> Artifact:
    return Artifact(
        id=name,
        kind="deb",
        name=name.removeprefix("deb:").partition("=")[0],
        version="1",
        origin="debian",
        locator="",
        digest="",
        size=0,
        extra=extra,
    )


BOTTOM = cell("bottom", bootstrap=True)


def text(
    one: Cell, *artifacts: Artifact | str, directory: Path | None = None, **fields: Any
) -> str:
    return dockerfile(
        graph(BOTTOM, one), one, lock(one, *artifacts, **fields), directory or Path("/nowhere")
    )


def test_a_cell_without_wishes_does_nothing() -> None:
    lines = [line for line in text(cell("empty", ("bottom@x",))).splitlines() if line]
    assert lines == [
        "FROM parent",
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]',
        "ARG SOURCE_DATE_EPOCH=315532800",
        "ARG CATALOG_LOCKED",
        "USER 0:0",
    ]


def test_every_step_runs_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "motd").write_text("hello")
    one = cell(
        "all",
        ("bottom@x",),
        prepare="true",
        run="true",
        files=[{"path": "/motd", "mode": "0600", "owner": "1000:100"}],
    )
    rendered = text(one, "deb:git=1:amd64", "python:six=1:any", directory=tmp_path)
    steps = [line for line in rendered.splitlines() if line.startswith("RUN")]
    assert len(steps) == 6
    assert all("--network=none" in step for step in steps)


def test_steps_stand_in_the_order_that_the_format_promises(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "motd").write_text("hello")
    one = cell(
        "all",
        ("bottom@x",),
        prepare="echo prepare",
        run="echo run",
        files=[{"path": "/motd", "mode": "0600"}],
    )
    rendered = text(one, "deb:git=1:amd64", "python:six=1:any", directory=tmp_path)
    marks = [
        "apt-get",
        "echo prepare",
        "uv --quiet pip install",
        "install -D",
        "chmod 0600 /motd",
        "echo run",
    ]
    assert sorted(marks, key=rendered.index) == marks


def test_what_root_runs_has_a_home_of_its_own() -> None:
    user = cell("user", ("bottom@x",), prepare="first", run="second", env={"HOME": "/home/someone"})
    scripts = text(user, "deb:git=1:amd64").split("END-OF-STEP'\n")[1:]
    assert len(scripts) == 3
    for script in scripts:
        assert script.startswith("export HOME=/root"), (
            f"root's files would be left in the user's home by:\n{script}"
        )


def test_scripts_know_the_axes() -> None:
    rendered = text(cell("one", ("bottom@x",), run="echo here"))
    axes = "export AXIS_DEBIAN=trixie\nexport AXIS_PYTHON=3.13\n"
    assert axes in rendered.partition("echo here\n")[0]


def test_a_script_may_be_a_file_of_the_layers_directory(tmp_path: Path) -> None:
    (tmp_path / "first.sh").write_text("#!/bin/bash\n\necho first\n")
    (tmp_path / "second.py").write_text("#!/usr/bin/env python3\nprint('second')\n")
    one = cell("one", ("bottom@x",), prepare="first.sh", run="second.py")
    whole = graph(BOTTOM, one)
    tree = context(whole, one, lock(one), tmp_path)
    rendered = tree["Dockerfile"].data.decode()
    assert "\n#!/bin/bash\n\necho first\nEND-OF-STEP\n" in rendered, "bash stands in the step"
    assert "source=scripts,target=/scripts" in rendered
    assert "\n/scripts/second.py\nEND-OF-STEP\n" in rendered
    assert list(tree) == ["Dockerfile", "scripts/second.py"]
    assert tree["scripts/second.py"].mode == 0o755
    (tmp_path / "first.sh").write_text("echo other\n")
    assert context(whole, one, lock(one), tmp_path) != tree, "what a file says is in the key"


@pytest.mark.parametrize(
    ("script", "is_file"),
    [
        ("build.sh", True),
        ("install-all.R\n", True),
        ("ldconfig", False),
        ("python3.13", False),
        ("echo build.sh", False),
        ("./build.sh", False),
        ("", False),
    ],
)
def test_one_word_with_an_extension_is_a_file(script: str, *, is_file: bool) -> None:
    assert bool(file_of(script)) == is_file


def test_packages_that_nobody_asked_for_are_marked() -> None:
    rendered = text(
        cell("one", ("bottom@x",)),
        "deb:git=1:amd64",
        "deb:liberror-perl=1:all",
        auto=("liberror-perl",),
    )
    assert "apt-mark -qq auto liberror-perl" in rendered
    assert "apt-mark" not in text(cell("one", ("bottom@x",)), "deb:git=1:amd64")


def test_packages_that_make_accounts_give_them_the_ids_of_the_lock() -> None:
    maker = deb("deb:redis=1:amd64", accounts="redis")
    rendered = text(cell("one", ("bottom@x",), run="true"), maker, accounts={"redis": 300})
    before, install, after = (
        rendered.index(mark)
        for mark in (
            "cp -r /artifacts/accounts/sysusers.d /run/",
            "-y install",
            "/run/sysusers.d\n",
        )
    )
    assert before < install < after, "what gives ids is there while packages are installed, only"
    assert "DPkg::Path=/artifacts/accounts/bin:" in rendered
    assert "export PATH" not in rendered, "the layer's own script makes no account"
    assert "/artifacts/accounts" not in text(cell("one", ("bottom@x",)), "deb:git=1:amd64")


@pytest.mark.parametrize(
    "layer", [{"run": "useradd --system app"}, {"run": "./make", "accounts": ["app"]}]
)
def test_scripts_that_make_accounts_give_them_the_ids_of_the_lock(layer: Any) -> None:
    rendered = text(cell("one", ("bottom@x",), **layer), accounts={"app": 300})
    assert "export PATH=/artifacts/accounts/bin:$PATH\n" in rendered


def test_environment_values_are_quoted() -> None:
    rendered = text(
        cell(
            "one",
            ("bottom@x",),
            env={"GREETING": 'say "hi" \\ there', "EMPTY": ""},
            path=["/opt/one/bin"],
        )
    )
    assert 'ENV GREETING="say \\"hi\\" \\\\ there"\n' in rendered
    assert 'ENV EMPTY=""\n' in rendered
    assert "ENV PATH=/opt/one/bin:$PATH\n" in rendered


def test_python_packages_belong_to_the_user_of_the_layers_below() -> None:
    below = [
        BOTTOM,
        cell("low", ("bottom@x",), user="1000", service=True),
        cell("high", ("bottom@x", "low@x"), user="2000"),
    ]
    one = cell("one", ("bottom@x", "low@x", "high@x"))
    whole = graph(*below, one)
    assert user(whole, one) == "1000", "the service decides"
    assert user(whole, below[1]) == "0", "its own user is for images, not for its own build"
    rendered = dockerfile(whole, one, lock(one, "python:six=1:any"), Path("/nowhere"))
    assert (
        rendered.index("USER 1000\n")
        < rendered.index("uv --quiet pip install")
        < rendered.rindex("USER 0:0\n")
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"path": "/opt/one", "mode": "0750"}, "chmod 0750 /opt/one"),
        (
            {"path": "/opt/one/*", "owner": "1000:100"},
            "chown -h 1000:100 /opt/one/a '/opt/one/b c' /opt/one/d",
        ),
        (
            {"path": "/opt/one/b c", "owner": "1000", "mode": "0600"},
            "chown -h 1000 '/opt/one/b c' && chmod 0600 '/opt/one/b c'",
        ),
    ],
)
def test_modes_and_owners_are_for_the_layers_own_files(
    tmp_path: Path, entry: Mapping[str, str], expected: str
) -> None:
    for name in ("a", "b c", "d"):
        path = tmp_path / "files" / "opt" / "one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert f"RUN --network=none {expected}\n" in text(
        cell("one", ("bottom@x",), files=[entry]), directory=tmp_path
    )


def test_a_context_holds_files_with_the_mode_that_git_keeps(tmp_path: Path) -> None:
    for name, mode in (("plain", 0o600), ("program", 0o700)):
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        path.chmod(mode)
    one = cell("one", ("bottom@x",))
    tree = context(graph(BOTTOM, one), one, lock(one), tmp_path)
    assert {path: oct(file.mode) for path, file in tree.items()} == {
        "Dockerfile": "0o644",
        "files/plain": "0o644",
        "files/program": "0o755",
    }
    assert not context(graph(BOTTOM), BOTTOM, lock(BOTTOM, "deb:apt=1:amd64"), tmp_path), (
        "a bootstrapped cell needs no Dockerfile"
    )


def test_a_checkout_with_another_umask_gives_the_same_context(tmp_path: Path) -> None:
    """Git keeps of a mode whether a file is executable; the rest is the umask's."""
    trees = []
    for umask in (0o002, 0o022, 0o077):
        directory = tmp_path / f"{umask:o}"
        for name, mode in (("files/etc/one", 0o666), ("files/bin/two", 0o777), ("run.py", 0o666)):
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/usr/bin/env python3\n")
            path.chmod(mode & ~umask)
        one = cell("one", ("bottom@x",), run="run.py")
        trees.append(context(graph(BOTTOM, one), one, lock(one), directory))
    assert trees[0] == trees[1] == trees[2]


def test_a_layer_may_bring_instructions_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.j2").write_text("RUN echo {{ axes.python }} {{ cell.id }}\n")
    assert (
        text(cell("one", ("bottom@x",)), directory=tmp_path).strip().splitlines()[-1]
        == "RUN echo 3.13 one@x"
    )
    (tmp_path / "Dockerfile.j2").write_text('RUN echo first\n{% include "steps.j2" %}')
    lines = text(cell("one", ("bottom@x",), run="second"), directory=tmp_path).splitlines()
    assert lines.index("RUN echo first") < lines.index("second")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("RUN true\nRUN {{ nothing }}\n", "Dockerfile.j2:2:0: 'nothing' is undefined"),
        ("RUN true\n{% if %}\n", "Dockerfile.j2:2:0: Expected an expression"),
        (
            "{% include 'other.j2' %}",
            "Dockerfile.j2:1:0: there is no template 'other.j2' to include",
        ),
    ],
)
def test_a_template_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, template: str, expected: str
) -> None:
    (tmp_path / "Dockerfile.j2").write_text(template)
    with pytest.raises(InputError) as caught:
        text(cell("one", ("bottom@x",)), directory=tmp_path)
    assert expected in str(caught.value)


def test_rendering_depends_on_nothing_but_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = cell("one", ("bottom@x",), run="true", env={"A": "b"})
    before = text(one, "deb:git=1:amd64")
    for name, value in {
        "HOSTNAME": "elsewhere",
        "TZ": "Asia/Tokyo",
        "USER": "somebody",
        "LANG": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    os.umask(os.umask(0o077))
    assert text(one, "deb:git=1:amd64") == before


def test_the_flat_dockerfile_holds_every_cell_once_in_order(tmp_path: Path) -> None:
    one, other = (
        cell("one", ("bottom@x",), run="echo one"),
        cell("other", ("bottom@x",), prepare="echo other", run="run.pl", env={"B": "c"}),
    )
    whole = graph(BOTTOM, one, other)
    image = ImagePoint(
        id="both:1",
        name="both",
        tag="1",
        point=POINT,
        cells=("bottom@x", "one@x", "other@x"),
        description="Two",
    )
    (tmp_path / "one" / "files").mkdir(parents=True)
    (tmp_path / "one" / "files" / "motd").write_text("hello")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Dockerfile.j2").write_text('{% include "steps.j2" %}\nRUN own\n')
    (tmp_path / "other" / "run.pl").write_text("#!/usr/bin/perl\n")
    lock = Lock(
        moment="",
        artifacts=dict[str, Artifact](),
        cells={name: Slice(asks="", artifacts=()) for name in whole.cells},
    )
    config = ImageConfig(
        user="1000",
        cmd=("sleep", "1"),
        entrypoint=("/start",),
        expose=(8888,),
        workdir="/srv",
        labels={"title": 'a "b"'},
    )
    tree = flat(
        whole, image, lock, {name: tmp_path / name for name in ("bottom", "one", "other")}, config
    )
    rendered = tree["Dockerfile"].data.decode()
    assert list(tree) == ["Dockerfile", "files/one/motd", "scripts/other/run.pl"]
    marks = [
        "ADD roots/bottom@x.tar /",
        "# one@x",
        "source=files/one",
        "echo one",
        "# other@x",
        'ENV B="c"',
        "echo other",
        "source=scripts/other,target=/scripts",
        "RUN own",
        "COPY seal/ /",
    ]
    assert sorted(marks, key=rendered.index) == marks
    end = (
        'EXPOSE 8888\nLABEL title="a \\"b\\""\nUSER 1000\nWORKDIR /srv\nENTRYPOINT ["/start"]\nCMD'
        ' ["sleep", "1"]\n'
    )
    assert rendered.endswith(end)
