"""A catalog that extends another one: what each key does to what is there, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from builder.catalog import source
from builder.catalog.document import checked
from builder.catalog.folder import folder
from builder.catalog.fork import Fork
from builder.catalog.levels import Level, Levels, document_of, read
from builder.catalog.load import Loaded, load
from builder.catalog.merged_catalog import catalog
from builder.catalog.overlay import Misses, joined, node
from builder.errors import InputError
from builder.graph.build import graph
from tests.unit.catalog.test_load import lay, sections

Fork_ = Callable[..., Loaded]
START = "format: 1\nextends: national\nname: ministry\n"


@pytest.fixture
def fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fork_:
    """Load a fork of the sound catalog, which says `text` and has further files."""
    monkeypatch.chdir(tmp_path)
    lay(tmp_path / "national", sections("sound"))

    def run(text: str = "", /, **files: str) -> Loaded:
        lay(tmp_path, {"catalog.yaml": START + text, **files})
        return load(Path("catalog.yaml"))

    return run


def wrong(fork: Fork_, text: str, **files: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        fork(text, **files)
    return [str(problem) for problem in caught.value.problems]


def names(loaded: Loaded) -> set[str]:
    return {image.name for image in graph(loaded).images.values()}


def test_what_upstream_has_is_there(fork: Fork_) -> None:
    loaded = fork()
    assert names(loaded) == {
        *("base", "python", "lab-python", "lab-r", "code-python", "code-r"),
    }
    assert loaded.catalog.name == "ministry"
    assert loaded.whose("python") == "upstream"


def test_what_says_where_it_publishes_is_its_own(fork: Fork_, tmp_path: Path) -> None:
    national = tmp_path / "national" / "catalog.yaml"
    national.write_text(
        "registry: there.example/x\nurl: https://there.example\n" + national.read_text()
    )
    loaded = fork()
    assert loaded.catalog.registry == "localhost:5000/catalog"
    assert loaded.catalog.url is None


def test_an_entry_of_its_own_joins_or_replaces(fork: Fork_) -> None:
    loaded = fork(
        "images: {base: {layers: [base], description: ours, tag: '{debian}'}, mine: {layers: [r]}}\n"
        "axes: {r: {values: {'4.5': {when: {debian: trixie}}}}}\n"
    )
    assert loaded.catalog.images["base"].description == "ours"
    assert "mine" in names(loaded)
    assert list(loaded.catalog.axes["r"].values) == ["4.5"]
    assert loaded.catalog.axes["r"].label == "{value}"


def test_a_patch_changes_parts(fork: Fork_) -> None:
    loaded = fork(
        "patch:\n"
        "  axes: {r: {values: {'4.5': {status: maintenance}}}}\n"
        "  images: {python: {description: ours}}\n"
        "  layers:\n"
        "    python: {python: {add: [scipy], remove: [numpy]}, env: {A: '1'}}\n"
        "    'co*': {npm: {'@scope/code': ^5, other: '*'}}\n"
    )
    axis = loaded.catalog.axes["r"]
    assert (axis.label, axis.values["4.5"].status) == ("r{value}", "maintenance")  # type: ignore[union-attr]
    assert loaded.catalog.images["python"].layers == ("python",)
    assert loaded.layers["python"].python == ("pip", "scipy")
    assert loaded.layers["python"].env == {"A": "1"}
    assert loaded.layers["code"].npm == {"@scope/code": "^5", "other": "*"}
    assert loaded.whose("python") == "patched"


def test_packages_at_some_points_are_removed_too(fork: Fork_, tmp_path: Path) -> None:
    file = tmp_path / "national" / "images" / "r" / "layer.yaml"
    file.write_text(
        "description: R\non: [base]\naxes: [r]\n"
        "apt: [{when: {r: '4.5'}, packages: [one, two]}, {when: {r: '4.2'}, packages: [two]}]\n"
    )
    loaded = fork("patch: {layers: {r: {apt: {remove: [two]}}}}\n")
    (entry,) = loaded.layers["r"].apt
    assert not isinstance(entry, str)
    assert entry.packages == ("one",)


def test_null_takes_an_entry_away(fork: Fork_, tmp_path: Path) -> None:
    file = tmp_path / "national" / "images" / "lab" / "layer.yaml"
    file.write_text(file.read_text() + "env: {A: '1', B: '2'}\n")
    loaded = fork("patch: {layers: {lab: {env: {A: null}, python: null}}}\n")
    assert loaded.layers["lab"].env == {"B": "2"}
    assert loaded.layers["lab"].python == ()


def test_dropped_images_are_gone_with_their_choices(fork: Fork_) -> None:
    loaded = fork("drop: {images: ['code-*', lab-r, base]}\n")
    assert names(loaded) == {"python", "lab-python"}
    assert "ide" in loaded.catalog.images["{ide}-{stack}"].product
    assert list(loaded.catalog.images["{ide}-{stack}"].product["ide"]) == ["lab"]


def test_one_of_a_family_is_dropped_by_a_rule_that_says_where(fork: Fork_) -> None:
    loaded = fork("drop: {images: [code-r]}\n")
    assert names(loaded) == {"base", "python", "lab-python", "lab-r", "code-python"}
    (absent,) = [one for one in graph(loaded).absent if one.name == "code-r"]
    assert absent.because == "catalog.yaml:4 drops it"


def test_only_what_is_kept_is_there(fork: Fork_) -> None:
    assert names(fork("keep: {images: [lab-r, 'pyth*']}\n")) == {"lab-r", "python"}


def test_nothing_is_built_at_a_dropped_value(fork: Fork_) -> None:
    made = graph(fork("drop: {axes: {debian: [bookworm]}}\n"))
    assert {image.point["debian"] for image in made.images.values()} == {"trixie"}


def test_a_dropped_layer_takes_its_glue_along(fork: Fork_) -> None:
    loaded = fork("drop: {layers: [lab], images: ['lab-*']}\n")
    assert set(loaded.layers) == {"base", "python", "r", "code"}


def test_what_needs_a_dropped_layer_is_told(fork: Fork_) -> None:
    assert wrong(fork, "drop: {layers: [python]}\n") == [
        (
            "catalog.yaml:4:17: python asks for the layer 'python', which is dropped here\n"
            "  hint: drop the image too, or patch it: images: {python: …}"
        ),
        (
            "catalog.yaml:4:17: the layer lab stands on 'python', which is dropped here\n"
            "  hint: drop lab too, or patch it: layers: {lab: {on: …}}"
        ),
        (
            "catalog.yaml:4:17: {ide}-{stack} asks for the layer 'python', which is dropped here\n"
            "  hint: drop the image too, or patch it: images: {{ide}-{stack}: …}"
        ),
    ]


def test_what_matches_nothing_is_told_with_the_nearest_word(fork: Fork_) -> None:
    text = (
        "keep: {images: [labb-*]}\n"
        "drop: {layers: [kernl], axes: {debain: [trixie], r: ['4.4']}, files: {bse: [/x]}}\n"
        "patch:\n"
        "  layers: {pyton: {}, r: {apt: {remove: [r-base-cor]}, env: {X: null}}}\n"
        "  images: {pithon: {}}\n"
    )
    assert [line.partition("\n")[0] for line in wrong(fork, text)] == [
        "catalog.yaml:4:17: upstream has no image 'labb-*' there",
        "catalog.yaml:5:17: upstream has no layer 'kernl' there",
        "catalog.yaml:5:32: upstream has no axis 'debain' there",
        "catalog.yaml:5:54: upstream has no value of r '4.4' there",
        "catalog.yaml:5:71: upstream has no layer 'bse' there",
        "catalog.yaml:7:12: upstream has no layer 'pyton' there",
        "catalog.yaml:7:42: upstream has no entry 'r-base-cor' there",
        "catalog.yaml:7:62: upstream has no entry 'X' there",
        "catalog.yaml:8:12: upstream has no image 'pithon' there",
    ]
    hints = [line.partition("hint: ")[2] for line in wrong(fork, text)]
    assert "did you mean 'kernel'?" in hints
    assert "did you mean 'r-base-core'?" in hints


def test_what_a_patch_says_wrong_is_told_at_its_place(fork: Fork_) -> None:
    text = "patch:\n  layers:\n    python:\n      expose: 80\n      pyton: [a]\n      on: [bas]\n"
    assert wrong(fork, text) == [
        "catalog.yaml:7:15: expected a list, found the number 80\n  hint: write [80]",
        "catalog.yaml:8:7: unknown key 'pyton'\n  hint: did you mean 'python'?",
        "catalog.yaml:9:12: unknown layer 'bas'\n  hint: did you mean 'base'?",
    ]


def test_a_directory_without_layer_yaml_adds_files(fork: Fork_, tmp_path: Path) -> None:
    lay(
        tmp_path / "national",
        {"images/base/files/opt/a.sh": "a\n", "images/base/files/opt/b.sh": "b\n"},
    )
    loaded = fork(
        "drop: {files: {base: [/opt/a.sh]}}\n",
        **{"images/base/files/opt/b.sh": "ours\n", "images/base/files/opt/c.sh": "c\n"},
    )
    base = folder(loaded.layer_dirs["base"])
    assert [name for name, _ in base.files("files")] == ["opt/b.sh", "opt/c.sh"]
    assert base.read("files/opt/b.sh") == b"ours\n"
    assert loaded.whose("base") == "patched"


def test_a_layer_of_its_own_replaces_that_of_its_name(fork: Fork_) -> None:
    loaded = fork(**{"images/code/layer.yaml": "description: Ours\non: [base]\n"})
    assert loaded.layers["code"].description == "Ours"
    assert loaded.layers["code"].npm == {}
    assert loaded.whose("code") == "yours"


def test_a_directory_that_is_no_layer_and_adds_to_none_is_told(fork: Fork_) -> None:
    assert wrong(fork, "", **{"images/bas/files/x": ""}) == [
        "images/bas: is not a layer: it has no layer.yaml\n  hint: did you mean 'base'?"
    ]


def test_problems_of_upstream_are_told_at_their_place(fork: Fork_, tmp_path: Path) -> None:
    file = tmp_path / "national" / "images" / "r" / "layer.yaml"
    file.write_text("description: R\non: [bse]\naxes: [r]\n")
    assert wrong(fork, "")[0].startswith("national/images/r/layer.yaml:2:6: unknown layer 'bse'")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: nationl\nname: x\n", "there is no catalog 'nationl/catalog.yaml'\n  hint: did"),
        ("extends: 3\nname: x\n", "expected a directory, or a mapping with 'git' and 'commit'"),
        ("extends: {git: 'ext::sh', commit: abc}\nname: x\n", "'ext::sh' is not the URL of a git"),
        (
            f"extends: {{git: https://x.example/y, commit: {'a' * 40}}}\nname: x\n",
            "the upstream of https://x.example/y at aaaaaaaaaaaa is not here",
        ),
        (
            f"extends: {{oci: 'r.example/y/releases@sha256:{'a' * 64}'}}\nname: x\n",
            "the upstream of r.example/y at sha256:aaaaaaaaaaaa is not here",
        ),
        (
            "extends: {oci: 'r.example/y/releases:current'}\nname: x\n",
            "'r.example/y/releases:current' is not a release by its digest, such as",
        ),
        (
            f"extends: {{oci: 'r.example/y@sha256:{'a' * 64}'}}\nname: x\n",
            "is not a release by its digest, such as registry.example.org/national/releases@",
        ),
        (
            f"extends: {{oci: 'u:p@r.example/releases@sha256:{'a' * 64}'}}\nname: x\n",
            "is not a release by its digest",
        ),
        (
            f"extends: {{oci: 'r.example/releases@sha256:{'a' * 64}', signd_by: {{}}}}\nname: x\n",
            "unknown key 'signd_by'\n  hint: did you mean 'signed_by'?",
        ),
        (
            f"extends: {{oci: 'r.example/releases@sha256:{'a' * 64}', signed_by: {{}}}}\nname: x\n",
            "nobody is named, so no upstream could be read",
        ),
        (
            f"extends: {{oci: 'r.example/releases@sha256:{'a' * 64}', commit: abc}}\nname: x\n",
            "unknown key 'commit'",
        ),
        (
            f"extends: {{oci: 'r.example/releases@sha256:{'a' * 64}', directory: ../x}}\nname: x\n",
            "'../x' is not a directory, such as a/b, without '..'",
        ),
    ],
)
@pytest.mark.usefixtures("fork")
def test_an_upstream_that_is_not_there(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "catalog.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        load(Path("catalog.yaml"))
    assert any(said in str(problem) for problem in caught.value.problems), caught.value


def test_a_circle_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay(
        tmp_path,
        {
            "catalog.yaml": "extends: a\nname: x\n",
            "a/catalog.yaml": "extends: ../b\nname: a\n",
            "b/catalog.yaml": "extends: ../a\nname: b\n",
        },
    )
    with pytest.raises(InputError) as caught:
        load(Path("catalog.yaml"))
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "b/catalog.yaml:1:10: the catalog extends itself:"
            " a/catalog.yaml extends b/catalog.yaml extends a/catalog.yaml"
        )
    ]


@pytest.mark.usefixtures("fork")
def test_an_upstream_of_git_stays_in_its_own_directory(tmp_path: Path) -> None:
    commit = "c" * 40
    lay(
        tmp_path,
        {
            f".catalog/upstream/{commit}/catalog.yaml": "extends: ../../../national\nname: m\n",
            "catalog.yaml": f"extends: {{git: https://x.example/y, commit: {commit}}}\nname: x\n",
        },
    )
    with pytest.raises(InputError, match="is outside of the repository that names it"):
        load(Path("catalog.yaml"))


@pytest.mark.usefixtures("fork")
def test_registries_of_upstreams_are_known_the_nearest_first(tmp_path: Path) -> None:
    """Of a release, it is where the release is; of a commit, what its catalog says; of a directory,
    none: its store is at hand."""
    digest, commit = "d" * 64, "c" * 40
    released = f"extends: {{oci: 'r.example:5000/two/releases@sha256:{digest}'}}\n"
    git = f"extends: {{git: https://x.example/y, commit: {commit}}}\n"
    lay(
        tmp_path,
        {
            "catalog.yaml": "extends: near\nname: x\n",
            "near/catalog.yaml": f"{released}name: near\nregistry: near.example/n\n",
            f".catalog/upstream/sha256-{digest}/catalog.yaml": f"{git}name: two\n",
            f".catalog/upstream/{commit}/catalog.yaml": "name: one\nregistry: one.example/x\n",
        },
    )
    assert read(Path("catalog.yaml")).registries == ("r.example:5000/two", "one.example/x")


@pytest.mark.usefixtures("fork")
def test_an_upstream_of_a_newer_format_is_told_at_its_place(tmp_path: Path) -> None:
    national = tmp_path / "national" / "catalog.yaml"
    national.write_text("format: 2\n" + national.read_text().replace("format: 1\n", ""))
    (tmp_path / "catalog.yaml").write_text(START)
    with pytest.raises(InputError) as caught:
        load(Path("catalog.yaml"))
    assert str(caught.value.problems[0]).startswith(
        "national/catalog.yaml:1:9: this upstream is of the format 2, and 1 is known\n  hint: take"
    )


@pytest.mark.usefixtures("fork")
def test_so_does_what_the_charts_of_such_an_upstream_share(tmp_path: Path) -> None:
    commit = "c" * 40
    text = sections("sound")["catalog.yaml"] + "charts: {library: ../../../charts}\n"
    lay(
        tmp_path,
        {
            f".catalog/upstream/{commit}/catalog.yaml": text,
            "catalog.yaml": f"extends: {{git: https://x.example/y, commit: {commit}}}\nname: x\n",
        },
    )
    with pytest.raises(InputError, match=r"'../../../charts' is outside of the repository"):
        load(Path("catalog.yaml"))


@pytest.mark.usefixtures("fork")
def test_levels_say_different_things_of_one_layer(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "ministry/catalog.yaml": START.replace("national", "../national")
            + (
                "patch: {layers: {python: {python: {add: [scipy]}}}}\ndrop: {layers: [code], images: ['code-*']}\n"
            )
        },
    )
    (tmp_path / "catalog.yaml").write_text(
        "extends: ministry\nname: team\npatch: {layers: {python: {python: {remove: [scipy, numpy]}}}}\n"
    )
    loaded = load(Path("catalog.yaml"))
    assert loaded.layers["python"].python == ("pip",)
    assert "code" not in loaded.layers
    assert loaded.home == Path("national")


# --- laws

WORDS = st.sampled_from(["a", "b", "c", "d"])
SCALARS = st.one_of(WORDS, st.integers(0, 3), st.booleans())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
ENTRIES = st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, max_size=3), max_size=3)
LISTS = st.lists(st.dictionaries(WORDS, SCALARS, max_size=2), max_size=2)
PLAIN = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "description": WORDS,
        "axes": ENTRIES,
        "images": ENTRIES,
        "exclude": LISTS,
        "charts": st.dictionaries(st.sampled_from(["library", "highlighted"]), VALUES),
        "tags": st.lists(WORDS, max_size=2),
    },
)
CHANGE = st.recursive(
    st.one_of(SCALARS, st.none(), st.fixed_dictionaries({"add": st.lists(WORDS, max_size=2)})),
    lambda inner: st.dictionaries(WORDS, inner, max_size=3),
)
FORKS = st.builds(
    lambda plain, patch, drop: {**plain, "extends": "x", "patch": patch, "drop": drop},
    PLAIN,
    st.fixed_dictionaries(
        {}, optional={"images": st.dictionaries(WORDS, st.dictionaries(WORDS, CHANGE), max_size=2)}
    ),
    st.fixed_dictionaries({}, optional={"images": st.lists(WORDS, max_size=2)}),
)


def level(data: object, number: int) -> Level:
    path = Path(f"{number}/catalog.yaml")
    text = yaml.safe_dump(data, sort_keys=False).encode()
    document = source.parse(text, path.as_posix())
    about = checked(document_of(document, fork=True), (), document.file, Fork)
    return Level(path=path, document=document, fork=about)


def merged(*data: object) -> object:
    levels = tuple(level(one, number) for number, one in enumerate(data))
    return catalog(Levels(levels=levels), Misses()).data


@given(PLAIN, FORKS, FORKS)
def test_levels_associate(national: object, ministry: object, team: object) -> None:
    """A team extends what the ministry's catalog is, however that came about."""
    flat = merged(national, ministry)
    assert merged(national, ministry, team) == merged(flat, team)


