"""Jinja for files that are Helm templates or Markdown: with [[ name ]] and [% statement %], because
Helm uses the braces.
"""

from __future__ import annotations

from builder.templates.sandbox import Sandbox

environment = Sandbox(
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


def literal(text: str) -> str:
    """Return a text as it stands in a Helm template that yields it as it is."""
    return text.replace("{{", '{{ "{{" }}')


environment.filters["literal"] = literal
