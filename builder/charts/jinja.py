"""Jinja for files that are Helm templates or Markdown: with [[ name ]] and [% statement %], because
Helm uses the braces.
"""

from __future__ import annotations

import json

from jinja2 import Environment, StrictUndefined

environment = Environment(
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  Helm templates and Markdown, not HTML
    block_start_string="[%",
    block_end_string="%]",
    variable_start_string="[[",
    variable_end_string="]]",
    comment_start_string="[#",
    comment_end_string="#]",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
