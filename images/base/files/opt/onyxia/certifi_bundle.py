"""Add certificate authorities to certifi's bundle, for programs that read no variable.

certifi_bundle.py [FILE]     without it, PATH_TO_CA_BUNDLE names it
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    """Append what is not there yet; a bundle that is not ours to write stays as it is."""
    source = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PATH_TO_CA_BUNDLE", "")
    spec = find_spec("certifi")
    if not source or spec is None or spec.origin is None:
        return
    authorities = Path(source).read_text(encoding="ascii", errors="replace")
    bundle = Path(spec.origin).with_name("cacert.pem")
    if os.access(bundle, os.W_OK) and authorities not in bundle.read_text(encoding="utf-8"):
        with bundle.open("a", encoding="utf-8") as file:
            file.write("\n" + authorities)


if __name__ == "__main__":
    main()
