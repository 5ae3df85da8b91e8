"""What a few releases look like, whole: review the difference when it changes, and accept it with
`pytest tests/charts --accept`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.conftest import Chart, held

GOLDEN = Path(__file__).with_name("golden")
EVERYTHING: Mapping[str, Any] = {
    "security": {
        "password": "p4ssw0rd",
        "sudo": False,
        "networkPolicy": {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    },
    "ingress": {
        "enabled": True,
        "hostname": "jo-0.lab.example.org",
        "userHostname": "jo-user.lab.example.org",
        "ingressClassName": "nginx",
    },
    "networking": {"user": {"enabled": True, "ports": [5000, 8050]}},
    "resources": {
        "requests": {"cpu": "100m", "memory": "2Gi"},
        "limits": {"cpu": "30000m", "memory": "50Gi"},
    },
    "s3": {
        "enabled": True,
        "endpoint": "s3.example.org",
        "accessKeyId": "id",
        "secretAccessKey": "secret",
        "sessionToken": "token",
        "defaultRegion": "eu",
    },
    "vault": {
        "enabled": True,
        "url": "https://vault.example.org",
        "token": "token",
        "mount": "kv",
        "directory": "jo",
        "secret": "project",
    },
    "git": {
        "name": "Jo",
        "email": "jo@example.org",
        "token": "token",
        "repository": "https://git.example.org/jo/project.git",
        "asCodeServerRoot": True,
    },
    "proxy": {
        "enabled": True,
        "httpProxy": "http://proxy:3128",
        "httpsProxy": "http://proxy:3128",
        "noProxy": ".example.org",
    },
    "repository": {"pipRepository": "https://packages.example.org/python"},
    "certificates": {"cacerts": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
    "ai": {
        "enabled": True,
        "activeProvider": {
            "id": "lab",
            "name": "Lab",
            "apiBase": "https://ai.example.org/v1",
            "apiKey": "key",
            "selectedModel": "small",
        },
    },
    "init": {"personalInit": "https://example.org/init.sh"},
    "extraEnvVars": [{"name": "FOO", "value": "bar"}],
    "userPreferences": {"darkMode": True, "language": "fr"},
    "message": {"fr": "Maintenance lundi"},
}
CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "jupyter-python": ("jupyter-python", {"security": {"password": "p4ssw0rd"}}),
    "vscode-python-everything": ("vscode-python", EVERYTHING),
    "postgresql": (
        "postgresql",
        {"postgresql": {"auth": {"password": "p4ssw0rd", "postgresPassword": "p4ssw0rd"}}},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_releases(case: str, charts: Mapping[str, Chart], request: pytest.FixtureRequest) -> None:
    name, values = CASES[case]
    rendered = charts[name].render(values)
    shown = [
        # Secrets as they are read, not as they are encoded.
        {**one, "data": held(one)} if one["kind"] == "Secret" else one
        for one in rendered.manifests
    ]
    objects = sorted(shown, key=lambda manifest: (manifest["kind"], manifest["metadata"]["name"]))
    text = (
        yaml.safe_dump_all(objects, sort_keys=True, allow_unicode=True, width=120)
        + "--- # notes\n"
        + rendered.notes.strip()
        + "\n"
    )
    golden = GOLDEN / f"{case}.yaml"
    if request.config.getoption("--accept"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert golden.is_file(), f"{golden} is missing: write it with --accept"
    assert text == golden.read_text(), (
        "the release is not what it was: accept it with --accept if it is right"
    )
