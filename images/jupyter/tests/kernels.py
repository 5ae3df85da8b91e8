#!/opt/python/bin/python
# timeout: 300
"""A cell runs in the kernel of every language that the image has."""

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

CODE = {
    "python": "import sys; print(sum(range(10)), sys.version_info[:2])",
    "r": "cat(sum(0:9), R.version$major)",
    "R": "cat(sum(0:9), R.version$major)",
    "julia": "print(sum(0:9), ' ', VERSION)",
}

specs = KernelSpecManager().get_all_specs()
assert specs, "no kernel at all"
for name, found in specs.items():
    language = found["spec"]["language"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE[language])])
    NotebookClient(notebook, kernel_name=name, timeout=120).execute()
    output = "".join(part.get("text", "") for part in notebook.cells[0].outputs)
    assert output.startswith("45"), f"kernel {name} printed {output!r}"
    print(f"{name} ({language}): {output}")
