"""The commands that look at a catalog, as a user types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from builder.cli import main
from tests.unit.sound import unpack


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("sound"))


def catalog(*arguments: str, path: Path) -> int:
    return main(["-C", str(path), *arguments])


def test_validate(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("validate", path=sound) == 0
    assert "layers" in capsys.readouterr().out
    assert catalog("validate", "--json", path=sound) == 0
    assert json.loads(capsys.readouterr().out) == {"problems": [], "warnings": []}


def test_validate_shows_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "catalog.yaml").write_text(
        "nmae: x\naxes: {a: {values: {'1': }}}\nimages: {i: {layers: [b]}}\n"
    )
    assert catalog("validate", path=tmp_path / "catalog.yaml") == 2
    error = capsys.readouterr().err
    assert "catalog.yaml:1:1: unknown key 'nmae'\n  hint: did you mean 'name'?" in error
    assert "catalog.yaml:3:23: unknown layer 'b'" in error
    assert "2 problems" in error
    assert catalog("validate", "--json", path=tmp_path / "catalog.yaml") == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(problem["line"], problem["column"]) for problem in problems] == [(1, 1), (3, 23)]


def test_validate_names_layers_that_no_image_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("base", "idle"):
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "layer.yaml").write_text(
            "description: x\naxes: [debian]\nbootstrap: true\n"
        )
    (tmp_path / "catalog.yaml").write_text(
        "name: x\naxes: {debian: {values: {'1': }}}\nimages: {i: {layers: [base]}}\n"
    )
    assert catalog("validate", path=tmp_path / "catalog.yaml") == 0
    assert capsys.readouterr().err == "warning: no image has the layer idle\n"


CHARTS = Path(__file__).parents[3] / "charts"
SERVICE = """\
title: Test
description: {en: For tests}
image: i
icon: https://example.org/icon.svg
groups: [image, networking]
port: 80
command: "- {{ .Values.networking.service.prot }}"
probe: {tcp: true}
"""


@pytest.mark.parametrize("layers", ["base", "bsae"])
def test_validate_looks_at_charts_whether_or_not_the_catalog_is_right(
    layers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Where the options are is found in catalog.yaml although that is wrong.
    for name in ("options", "library", "stubs"):
        shutil.copytree(CHARTS / name, tmp_path / "shared" / name)
    for path, text in {
        "images/base/layer.yaml": "description: x\naxes: [debian]\nbootstrap: true\n",
        "catalog.yaml": (
            "name: x\nregistry: registry.example/x\naxes: {debian: {values: {'1': }}}\n"
            "charts: {library: shared}\n"
            f"images: {{i: {{layers: [{layers}]}}}}\n"
        ),
        "charts/one/service.yaml": SERVICE,
        "charts/two/service.yaml": SERVICE.replace("port: 80\n", ""),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert catalog("validate", "--json", path=tmp_path / "catalog.yaml") == 2
    told = json.loads(capsys.readouterr().out)["problems"]
    assert [one["message"] for one in told if "library" not in one["file"]] == [
        *(["unknown layer 'bsae'"] if layers == "bsae" else []),
        "command: the chart has no option 'networking.service.prot'",
        "the key 'port' is missing",
    ]


def test_list(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("list", "python", path=sound) == 0
    assert capsys.readouterr().out.split()[:6] == [
        "image",
        "tags",
        "description",
        "python",
        "py3.13",
        "py3.11",
    ]
    assert catalog("list", "--json", "python:*13", path=sound) == 0
    (image,) = json.loads(capsys.readouterr().out)
    assert (image["id"], image["point"]["python"]) == ("python:py3.13", "3.13")
    assert catalog("list", "--absent", "--json", "python", path=sound) == 0
    assert [entry["point"] for entry in json.loads(capsys.readouterr().out)] == [
        {"debian": "trixie", "python": "3.11"},
        {"debian": "bookworm", "python": "3.13"},
    ]


def test_list_of_nothing(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("list", "pyton", path=sound) == 2
    assert (
        capsys.readouterr().err
        == "PATTERN: no image matches 'pyton'\n  hint: did you mean 'python'?\n1 problem\n"
    )


def test_an_image_that_a_rule_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images/base").mkdir(parents=True)
    (tmp_path / "images/base/layer.yaml").write_text(
        "description: x\naxes: [debian]\nbootstrap: true\n"
    )
    path = tmp_path / "catalog.yaml"
    images = (
        "images: {i: {layers: [base]}, j: {layers: [base]}}\nexclude: [{image: j, because: nobody"
        " asks}]\n"
    )
    path.write_text(f"name: x\naxes: {{debian: {{values: {{trixie: }}}}}}\n{images}")
    assert catalog("list", "--absent", "j", path=path) == 0
    assert capsys.readouterr().out.split()[-5:] == ["j", "every", "point", "nobody", "asks"]
    assert catalog("list", "j", path=path) == 2
    assert "the image 'j' has no point: nobody asks" in capsys.readouterr().err
    assert catalog("show", "j", path=path) == 1
    assert capsys.readouterr().out == "j is absent at every point:\n  nobody asks\n"


def test_show(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("show", "lab-r:py3.13-r4.5", path=sound) == 0
    out = capsys.readouterr().out
    assert "debian=trixie,python=3.13,r=4.5" in out
    assert "kernel" in out
    assert catalog("show", "lab-r", "--at", "debian=bookworm", "--json", path=sound) == 0
    (image,) = json.loads(capsys.readouterr().out)["images"]
    joined = {layer["layer"]: layer["joined"] for layer in image["layers"]}
    assert (joined["lab"], joined["kernel"], joined["python"]) == (
        "asked for",
        "glue",
        "stood on",
    )


def test_show_says_why_an_image_is_absent(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("show", "python", "--at", "python=3.13,debian=bookworm", path=sound) == 1
    assert (
        capsys.readouterr().out == "python is absent at python=3.13,debian=bookworm:\n"
        "  debian=bookworm,python=3.13: 3.13 is the Python of trixie\n"
        "nearest: python:py3.13, at debian=trixie,python=3.13\n"
    )
    assert (
        catalog("show", "python", "--at", "python=3.13,debian=bookworm", "--json", path=sound) == 1
    )
    document = json.loads(capsys.readouterr().out)
    assert (document["images"], document["nearest"]) == ([], "python:py3.13")


def test_show_names_packages_that_are_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = unpack(tmp_path)
    layer = root.parent / "images" / "python" / "layer.yaml"
    layer.write_text(
        layer.read_text()
        + "apt:\n"
        + "  - {when: {debian: trixie}, packages: [mc], because: bookworm has none}\n"
        + "  - {when: {debian: trixie}, packages: [bare]}\n"
        + "  - {when: {debian: bookworm}, packages: [old]}\n"
    )
    assert catalog("show", "lab-r", "--at", "debian=bookworm", path=root) == 0
    out = capsys.readouterr().out
    assert "python has no mc: bookworm has none\n" in out
    assert "python has no bare: wanted at debian trixie only\n" in out
    assert "has no old" not in out
    assert catalog("show", "lab-r", "--at", "debian=trixie", "--json", path=root) == 0
    (image,) = json.loads(capsys.readouterr().out)["images"]
    absent = {layer["layer"]: layer["absent"] for layer in image["layers"]}
    assert absent["python"] == [{"names": ["old"], "because": "wanted at debian bookworm only"}]


def test_show_of_nothing(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("show", "pyton", path=sound) == 2
    assert "did you mean 'python'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "start"),
    [("--dot", "digraph"), ("--mermaid", "flowchart"), ("--json", "{"), ("-h", "usage")],
)
def test_graph(sound: Path, form: str, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    if form == "-h":
        with pytest.raises(SystemExit):
            catalog("graph", form, path=sound)
    else:
        assert catalog("graph", form, path=sound) == 0
    assert capsys.readouterr().out.startswith(start)


def test_graph_as_a_tree(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("graph", path=sound) == 0
    assert "├── " in capsys.readouterr().out


def test_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "catalog.yaml"
    assert catalog("schema", "layer", path=path) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Layer"
    assert catalog("schema", "--check", path=path) == 1
    missing = "schemas/catalog.schema.json: missing; run `catalog schema --write`"
    assert missing in capsys.readouterr().out
    assert catalog("schema", "--write", path=path) == 0
    assert catalog("schema", "--check", path=path) == 0


def test_a_sample_is_listed_with_what_it_leaves_out(
    sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert catalog("list", "--sample", path=sound) == 0
    told = capsys.readouterr().out
    assert re.search(r"^python:py3\.13 +shown by lab-r:py3\.13-r4\.5$", told, re.MULTILINE)
    assert re.search(r"^code-r:r4\.2 +1 layer at a version", told, re.MULTILINE)
    assert "6 of 6 layers, " in told
    assert "heavy" not in told
    assert catalog("list", "--sample", "--json", path=sound) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["missed"] == []
    assert "pair kernel + r" in document["shown"]
    assert document["left_out"]["python:py3.13"] == {"shown_by": ["lab-r:py3.13-r4.5"]}


def test_a_heavy_layer_is_left_out_of_a_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = unpack(tmp_path)
    layer = tmp_path / "images" / "code" / "layer.yaml"
    layer.write_text(layer.read_text() + "heavy: true\n")
    assert catalog("list", "--sample", path=path) == 0
    told = capsys.readouterr().out
    assert re.search(r"^code-r:r4\.5 +heavy: code$", told, re.MULTILINE)
    assert "5 of 6 layers, " in told
    assert re.search(r"^1 kind of artifact +npm$", told, re.MULTILINE)
    assert re.search(r"^\d pairs of layers that meet +base \+ code, code \+ ", told, re.MULTILINE)


def test_images_that_need_a_further_host_are_listed_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = unpack(tmp_path)
    layer = tmp_path / "images" / "code" / "layer.yaml"
    archives = (
        "archives:\n"
        "  new: {url: 'https://Far.invalid:8443/new.tgz', version: '1', when: {r: '4.5'}}\n"
        "  old: {url: 'http://old.invalid/old.tgz', version: '1', when: {r: '4.2'}}\n"
        "  own: {url: 'file:///srv/own.tgz', version: '1'}\n"
    )
    layer.write_text(layer.read_text().replace("on: [base]", "on: [r]") + archives)
    assert catalog("list", path=path) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[0].split() == ["image", "tags", "needs", "description"]
    assert re.search(r"^code-r +\S+ \S+ +far\.invalid old\.invalid ", table, re.MULTILINE), table
    assert catalog("list", "--json", path=path) == 0
    needs = {image["id"]: image["needs"] for image in json.loads(capsys.readouterr().out)}
    assert needs["code-r:r4.5"] == ["far.invalid"]
    assert needs["code-r:r4.2"] == ["old.invalid"]
    assert needs["python:py3.13"] == []
    assert catalog("list", "--sample", path=path) == 0
    told = capsys.readouterr().out
    assert re.search(
        r"^code-r:r4\.2 .*; left out where old\.invalid cannot be reached$", told, re.MULTILINE
    )
    assert catalog("show", "code-r:r4.5", path=path) == 0
    assert "needs far.invalid, beside the package registries\n" in capsys.readouterr().out


def test_show_a_layer(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("show", "lab", path=sound) == 0
    out = capsys.readouterr().out
    assert "lab  A notebook server in Python" in out
    assert "stands on python" in out
    assert "kernel stands on it" in out
    assert catalog("show", "lab", "--json", path=sound) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [cell["cell"] for cell in cells] == ["lab@trixie-py3.13", "lab@bookworm-py3.11"]
    assert cells[0]["images"] == ["lab-python:py3.13", "lab-r:py3.13-r4.5"]


def test_show_a_cell(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog("show", "code@bookworm", "--json", path=sound) == 0
    (cell,) = json.loads(capsys.readouterr().out)["cells"]
    assert cell["cell"] == "code@bookworm"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("kernl", "there is no image, layer or cell 'kernl'\n  hint: did you mean 'kernel'?"),
        ("code@buster", "there is no cell 'code@buster'\n  hint: "),
        ("python:py3.12", "did you mean 'python:py3.1"),
    ],
)
def test_show_of_what_is_not_there(
    word: str, said: str, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert catalog("show", word, path=sound) == 2
    error = capsys.readouterr().err
    assert said in error
    assert f"did you mean {word!r}" not in error


def test_show_tells_what_is_absent_where_it_is(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shutil.copytree(sound.parent, tmp_path / "copy") / sound.name
    with (path.parent / "images/lab/layer.yaml").open("a") as file:
        file.write(
            "absent:\n"
            "  - {names: [tex, latex], because: it is large}\n"
            "  - {names: [mc], because: Debian has it later, when: {debian: bookworm}}\n"
        )
    for name in ("lab-python", "lab"):
        assert catalog("show", name, path=path) == 0
        out = capsys.readouterr().out
        assert len(re.findall(r" has no tex, latex: it is large$", out, re.MULTILINE)) == 2
        assert len(re.findall(r" has no mc: Debian has it later$", out, re.MULTILINE)) == 1
    assert catalog("show", "lab-python:py3.13", "--json", path=path) == 0
    (image,) = json.loads(capsys.readouterr().out)["images"]
    absent = {layer["layer"]: layer["absent"] for layer in image["layers"]}
    assert absent["lab"] == [{"names": ["tex", "latex"], "because": "it is large"}]


def test_absent_names_axes_that_the_layer_has(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shutil.copytree(sound.parent, tmp_path / "copy") / sound.name
    with (path.parent / "images/lab/layer.yaml").open("a") as file:
        file.write("absent: [{names: [mc], because: none, when: {debain: bookworm}}]\n")
    assert catalog("validate", path=path) == 2
    error = capsys.readouterr().err
    assert "layer.yaml:" in error
    assert "did you mean 'debian'?" in error


def test_show_tells_what_an_image_needs_of_a_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = unpack(tmp_path)
    assert catalog("show", "lab-r:py3.13-r4.5", "--json", path=root) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["gpu"] is None
    layer = root.parent / "images" / "python" / "layer.yaml"
    said = "gpu: [{driver: '580.65.06', architectures: [sm_80, sm_90]}]\nshared: [x]\n"
    layer.write_text(layer.read_text() + said)
    assert catalog("show", "lab-r:py3.13-r4.5", path=root) == 0
    out = capsys.readouterr().out
    assert "needs an NVIDIA driver 580.65.06 or newer\nhas code for sm_80, sm_90\n" in out
