"""Files that declare environments: what is taken of them, what is refused, and where that stands."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.environments.model import Environment
from builder.environments.table import READERS, environment
from builder.errors import InputError

NAMES = ("requirements.txt", "pyproject.toml", "environment.yml", "renv.lock", "apt.txt")


def taken(root: Path, files: Mapping[str, str], *names: str) -> Environment:
    """Return what files of a directory ask for: those that are named, or else all."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return environment([root / name for name in names or files])


def refused(root: Path, files: Mapping[str, str], *names: str) -> list[str]:
    """Return the problems of files, as `name:line:column: message`."""
    with pytest.raises(InputError) as caught:
        taken(root, files, *names)
    return [str(one).replace(f"{root}/", "") for one in caught.value.problems]


def test_requirements_with_the_files_that_they_include(tmp_path: Path) -> None:
    files = {
        "requirements.txt": (
            "# what we need\n-r more/base.txt\n-c bounds.txt\n--only-binary :all:\n"
            'numpy>=2 ; python_version \\\n  >= "3.9"\n'
            f"Pandas[excel]==2.2.1 --hash=sha256:{'0' * 64}\n"
        ),
        "more/base.txt": "rich\n-r ../requirements.txt\n",
        "bounds.txt": 'pandas<3\nnumpy<3; python_version < "3.12"\nscipy<2\n',
    }
    made = taken(tmp_path, files, "requirements.txt")
    assert made.python == (
        'numpy>=2; python_version >= "3.9"',
        "Pandas[excel]<3,==2.2.1",
        "rich",
    )
    assert made.notes == (
        "hashes are left out: the lock has those of the files that it takes",
        "constraints are taken for what is asked for by name, and left out for scipy",
        "constraints with a condition are left out: numpy",
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-e .", "'-e .' is not a package of an index"),
        ("./wheels/a-1-py3-none-any.whl", "is not a package of an index"),
        ("git+https://x.example/a.git", "'git+https://x.example/a.git' is not a package"),
        ("a @ https://x.example/a.whl", "is not a package of an index"),
        ("https://me:secret@x.example/a-1-py3-none-any.whl", "x.example/a-1-py3-none-any.whl' is"),
        ("not one", "'not one' is not a requirement: Expected"),
        ("--index-url https://x.example/simple", "--index-url does not hold for a layer"),
        ("--extra-index-url https://x.example/simple", "--extra-index-url does not hold"),
        ("--pre", "--pre does not hold for a layer"),
        ("-r ../outside.txt", "'../outside.txt' is not below the directory of the first file"),
        ("-r /etc/hosts", "'/etc/hosts' is not below the directory"),
        ("-r https://x.example/r.txt", "is not below the directory"),
    ],
)
def test_what_no_layer_can_have_is_told_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, {"requirements.txt": f"numpy\n{line}\n"})
    assert problem.startswith("requirements.txt:2:1: ")
    assert said in problem
    assert "secret" not in problem


def test_a_file_that_is_not_there_is_told_beside_other_problems(tmp_path: Path) -> None:
    problems = refused(tmp_path, {"requirements.txt": "-r gone.txt\n\nnot one\n"})
    assert problems[0] == "gone.txt: cannot be read: No such file or directory"
    assert problems[1].startswith("requirements.txt:3:1: 'not one'")


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    (problem,) = refused(tmp_path, {}, name)
    assert problem.endswith("is a pipe, not a file")


def test_a_project(tmp_path: Path) -> None:
    text = """\
[project]
name = "Tool"
requires-python = ">=3.12"
dependencies = ["duckdb>=1", 'tomli; python_version < "3.11"']
optional-dependencies = {docs = ["sphinx"]}
[dependency-groups]
test = ["pytest"]
"""
    made = taken(tmp_path, {"pyproject.toml": text})
    assert made.python == ("duckdb>=1", 'tomli; python_version < "3.11"')
    assert made.name == "Tool"
    assert str(made.versions["python"]) == ">=3.12"
    assert made.notes == ("optional dependencies are left out: docs, test",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = [", "pyproject.toml"),
        ("[tool.poetry.dependencies]\nnumpy = '*'\n", "`poetry export` makes a list"),
        ("[project]\ndependencies = 3\n", "no table [project] with a list of dependencies"),
        ("[project]\ndynamic = ['dependencies']\n", "pyproject.toml:2:1: its dependencies are"),
        ("[project]\ndependencies = [\n'a b']\n", "pyproject.toml:3:1: 'a b' is not a requirement"),
        ("[project]\ndependencies = [\n7]\n", "pyproject.toml:2:1: '7' is not a requirement"),
        ("[project]\nrequires-python = 'new'\n", "pyproject.toml:2:1: 'new' is not a version"),
    ],
)
def test_a_project_that_cannot_be_read(text: str, said: str, tmp_path: Path) -> None:
    assert said in "\n".join(refused(tmp_path, {"pyproject.toml": text}))


