#!/opt/python/bin/python
# timeout: 400
"""A notebook becomes every kind of document for which the image has what it needs.

Not webpdf: it needs a browser of 300 MB, which Playwright downloads. PDF comes by LaTeX.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import v4

FORMATS = {
    "html": b"<html",
    "markdown": b"# Title",
    "latex": b"\\documentclass",
    "script": b"print(",
    "slides": b"reveal",
    "rst": b"Title\n",
    "asciidoc": b"= Title",
    "notebook": b'"cells"',
}
if shutil.which("xelatex"):
    FORMATS["pdf"] = b"%PDF"
TEXT = """# Title

$x^2$, *emphasis*, “quotes” é

| a | b |
|---|---|
| 1 | 2 |
"""
KERNEL = {"name": "python3", "display_name": "Python", "language": "python"}

place = Path(tempfile.mkdtemp())
cells = [v4.new_markdown_cell(TEXT), v4.new_code_cell("print(6 * 7)\n{'a': 1}")]
notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
nbformat.write(notebook, place / "book.ipynb")
wrong = []
for name, head in FORMATS.items():
    output = place / name
    command = ["jupyter", "nbconvert", "--to", name, "--execute", "--output-dir", output]
    ended = subprocess.run(
        [*command, place / "book.ipynb"], capture_output=True, text=True, cwd=place, check=False
    )
    files = output.rglob("book.*")
    if ended.returncode or not any(head in path.read_bytes() for path in files):
        wrong.append(f"{name}: {ended.stderr[-1500:]}")
sys.exit("\n".join(wrong) or 0)
