"""What people make of notebooks in such images, each with the report in which it is done. PDF needs
the layer latex, whose own tests make one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.public.containers import python, running, shell

pytestmark = pytest.mark.docker
IMAGE = "jupyter-python:py3.13"
NOTEBOOK = """
import nbformat
from nbformat import v4
cells = [v4.new_markdown_cell('# Title\\n\\n$x^2$'), v4.new_code_cell('print(42)')]
nbformat.write(v4.new_notebook(cells=cells), '/tmp/book.ipynb')
"""


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    with running(IMAGE) as name:
        python(name, NOTEBOOK)
        yield name


@pytest.mark.parametrize("form", ["html", "latex", "markdown", "rst", "slides", "asciidoc"])
def test_a_notebook_is_exported(container: str, form: str) -> None:
    """https://github.com/ipython/ipython/issues/12238: Pandoc wasn't found.

    https://github.com/jupyter/nbconvert/issues/1876: nor by the menu of JupyterLab.
    """
    shell(container, f"jupyter nbconvert --to {form} --output-dir /tmp/{form} /tmp/book.ipynb")


def test_a_pdf_without_latex_says_what_is_missing(container: str) -> None:
    """https://github.com/jupyter/docker-stacks/issues/353: PDF by LaTeX, without xelatex."""
    said = shell(container, "jupyter nbconvert --to pdf /tmp/book.ipynb 2>&1 || true")
    assert "xelatex not found on PATH" in said
