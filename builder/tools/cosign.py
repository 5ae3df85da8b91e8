"""The `cosign` program: sign statements by a key or as an identity, and check what an identity
signed. Passwords of keys are in the environment (COSIGN_PASSWORD), never in arguments. What is
signed is handed over in files: cosign speaks to no registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import ToolError
from builder.tools import process

PROGRAM = "cosign"
HINT = "install cosign 3 or later (a program in Go: sigstore/cosign), or run `setup/install whole`"
PASSWORD = "COSIGN_PASSWORD"  # noqa: S105  the name of the variable


@dataclass(frozen=True, kw_only=True, slots=True)
class Cosign:
    """cosign with what it needs on this machine."""

    ca_bundle: Path | None = None

    def public_key(self, key: str) -> bytes:
        """Return the public half of a key, in PEM.

        Raises:
            ToolError: cosign is missing; or there is no such key, or the password is another.

        """
        return self._run("public-key", "--key", key).stdout

    def sign(self, statement: bytes, key: str | None) -> bytes:
        """Return the bundle of a signed statement; without a key, it is signed as an identity that
        cosign asks an OpenID provider for, and the signature is in Sigstore's public log.

        Raises:
            ToolError: cosign is missing, or cannot sign.

        """
        # Whoever signs by a key of his own need not tell the world.
        by = ["--key", key, "--tlog-upload=false", "--use-signing-config=false"] if key else []
        with TemporaryDirectory(prefix="catalog-") as directory:
            source, made = Path(directory) / "statement.json", Path(directory) / "bundle.json"
            source.write_bytes(statement)
            self._run("attest-blob", "--yes", *by, "--statement", source, "--bundle", made)
            return made.read_bytes()

    def check(self, bundle: bytes, digest: str, kind: str, identity: str, issuer: str) -> str:
        """Return why a bundle is no statement of a kind on a digest that this identity signed;
        empty where it is one.

        Raises:
            ToolError: cosign is missing.

        """
        algorithm, _, value = digest.partition(":")
        with TemporaryDirectory(prefix="catalog-") as directory:
            file = Path(directory) / "bundle.json"
            file.write_bytes(bundle)
            try:
                self._run(
                    "verify-blob-attestation",
                    *("--bundle", file, "--type", kind),
                    *("--certificate-identity", identity, "--certificate-oidc-issuer", issuer),
                    *("--digestAlg", algorithm, "--digest", value),
                )
            except ToolError as error:
                if error.code is None:
                    raise
                return error.tail.strip().splitlines()[-1] if error.tail.strip() else "no reason"
        return ""

    def _run(self, *arguments: str | Path) -> process.Done:
        env: Mapping[str, str] = {"SSL_CERT_FILE": str(self.ca_bundle)} if self.ca_bundle else {}
        try:
            return process.run([PROGRAM, *arguments], env=env)
        except ToolError as error:
            hint = HINT if error.code is None else advice(error.tail)
            raise ToolError(error.argv[:2], error.code, error.tail, hint=hint) from None


def advice(tail: str) -> str:
    """Return what to do about what cosign said."""
    if "unknown flag" in tail or "unknown command" in tail:
        return f"this cosign is too old: {HINT}"
    if "password" in tail or "decrypt" in tail:
        return f"{PASSWORD} has to hold the password of the key"
    return ""