@given(ENTRIES, ENTRIES, ENTRIES)
def test_joining_associates(first: object, second: object, third: object) -> None:
    one, two, three = (
        node(level({"x": x}, 0).document).inside("x") for x in (first, second, third)
    )
    assert joined(joined(one, two), three).data == joined(one, joined(two, three)).data


@given(PLAIN, FORKS)
def test_every_value_has_its_place(national: object, ministry: object) -> None:
    """What is merged is at the place, in the file, that says it."""
    levels = (level(national, 0), level(ministry, 1))
    document = catalog(Levels(levels=levels), Misses())
    known = {one.document.file: one.document for one in levels}
    for key in document.spot.inside:
        file, line, _ = document.site((key,), key=True)
        assert file in known
        assert line >= 1


def test_mirrors_are_defaults_of_settings(fork: Fork_) -> None:
    loaded = fork("mirrors: {pypi: 'https://mirror.example/simple/'}\n")
    assert loaded.catalog.sources == {"pypi": "https://mirror.example/simple"}
    (problem,) = wrong(fork, "mirrors: {pypy: 'https://mirror.example/simple'}\n")
    assert problem == "catalog.yaml:4:11: unknown origin 'pypy'\n  hint: did you mean 'pypi'?"


RULED = """\
exclude:
  - {image: code-r, because: R has no editor}
  - {layer: lab, when: {python: '3.11'}, because: too old}
"""


def test_a_rule_of_upstream_is_left_out_by_its_reason(fork: Fork_, tmp_path: Path) -> None:
    national = tmp_path / "national" / "catalog.yaml"
    national.write_text(national.read_text() + RULED)
    assert "code-r" not in names(fork())
    loaded = fork("drop: {exclude: [R has*]}\n")
    assert "code-r" in names(loaded)
    assert [rule.because for rule in loaded.catalog.exclude] == ["too old"]
    loaded = fork("drop: {exclude: ['*']}\nexclude: [{image: lab-r, because: ours}]\n")
    assert [rule.because for rule in loaded.catalog.exclude] == ["ours"]
    assert wrong(fork, "drop: {exclude: [to old], require: [x]}\n") == [
        (
            "catalog.yaml:4:18: upstream has no rule of exclude 'to old' there\n"
            "  hint: did you mean 'too old'?"
        ),
        "catalog.yaml:4:37: upstream has no rule of require 'x' there",
    ]
