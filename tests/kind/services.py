"""Servers in the cluster that services talk to: an object store, and what is beyond the cluster."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from builder.tools.kubectl import Manifest
from builder.verify.release import eventually
from tests.integration.registry_server import certificate
from tests.kind import packages
from tests.kind.cluster import Cluster
from tests.kind.servers import outside as program

NAMESPACE = "services"
MOUNTED = "/srv/tests"
GIT_HOST, MIRROR_HOST = "git.example", "packages.example"
SECRET = {"API_KEY": "from the vault", "db.password": 'it\'s a "quoted" $value'}
VAULT = {"mount": "kv", "directory": "ann", "secret": "project"}
SCRIPTS = {
    "region.sh": 'git config --global region.of "$(hostname)"\n',
    "personal.sh": 'printf "%s\\n" "$@" >"$WORKSPACE_DIR/personal"\n',
}
S3_PORT = 8333
AWAY = 20
"""For how many seconds the object store is away after it was killed."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """What the pods of these servers run: an image, and a directory of this machine that the node
    sees at MOUNTED."""

    cluster: Cluster
    image: str
    folder: Path

    def start(
        self,
        name: str,
        command: list[str],
        ports: list[int],
        env: dict[str, str],
        namespace: str = NAMESPACE,
    ) -> None:
        """Start a server, or start it anew, and wait until it answers."""
        self.cluster.namespace(namespace)
        self.cluster.kubectl(
            "delete",
            "pod",
            name,
            "--namespace",
            namespace,
            "--ignore-not-found",
            "--grace-period",
            "1",
        )
        labels = {"app": name}
        mount = {"name": "served", "mountPath": MOUNTED, "readOnly": True}
        container = {
            "name": name,
            "image": self.image,
            "command": command,
            "env": [{"name": key, "value": value} for key, value in env.items()],
            "volumeMounts": [mount],
            "readinessProbe": {"tcpSocket": {"port": ports[-1]}, "periodSeconds": 1},
        }
        volume = {"name": "served", "hostPath": {"path": MOUNTED}}
        spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": 1}
        service: Manifest = {
            "selector": labels,
            "ports": [{"name": f"p{port}", "port": port} for port in ports],
        }
        self.cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": spec,
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace},
                "spec": service,
            },
        )
        eventually(f"{name} answers", lambda: _ready(self.cluster.get("pod", name, namespace)))


@dataclass(frozen=True, kw_only=True)
class S3:
    """An object store."""

    access_key: str = "ann"
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    bucket: str = "ann"
    endpoint: str = f"http://s3.{NAMESPACE}.svc:{S3_PORT}"

    @property
    def values(self) -> dict[str, Any]:
        """The values of a chart that give access to it."""
        keys = {
            "accessKeyId": self.access_key,
            "secretAccessKey": self.secret_key,
            "sessionToken": "",
            "defaultRegion": "us-east-1",
        }
        return {
            "enabled": True,
            "endpoint": self.endpoint,
            "pathStyleAccess": True,
            "workingDirectoryPath": self.bucket,
            **keys,
        }


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Where the servers beyond the cluster are, and what opens them."""

    cluster: Cluster
    authority: str
    git_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    vault_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    proxy: str = f"http://outside.{NAMESPACE}.svc:{program.PROXY}"
    vault: str = f"http://outside.{NAMESPACE}.svc:{program.VAULT}"
    scripts: str = f"http://outside.{NAMESPACE}.svc:{program.SCRIPTS}"
    repository: str = f"https://{GIT_HOST}/git/team/project.git"
    pypi: str = f"https://{MIRROR_HOST}/simple"
    cran: str = f"https://{MIRROR_HOST}/cran"

    @property
    def values(self) -> dict[str, Any]:
        """The values of a chart by which a service reaches all of them."""
        return {
            "certificates": {"cacerts": self.authority},
            "proxy": {
                "enabled": True,
                "httpProxy": self.proxy,
                "httpsProxy": self.proxy,
                "noProxy": ".svc,localhost,127.0.0.1",
            },
            "repository": {"pipRepository": self.pypi, "rRepository": self.cran},
            "git": (
                {"enabled": True, "name": "Ann", "email": "ann@example.invalid", "cache": "600"}
                | {"token": self.git_token, "repository": self.repository}
            ),
            "vault": {"enabled": True, "url": self.vault, "token": self.vault_token, **VAULT},
        }

    def script(self, name: str) -> tuple[str, str]:
        """Return a script's URL and its checksum."""
        return f"{self.scripts}/{name}", hashlib.sha256(SCRIPTS[name].encode()).hexdigest()

    def seen(self) -> list[dict[str, str]]:
        """Return what was asked so far."""
        with self.cluster.forward("pod/outside", program.SCRIPTS, NAMESPACE) as address:
            found = requests.get(f"http://{address}/seen", timeout=30).json()
        assert isinstance(found, list)
        return found


