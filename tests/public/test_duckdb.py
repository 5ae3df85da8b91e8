"""What people do with DuckDB in such images, each with the report or the file in which it is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.public.containers import python, running, shell

pytestmark = pytest.mark.docker
IMAGE = "jupyter-python:py3.13"


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    with running(IMAGE) as name:
        yield name


@pytest.mark.parametrize("extension", ["httpfs", "aws", "postgres", "spatial", "icu"])
def test_an_extension_loads_in_python_without_a_network(container: str, extension: str) -> None:
    """https://github.com/InseeFrLab/images-datascience/pull/153: extensions are in the image.

    https://github.com/duckdb/duckdb-web/issues/3858: the Python package has none of these.
    https://github.com/duckdb/duckdb/issues/3315: machines without the extensions' registry.
    """
    python(container, f"import duckdb\nduckdb.execute('LOAD {extension}')")
    # What scripts type first is no download; icu is part of DuckDB itself.
    if extension != "icu":
        python(container, f"import duckdb\nduckdb.execute('INSTALL {extension}; LOAD {extension}')")
    shell(container, f"duckdb -init /dev/null -c 'LOAD {extension}'")


def test_s3_works_without_its_variables(container: str) -> None:
    """https://github.com/OpenCSGs/csghub-server/issues/58: httpfs is missing where S3 is set up."""
    create = "CREATE SECRET s (TYPE s3, KEY_ID 'k', SECRET 'v', ENDPOINT 'minio.example.org')"
    asked = "SELECT name FROM duckdb_secrets()"
    script = f"import duckdb\nduckdb.execute({create!r})\nprint(duckdb.sql({asked!r}).fetchall())"
    assert python(container, script) == "[('s',)]"


def test_one_file_for_the_command_line_and_for_python(container: str) -> None:
    """https://github.com/InseeFrLab/images-datascience, base/Dockerfile: the newest of each."""
    shell(container, "duckdb -init /dev/null /tmp/one.db 'create table t as select 42 as answer'")
    script = "import duckdb\nprint(duckdb.connect('/tmp/one.db').sql('from t').fetchall())"
    assert python(container, script) == "[(42,)]"
    version = "select version()"
    said = shell(container, f"duckdb -init /dev/null -csv -noheader -c '{version}'")
    assert python(container, "import duckdb\nprint('v' + duckdb.__version__)") == said