def test_an_environment_of_conda(tmp_path: Path) -> None:
    text = """\
name: Maps of France
channels: [conda-forge]
dependencies:
  - python=3.13
  - numpy=2.1
  - numpy=2.1.*
  - conda-forge::pandas>=2,<3
  - scipy 1.15.2
  - pytorch==2.9.1
  - git
  - r-dplyr
  - r-base=4.5
  - pip
  - pip: [rich>=13, "shiny"]
"""
    made = taken(tmp_path, {"environment.yml": text})
    assert made.name == "Maps of France"
    wanted = {"numpy==2.1.*", "pandas<3,>=2", "scipy==1.15.2", "torch==2.9.1", "rich>=13", "shiny"}
    assert set(made.python) == wanted
    assert made.apt == ("git", "r-cran-dplyr")
    assert {axis: str(one) for axis, one in made.versions.items()} == {
        "python": "==3.13.*",
        "r": "==4.5.*",
    }
    assert "a Python index" in made.notes[0]
    assert made.notes[1] == "from Debian come git, r-cran-dplyr"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("numpy=1.26.4=py311h64a7726_0", "names a build of conda's"),
        ("libgcc-ng", "libgcc-ng has a meaning among packages of conda alone"),
        ("cudatoolkit=11", "has a meaning among packages of conda alone"),
        ("git=2.40", "git comes from Debian here, which has one version"),
        ("r-dplyr>=1", "r-dplyr comes from Debian here"),
        ("numpy[version='>=1']", "is not a package that can be read"),
        ("numpy=1|2", "'=1|2' is not a version that can be read"),
        ("{pip: [-r more.txt]}", "'-r more.txt' is not a package of an index"),
        ("{pip: ['a @ https://u:secret@x.example/a']}", "is not a package of an index"),
        ("{conda: [x]}", "a package or {pip: [...]} is expected"),
        ("7", "a package or {pip: [...]} is expected"),
    ],
)
def test_what_conda_alone_has_is_told_with_its_place(entry: str, said: str, tmp_path: Path) -> None:
    text = f"dependencies:\n  - rich\n  - {entry}\n"
    (problem,) = refused(tmp_path, {"environment.yaml": text})
    assert problem.startswith("environment.yaml:3:")
    assert said in problem
    assert "secret" not in problem


def test_a_program_is_never_taken_from_a_python_index(tmp_path: Path) -> None:
    """Anyone may have its name there."""
    made = taken(tmp_path, {"environment.yml": "dependencies: [git, make, r-cli, pandoc]\n"})
    assert not made.python
    assert made.apt == ("git", "make", "r-cran-cli", "pandoc")


def test_a_lock_of_renv(tmp_path: Path) -> None:
    document = {
        "R": {"Version": "4.5.1"},
        "Packages": {
            "renv": {"Package": "renv", "Version": "1.1.0", "Source": "Repository"},
            "config": {"Package": "config", "Version": "0.3.2", "Source": "Repository"},
            "stats": {"Package": "stats", "Version": "4.5.1"},
        },
    }
    made = taken(tmp_path, {"renv.lock": json.dumps(document)})
    assert made.cran == ("config (== 0.3.2)",)
    assert str(made.versions["r"]) == "==4.5.*"
    document["Packages"] = {
        "gh": {"Version": "1", "Source": "GitHub"},
        "b a": {"Version": "1"},
        "c1": {"Version": "one"},
        "d1": 3,
    }
    said = "\n".join(refused(tmp_path, {"renv.lock": json.dumps(document, indent=1)}))
    assert "renv.lock:6:1: gh comes from GitHub" in said
    assert "'b a' is not an R package with a version" in said
    assert "c1 has no version of R's: 'one'" in said
    assert "'d1' is not an R package with a version" in said
    assert "is not a lock of renv" in refused(tmp_path, {"renv.lock": "[]"})[0]


def test_debian_packages(tmp_path: Path) -> None:
    made = taken(tmp_path, {"apt.txt": "# tools\nlibgdal-dev  gdal-bin\n\njq # for scripts\n"})
    assert made.apt == ("libgdal-dev", "gdal-bin", "jq")
    problems = refused(tmp_path, {"apt.txt": "jq\n ok jq=1.7\nA_b\n"})
    hint = "\n  hint: write jq; versions come from the lock"
    assert problems == [
        "apt.txt:2:5: 'jq=1.7' is not the name of a Debian package" + hint,
        "apt.txt:3:1: 'A_b' is not the name of a Debian package",
    ]


def test_several_files_are_one_environment_and_all_problems_are_told_at_once(
    tmp_path: Path,
) -> None:
    files = {
        "requirements.txt": "rich\n",
        "pyproject.toml": "[project]\nname = 'x'\nrequires-python = '>=3.11'\ndependencies = []\n",
        "environment.yml": "name: y\ndependencies: [python<3.14, rich]\n",
        "apt.txt": "jq\n",
    }
    made = taken(tmp_path, files)
    assert (made.python, made.apt, made.name) == (("rich",), ("jq",), "x")
    assert made.versions["python"].contains("3.13.1")
    assert not made.versions["python"].contains("3.14.0")
    bad = {"requirements.txt": "a b\n", "apt.txt": "A\n", "packages.cfg": ""}
    said = refused(tmp_path, bad)
    assert len(said) == 3
    assert "a file such as requirements.txt" in "\n".join(said)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_a_file_holds_is_read_or_refused(
    name: str, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        environment([path])


def test_a_condition_that_is_nested_beyond_reason_is_refused(tmp_path: Path) -> None:
    deep = f"a; {'(' * 5_000}os_name == 'x'{')' * 5_000}"
    for name, text in {
        "requirements.txt": f"{deep}\n",
        "pyproject.toml": f"[project]\ndependencies = [{json.dumps(deep)}]\n",
        "environment.yml": f"dependencies: [{{pip: [{json.dumps(deep)}]}}]\n",
    }.items():
        assert len(refused(tmp_path, {name: text})) == 1


def test_every_reader_is_tried() -> None:
    tried = {next(glob for glob in READERS if Path(name).match(glob)) for name in NAMES}
    assert tried | {"*.yaml", "*.in"} == set(READERS)
