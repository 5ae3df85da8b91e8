"""The start script's files: each step says what fails with it, and each variable that they read has
a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FILES = Path(__file__).parents[2] / "images/base/files"
PARTS = FILES / "opt/onyxia"
STEPS = sorted((PARTS / "steps").glob("*.sh"))
READ = re.compile(
    r"\$\{!?([A-Z][A-Z0-9_]+)[:}\[%#/]|\$([A-Z][A-Z0-9_]+)|Sys\.getenv\(\"([A-Z0-9_]+)\""
)
# Set by the shell or by the script itself.
OWN = {
    "BASHPID",
    "BASH_COMMAND",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "EUID",
    "LC_ALL",
    "PPID",
    "PWD",
    "SUDO_UID",
}
# Read through lists of names.
LISTED = {
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
}


def variables() -> set[str]:
    found = set(LISTED)
    for path in [
        FILES / "opt/onyxia-init.sh",
        *(path for path in PARTS.rglob("*") if path.is_file()),
    ]:
        text = re.sub(r"^ *#.*", "", path.read_text(), flags=re.MULTILINE)
        found |= {name for groups in READ.findall(text) for name in groups if name}
    return {name for name in found - OWN if not name.startswith("ONYXIA_")}


def test_every_variable_that_is_read_has_a_test() -> None:
    tests = "\n".join(
        path.read_text()
        for path in Path(__file__).parent.glob("test_*.py")
        if path != Path(__file__)
    )
    missing = sorted(name for name in variables() if name not in tests)
    assert not missing, f"no test in tests/init names {', '.join(missing)}"


def test_the_variables_of_the_contract_are_read() -> None:
    contract = {
        *(
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_PATH_STYLE_ACCESS",
            "AWS_S3_ENDPOINT",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ),
        *(
            "DARK_MODE",
            "GIT_BRANCH",
            "GIT_CREDENTIALS_CACHE_DURATION",
            "GIT_PERSONAL_ACCESS_TOKEN",
            "GIT_REPOSITORY",
            "GIT_USER_MAIL",
            "GIT_USER_NAME",
        ),
        *(
            "GROUPNAME",
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "NO_PROXY",
            "PACKAGE_MANAGER_URL",
            "PATH_TO_CA_BUNDLE",
            "PERSONAL_INIT_ARGS",
        ),
        *(
            "PERSONAL_INIT_SCRIPT",
            "PERSONAL_INIT_SCRIPT_CHECKSUM",
            "PIP_REPOSITORY",
            "PROJECT_GROUP",
            "PROJECT_USER",
            "REGION_INIT_SCRIPT",
        ),
        *(
            "REGION_INIT_SCRIPT_CHECKSUM",
            "ROOT_PROJECT_DIRECTORY",
            "R_REPOSITORY",
            "USERNAME",
            "VAULT_ADDR",
            "VAULT_INJECTION_SA_AUTH_PATH",
        ),
        *(
            "VAULT_INJECTION_SA_AUTH_ROLE",
            "VAULT_INJECTION_SA_ENABLED",
            "VAULT_INJECTION_SA_MODE",
            "VAULT_MOUNT",
            "VAULT_RELATIVE_PATH",
            "VAULT_TOKEN",
        ),
        *("VAULT_TOP_DIR", "WORKSPACE_DIR"),
    }
    assert not contract - variables()


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_a_step_says_what_it_does_and_what_fails_with_it(step: Path) -> None:
    lines = step.read_text().splitlines()
    assert re.fullmatch(r"\d\d-[a-z0-9]+", step.stem), (
        "steps run in the order of their names, <two digits>-<name>.sh"
    )
    assert lines[1].startswith("# "), "the second line says what the step does"
    code = [line for line in lines if line and not line.startswith("#")]
    assert code[0].startswith('without "'), (
        "the first command says what is missing when the step fails"
    )


def test_certificates_are_always_checked() -> None:
    insecure = re.compile(
        r"--insecure|curl[^\n]* -k\b|sslVerify|--no-check-certificate|GIT_SSL_NO_VERIFY"
    )
    assert not [path.name for path in PARTS.rglob("*.sh") if insecure.search(path.read_text())]
