"""What every JupyterLab of this image starts with; options on the command line win."""

import os

c = get_config()  # noqa: F821  given by traitlets

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.open_browser = False
c.ServerApp.root_dir = os.environ.get("WORKSPACE_DIR") or os.getcwd()
c.ContentsManager.allow_hidden = True
# The password comes by the environment, so that no process list shows it.
# Without one Jupyter makes its own.
if os.environ.get("PASSWORD"):
    c.IdentityProvider.token = os.environ["PASSWORD"]
