"""What names, versions, paths and the like look like, as regular expressions."""

from __future__ import annotations

NAME = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
IMAGE_NAME = r"^[a-z0-9{][a-z0-9._{}-]*$"
IDENTIFIER = r"^[a-z][a-z0-9_]*$"
VALUE = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
MODE = r"^0[0-7]{3,4}$"
OWNER = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$"
ACCOUNT = r"^[A-Za-z_][A-Za-z0-9_.-]*\$?$"
REGISTRY = (
    r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
)
ABSOLUTE = r"^/"
DPKG_PATH = r"^path-(exclude|include)=/\S*$"
URL = r"^(https?://|file:///)"
SHA256 = r"^[0-9a-f]{64}$"
