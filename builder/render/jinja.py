"""The one Jinja environment: undefined names are errors, templates live in files."""

from __future__ import annotations

import json

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

environment = Environment(
    loader=ChoiceLoader([PackageLoader("builder.render"), PackageLoader("builder.kinds")]),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  Dockerfiles and YAML, not HTML
    keep_trailing_newline=True,
)
environment.filters["quoted"] = json.dumps  # a Dockerfile's double-quoted string
