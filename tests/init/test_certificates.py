"""PATH_TO_CA_BUNDLE and mounted certificates: every client trusts the organisation's authority, and
still the public ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.init.containers import NO_SUDO, Box, Options
from tests.init.servers import Site, python_index

pytestmark = pytest.mark.docker

BUNDLE = "/etc/organisation/bundle.crt"
MOUNTED = "/usr/local/share/ca-certificates"
VARIABLES = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
CLIENTS = """
    curl --fail --silent --output /dev/null $URL/hello
    git ls-remote $URL/repo.git >/dev/null
    python -c 'import sys, requests; requests.get(sys.argv[1]).raise_for_status()' $URL/hello
    python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' $URL/hello
    python -c 'import certifi, sys, requests; requests.get(sys.argv[1], verify=certifi.where()).raise_for_status()' $URL/hello
    pip --disable-pip-version-check --quiet download --no-deps --index-url $URL/simple --dest /tmp/pip probe 2>&1
    uv pip install --quiet --no-deps --index-url $URL/simple --target /tmp/uv probe
    Rscript -e 'download.file(commandArgs(TRUE), "/tmp/hello", quiet = TRUE)' $URL/hello
"""


@pytest.fixture
def everything(secure: Site, wheel: bytes) -> Site:
    """What the clients ask for."""
    secure.text("/hello", "hello")
    secure.text("/repo.git/info/refs", "0" * 40 + "\tHEAD\n")
    python_index(secure, wheel)
    return secure


def authority(site: Site) -> Path:
    assert site.authority
    return site.authority


@pytest.mark.parametrize("options", [{}, NO_SUDO], ids=["sudo", "no-sudo"])
def test_every_client_trusts_the_authority(rich: Box, everything: Site, options: Options) -> None:
    env = {"PATH_TO_CA_BUNDLE": BUNDLE, "URL": everything.url}
    ran = rich.shell(CLIENTS, env=env, files={BUNDLE: authority(everything)}, options=options)
    assert ran.failures == []
    assert "1 certificate authorities added" in ran.err


def test_without_it_no_client_does(rich: Box, everything: Site) -> None:
    lines = [line.strip() for line in CLIENTS.strip().splitlines()]
    script = "\n".join(
        f"( {line} ) >/dev/null 2>&1 && echo {number}" for number, line in enumerate(lines)
    )
    assert (
        rich.shell(
            f"set +e\n{script}\ntrue",
            env={"URL": everything.url, "UV_HTTP_RETRIES": "0", "PIP_RETRIES": "0"},
        ).out
        == ""
    )


def test_with_sudo_the_system_trusts_it_too(box: Box, secure: Site) -> None:
    url = secure.text("/hello", "hello")
    ran = box.shell(
        f"env -i curl -fsS {url}; env -i wget -qO- {url}",
        env={"PATH_TO_CA_BUNDLE": BUNDLE},
        files={BUNDLE: authority(secure)},
    )
    assert ran.out == "hellohello"


@pytest.mark.parametrize(
    "target", [f"{MOUNTED}/organisation.crt", f"{MOUNTED}/deep/organisation.crt"]
)
def test_certificates_mounted_for_the_system_are_enough(
    box: Box, secure: Site, target: str
) -> None:
    url = secure.text("/hello", "hello")
    for options in ({}, NO_SUDO):
        assert (
            box.run("curl", "-fsS", url, files={target: authority(secure)}, options=options).out
            == "hello"
        )


def test_a_directory_of_certificates(box: Box, secure: Site, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "one.crt").write_bytes(authority(secure).read_bytes())
    (tmp_path / "README").write_text("no certificate")
    url = secure.text("/hello", "hello")
    for options in ({}, NO_SUDO):
        ran = box.run(
            "curl",
            "-fsS",
            url,
            env={"PATH_TO_CA_BUNDLE": "/etc/ca/"},
            files={"/etc/ca": tmp_path},
            options=options,
        )
        assert (ran.out, ran.failures) == ("hello", [])


def test_the_same_certificate_given_twice_is_added_once(box: Box, secure: Site) -> None:
    files = {BUNDLE: authority(secure), f"{MOUNTED}/organisation.crt": authority(secure)}
    ran = box.run("true", env={"PATH_TO_CA_BUNDLE": BUNDLE}, files=files)
    assert "1 certificate authorities added" in ran.err


def test_a_bundle_of_many_with_text_between(box: Box, secure: Site, tmp_path: Path) -> None:
    other = "/etc/ssl/certs/ca-certificates.crt"
    many = tmp_path / "many.crt"
    three = "".join(box.run("awk", "/BEGIN/ {n++} n < 4 && n", other).out)
    many.write_text(f"# three\n{three}\n# and ours\n{authority(secure).read_text()}")
    url = secure.text("/hello", "hello")
    ran = box.run("curl", "-fsS", url, env={"PATH_TO_CA_BUNDLE": BUNDLE}, files={BUNDLE: many})
    assert ran.out == "hello"
    assert "4 certificate authorities added" in ran.err


def test_public_authorities_are_still_trusted(box: Box, secure: Site) -> None:
    count = 'grep -c BEGIN "$SSL_CERT_FILE"'
    for options in ({}, NO_SUDO):
        ran = box.shell(f"{count}; grep -c BEGIN /etc/ssl/certs/ca-certificates.crt", env={"PATH_TO_CA_BUNDLE": BUNDLE},
                        files={BUNDLE: authority(secure)}, options=options)  # fmt: skip
        assert int(ran.out.split()[0]) > 50


def test_what_is_set_already_stays(box: Box, secure: Site) -> None:
    for name in VARIABLES:
        ran = box.run(
            "env",
            "-0",
            env={"PATH_TO_CA_BUNDLE": BUNDLE, name: "/mine"},
            files={BUNDLE: authority(secure)},
            options=NO_SUDO,
        )
        assert ran.environment[name] == "/mine"
        assert {ran.environment[other] for other in VARIABLES if other != name} == {
            "/var/lib/onyxia/1000/ca-bundle.crt"
        }


def test_without_certificates_nothing_is_set(box: Box) -> None:
    assert not set(VARIABLES) & set(box.run("env", "-0").environment)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no PEM certificate"),
        ("hello\n", "holds no PEM certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n",
            "1 of the certificates are none",
        ),
    ],
    ids=["empty", "text", "garbage"],
)
def test_a_bundle_that_is_none_is_reported(
    box: Box, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "bundle.crt").write_text(text)
    ran = box.run(
        "echo",
        "service",
        env={"PATH_TO_CA_BUNDLE": BUNDLE},
        files={BUNDLE: tmp_path / "bundle.crt"},
    )
    assert (ran.out, ran.failures) == ("service\n", ["certificates"])
    assert message in ran.err
    assert "servers with a certificate of the organisation are refused" in ran.err


def test_a_bad_certificate_does_not_take_the_good_ones_with_it(
    box: Box, secure: Site, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_text(
        "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n"
        + authority(secure).read_text()
    )
    ran = box.run(
        "curl",
        "-fsS",
        secure.text("/hello", "hello"),
        env={"PATH_TO_CA_BUNDLE": BUNDLE},
        files={BUNDLE: bundle},
    )
    assert (ran.out, ran.failures) == ("hello", ["certificates"])


def test_a_bundle_that_may_not_be_read_is_reported(box: Box, secure: Site, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    url = secure.text("/hello", "hello")
    files = {"/etc/ca": tmp_path, f"{MOUNTED}/organisation.crt": authority(secure)}
    ran = box.run("curl", "-fsS", url, env={"PATH_TO_CA_BUNDLE": "/etc/ca/"}, files=files)
    assert (ran.out, ran.failures) == ("hello", ["certificates"])
    assert "/etc/ca/ cannot be read by user 1000" in ran.err


def test_a_bundle_that_is_missing_is_reported(box: Box) -> None:
    ran = box.run("echo", "service", env={"PATH_TO_CA_BUNDLE": "/nowhere/bundle.crt"})
    assert (ran.out, ran.failures) == ("service\n", ["certificates"])


def test_programs_that_read_a_file_of_their_own_are_given_one(box: Box, secure: Site) -> None:
    """images/base/tests/tls.sh asks with every program of an image; Java is there where a layer has it."""
    url = secure.text("/hello", "hello")
    # apt wants more of a server's goodbye than this one says; that it asked is enough
    script = f"""
        wget -qO- {url}
        /usr/lib/apt/apt-helper download-file {url} /tmp/hello >/dev/null 2>&1 || true
        cat "$WGETRC" "$APT_CONFIG"
    """
    ran = box.shell(
        script,
        env={"PATH_TO_CA_BUNDLE": BUNDLE},
        files={BUNDLE: authority(secure)},
        options=NO_SUDO,
    )
    bundle = "/var/lib/onyxia/1000/ca-bundle.crt"
    assert ran.out == f'helloca_certificate = {bundle}\nAcquire::https::CAInfo "{bundle}";\n'
    assert any("APT" in request.headers["user-agent"] for request in secure.requests)


def test_files_and_options_of_the_user_stay(box: Box, secure: Site) -> None:
    mine = {
        "APT_CONFIG": "/dev/null",
        "JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore=/mine",
        "WGETRC": "/mine",
    }
    ran = box.run(
        "env",
        "-0",
        env={"PATH_TO_CA_BUNDLE": BUNDLE, **mine},
        files={BUNDLE: authority(secure)},
        options=NO_SUDO,
    )
    assert {name: ran.environment[name] for name in mine} == mine