def start_outside(node: Node) -> Outside:
    """Start the servers beyond the cluster."""
    folder = node.folder / "outside"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "scripts").mkdir(parents=True)
    for name, text in SCRIPTS.items():
        (folder / "scripts" / name).write_text(text)
    shutil.copy(program.__file__, folder / "outside.py")
    packages.publish(folder / "files")
    made = certificate(node.folder.parent / "certificates", GIT_HOST, MIRROR_HOST)
    (folder / "server.pem").write_bytes(made.certificate.read_bytes() + made.key.read_bytes())
    (folder / "vault.json").write_text(
        json.dumps({"{mount}/data/{directory}/{secret}".format(**VAULT): SECRET})
    )
    found = Outside(cluster=node.cluster, authority=made.authority.read_text())
    env = {
        "GIT_TOKEN": found.git_token,
        "VAULT_TOKEN": found.vault_token,
        "GIT_ROOT": "/tmp/git",  # noqa: S108  in the container
    }
    command = ["python", f"{MOUNTED}/outside/outside.py", f"{MOUNTED}/outside"]
    node.start(
        "outside", command, [program.TLS, program.PROXY, program.VAULT, program.SCRIPTS], env
    )
    return found


def start_s3(node: Node) -> S3:
    """Start SeaweedFS, and make a bucket."""
    made = S3()
    folder = node.folder / "s3"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "weed").exists():
        shutil.copy(Path(sys.executable).parent / "weed", folder / "weed")
    keys = [{"accessKey": made.access_key, "secretKey": made.secret_key}]
    identity = {"name": "ann", "credentials": keys, "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    data = "/tmp/s3"  # noqa: S108  in a container of its own
    weed = (
        f"{MOUNTED}/s3/weed server -dir={data} -ip.bind=0.0.0.0 -master.volumeSizeLimitMB=64"
        f" -s3 -s3.port={S3_PORT} -s3.config={MOUNTED}/s3/s3.json"
    )
    # Who kills it has it away for a while, with its data.
    for_ever = f"mkdir {data}; while true; do {weed}; sleep {AWAY}; done"
    node.start("s3", ["bash", "-c", for_ever], [S3_PORT], {})
    # Whoever has another key is refused: a store that let everybody in would prove nothing.
    bucket = f"""
import s3fs
secret = input()
def store(secret):
    address = 'http://127.0.0.1:{S3_PORT}'
    return s3fs.S3FileSystem(endpoint_url=address, key='{made.access_key}', secret=secret)
store(secret).mkdir('{made.bucket}')
try:
    store('another').ls('{made.bucket}')
except PermissionError:
    pass
else:
    raise SystemExit('the object store lets in who has another key')
"""
    node.cluster.kubectl(
        "exec",
        "--stdin",
        "s3",
        "--namespace",
        NAMESPACE,
        "--",
        "/opt/python/bin/python",
        "-c",
        bucket,
        stdin=made.secret_key,
    )
    return made


def _ready(pod: Manifest) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod["status"].get("conditions", ())
    )
