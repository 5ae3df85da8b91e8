"""Reports are about services by their names: a fork that has dropped one does without them."""

from tests.gates import ROOT

SERVICES = (
    "jupyter-python",
    "jupyter-r",
    "jupyter-r-python",
    "marimo-python",
    "postgresql",
    "vscode-python",
    "vscode-r",
)

_dropped = [name for name in SERVICES if not (ROOT / "charts" / name / "service.yaml").is_file()]
collect_ignore_glob = ["test_*.py"] if _dropped else []
