"""Continuous integration of a catalog: GitHub's workflows, and GitLab's pipeline."""

from __future__ import annotations

import json
from dataclasses import dataclass

from jinja2 import PackageLoader

from builder.catalog.workflows import Workflows
from builder.templates.sandbox import Sandbox
from builder.tree import File, Tree

GITHUB, GITLAB = ".github/workflows", ".gitlab-ci.yml"
ACTIONS = {
    "checkout": "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "upload": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
    "download": "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0",
}
"""What the workflows use of others, each by its commit."""
WRITTEN = ("pull-request", "weekly", "release")
CELLS = "cells"
"""The path, below the catalog's, where jobs leave cells for each other."""

# Expressions of GitHub and of bash look like Jinja's own.
environment = Sandbox(
    PackageLoader("builder.render", "templates/workflows"),
    keep_trailing_newline=True,
    variable_start_string="@{",
    variable_end_string="}@",
    block_start_string="@%",
    block_end_string="%@",
    comment_start_string="@#",
    comment_end_string="#@",
    trim_blocks=True,
)
environment.filters["json"] = json.dumps


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What is known of a catalog."""

    registry: str
    has_charts: bool
    workflows: Workflows


def workflows(project: Project) -> Tree:
    """Return the files, by their paths in the repository."""
    asked = project.workflows
    values: dict[str, object] = {
        **ACTIONS,
        "runner": asked.runner,
        "schedule": asked.schedule,
        "shards": asked.shards,
        "install": asked.install,
        "store": f"{project.registry}/{CELLS}",
        "host": project.registry.partition("/")[0],
        "has_charts": project.has_charts,
    }
    values["setup"] = _rendered("setup.yml", values).rstrip("\n")
    values["login"] = _rendered("login.yml", values).rstrip("\n")
    files: dict[str, File] = {}
    if "github" in asked.forges:
        for name in WRITTEN:
            text = _rendered(f"{name}.yml", values)
            files[f"{GITHUB}/{name}.yml"] = File(text.encode())
    if "gitlab" in asked.forges:
        files[GITLAB] = File(_rendered("gitlab-ci.yml", values).encode())
    return Tree(files)


def _rendered(name: str, values: dict[str, object]) -> str:
    return environment.get_template(f"{name}.j2").render(values)
