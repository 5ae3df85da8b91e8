"""VAULT_*: the keys of a KV version 2 secret become variables, whatever they are called and
whatever they hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.init.containers import Box, Ran
from tests.init.servers import Answer, Request, Site

pytestmark = pytest.mark.docker

TOKEN = "hvs.t0ken"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
AWKWARD = {
    "quotes": 'it\'s "quoted" `id` $(id) $HOME',
    "newlines": "one\ntwo\n\n",
    "blanks": "  both ends\t ",
    "backslashes": "\\n \\\\ \\",
    "unicode": "é 漢 \U0001f600",
    "equals": "a=b=c",
    "hash": "# no comment; & | > < * ? [x] {a,b} ~ !",
    "empty": "",
    "control": "\x01\x1b[31mred\x7f",
    "json": '{"a": [1, "b"]}',
}
# What the steps call their variables, before and after they read the secrets.
OWN = (
    *(
        "answer",
        "arguments",
        "before",
        "bundle",
        "candidate",
        "consequence",
        "duration",
        "failed",
        "file",
        "given",
        "group",
        "host",
        "key",
        "kind",
    ),
    *(
        "lines",
        "mirror",
        "name",
        "others",
        "owner",
        "pair",
        "project",
        "reason",
        "reserved",
        "root",
        "scheme",
        "seen",
        "state",
        "step",
        "target",
    ),
    *("trouble", "url", "value", "workspace"),
)


def vault(
    site: Site, data: Mapping[str, object], path: str = "/v1/kv/data/ada/secrets/my-app"
) -> dict[str, str]:
    """Serve a secret, and return the variables with which it is read."""

    def answer(request: Request) -> Answer:
        if request.headers.get("x-vault-token") != TOKEN:
            return Answer(status=403, body=b'{"errors": ["permission denied"]}')
        return Answer(
            body=json.dumps({"data": {"data": data, "metadata": {"version": 1}}}).encode()
        )

    site.routes[path] = answer
    return {
        "VAULT_ADDR": site.url,
        "VAULT_TOKEN": TOKEN,
        "VAULT_MOUNT": "kv",
        "VAULT_TOP_DIR": "ada",
        "VAULT_RELATIVE_PATH": "secrets/my-app",
    }


def environment(box: Box, env: Mapping[str, str]) -> Ran:
    return box.run("env", "-0", env=env)


def test_values_arrive_as_they_are(box: Box, site: Site) -> None:
    ran = environment(box, vault(site, AWKWARD))
    assert {key: ran.environment.get(key) for key in AWKWARD} == AWKWARD
    assert ran.failures == []


def test_they_reach_login_shells_and_root_s(box: Box, site: Site) -> None:
    for shell in ("bash -lc", "sudo -i bash -c"):
        ran = box.shell(
            f"{shell} 'env -0' | grep -z {' '.join(f'-e ^{key}=' for key in AWKWARD)}",
            env=vault(site, AWKWARD),
        )
        assert ran.environment == AWKWARD


def test_they_reach_r_that_the_service_does_not_start(rich: Box, site: Site) -> None:
    keys = [key for key in AWKWARD if key != "newlines"]
    script = """env -i PATH="$PATH" R_PROFILE="$R_PROFILE" LC_ALL=C.UTF-8 Rscript -e 'writeLines(Sys.getenv(commandArgs(TRUE)))' """
    ran = rich.shell(script + " ".join(keys), env=vault(site, AWKWARD))
    assert ran.out.split("\n")[:-1] == [AWKWARD[key] for key in keys]


def test_names_that_no_variable_can_have_are_mended_and_named(box: Box, site: Site) -> None:
    data = {
        "my-key": "dash",
        "my.other": "dot",
        "1st": "digit",
        "with space": "space",
        "é": "accent",
        "a$(id)": "shell",
        "plain_KEY2": "plain",
    }
    ran = environment(box, vault(site, data))
    expected = {
        "my_key": "dash",
        "my_other": "dot",
        "_1st": "digit",
        "with_space": "space",
        "a__id_": "shell",
        "plain_KEY2": "plain",
    }
    assert {key: ran.environment.get(key) for key in expected} == expected
    assert "key my-key is set as my_key" in ran.err
    assert "plain_KEY2" not in ran.err
    assert ran.failures == []


def test_two_keys_for_one_name_are_reported(box: Box, site: Site) -> None:
    ran = environment(box, vault(site, {"my-key": "first", "my_key": "second"}))
    assert ran.environment["my_key"] == "first"
    assert "key my_key is skipped: my-key is already my_key" in ran.err


def test_names_that_would_break_the_service_are_skipped(box: Box, site: Site) -> None:
    names = (
        "PATH",
        "HOME",
        "UID",
        "EUID",
        "PPID",
        "BASHOPTS",
        "SHELLOPTS",
        "IFS",
        "LD_PRELOAD",
        "BASH_ENV",
        "ENV",
        "ONYXIA_STATE",
        "",
    )
    before = environment(box, {}).environment
    ran = environment(box, vault(site, {**dict.fromkeys(names, "/evil"), "other": "fine"}))
    assert {name: ran.environment.get(name) for name in names} == {
        name: before.get(name) for name in names
    }
    assert ran.environment["other"] == "fine"
    assert ran.err.count("a variable of that name would break the service") == len(names)


def test_names_of_the_script_s_own_variables_are_names_like_others(box: Box, site: Site) -> None:
    data = {name: f"the {name}" for name in OWN}
    ran = box.run(
        "env", "-0", env={**vault(site, data), "GIT_USER_NAME": "Ada", "DARK_MODE": "true"}
    )
    assert {name: ran.environment.get(name) for name in OWN} == data
    assert ran.failures == []


def test_values_that_are_no_text_arrive_as_json(box: Box, site: Site) -> None:
    ran = environment(
        box, vault(site, {"number": 42, "yes": True, "object": {"a": [1, None]}, "nothing": None})
    )
    assert [ran.environment[key] for key in ("number", "yes", "object", "nothing")] == [
        "42",
        "true",
        '{"a":[1,null]}',
        "null",
    ]


def test_values_that_no_variable_can_hold_are_reported(box: Box, site: Site) -> None:
    ran = environment(box, vault(site, {"zero": "a\0b", "long": "x" * 200_000, "other": "fine"}))
    assert "key zero is skipped: no variable can hold its value" in ran.err
    assert "key long is skipped: its value is too long" in ran.err
    assert ran.environment["other"] == "fine"


@pytest.mark.parametrize(
    "own",
    [
        {"keysOrdering": ["b", "a", "gone"], "hiddenKeys": []},
        json.dumps({"keysOrdering": ["b", "a"]}),
    ],
)
def test_onyxia_s_own_key_says_which_are_meant(box: Box, site: Site, own: object) -> None:
    ran = environment(box, vault(site, {".onyxia": own, "a": "1", "b": "2", "c": "3"}))
    assert [ran.environment.get(key) for key in ("a", "b", "c")] == ["1", "2", None]
    assert "2 secrets of secrets/my-app are set" in ran.err


def test_an_own_key_without_an_order_changes_nothing(box: Box, site: Site) -> None:
    ran = environment(box, vault(site, {".onyxia": {"hiddenKeys": []}, "a": "1"}))
    assert (ran.environment["a"], "_onyxia" in ran.environment) == ("1", False)


@pytest.mark.parametrize(
    ("mount", "top", "relative"),
    [
        ("/kv/", "/ada/", "/secrets/my-app/"),
        ("kv", "", "ada/secrets/my-app"),
        ("kv", "ada/secrets", "my-app"),
    ],
)
def test_slashes_in_paths_are_no_matter(
    box: Box, site: Site, mount: str, top: str, relative: str
) -> None:
    env = {
        **vault(site, {"a": "1"}),
        "VAULT_MOUNT": mount,
        "VAULT_TOP_DIR": top,
        "VAULT_RELATIVE_PATH": relative,
        "VAULT_ADDR": f"{site.url}/",
    }
    assert environment(box, env).environment["a"] == "1"


def test_paths_with_blanks_and_accents(box: Box, site: Site) -> None:
    env = {
        **vault(site, {"a": "1"}, "/v1/kv/data/ada/été à #1?"),
        "VAULT_RELATIVE_PATH": "été à #1?",
    }
    assert environment(box, env).environment["a"] == "1"


def test_no_secret_is_printed_or_in_the_process_list(box: Box, site: Site) -> None:
    env = vault(site, {"a": "s3cr3t", "my-key": "s3cr3t", "reason": "s3cr3t", "failed": "s3cr3t"})
    ran = box.run("true", env={**env, "PERSONAL_INIT_SCRIPT": "http://localhost:1/"})
    assert "s3cr3t" not in ran.out + ran.err
    assert TOKEN not in ran.out + ran.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"VAULT_TOKEN": "wrong"}, "error: 403"),
        ({"VAULT_TOKEN": ""}, "VAULT_TOKEN is not set"),
        ({"VAULT_ADDR": ""}, "VAULT_ADDR is not set"),
        ({"VAULT_ADDR": "http://localhost:1"}, "curl: (7)"),
        ({"VAULT_RELATIVE_PATH": "other"}, "error: 404"),
        ({"VAULT_RELATIVE_PATH": "list"}, "holds no secret of a KV version 2 engine"),
        ({"VAULT_RELATIVE_PATH": "page"}, "holds no secret of a KV version 2 engine"),
    ],
)
def test_a_vault_that_does_not_answer_is_reported(
    box: Box, site: Site, change: dict[str, str], message: str
) -> None:
    site.text("/v1/kv/data/ada/list", '{"data": ["v1"]}')
    site.text("/v1/kv/data/ada/page", "<html>log in</html>")
    ran = box.run("echo", "service", env={**vault(site, {"a": "1"}), **change})
    assert (ran.out, ran.failures) == ("service\n", ["vault"])
    assert message in ran.err
    assert "the secrets of Vault are not set" in ran.err


def test_an_order_that_is_none_is_reported(box: Box, site: Site) -> None:
    ran = box.run("echo", "service", env=vault(site, {".onyxia": {"keysOrdering": 3}, "a": "1"}))
    assert (ran.out, ran.failures) == ("service\n", ["vault"])


def test_without_a_path_vault_is_not_asked(box: Box, site: Site) -> None:
    environment(box, {**vault(site, {"a": "1"}), "VAULT_RELATIVE_PATH": ""})
    assert site.requests == []


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A service account's directory, as Kubernetes mounts it."""
    claims = {
        "kubernetes.io": {"serviceaccount": {"name": "ada-ü?>"}},
        "sub": "system:serviceaccount:user-ada:ada",
    }
    part = (
        base64.urlsafe_b64encode(json.dumps(claims, ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )
    (tmp_path / "token").write_text(f"e30.{part}.signature")
    (tmp_path / "namespace").write_text("user-ada")
    tmp_path.chmod(0o755)
    return tmp_path


def test_the_service_account_logs_in(box: Box, site: Site, account: Path) -> None:
    asked: list[object] = []

    def log_in(request: Request) -> Answer:
        asked.append(json.loads(request.body))
        return Answer(body=json.dumps({"auth": {"client_token": TOKEN}}).encode())

    env = {
        **vault(site, {"a": "1"}),
        "VAULT_TOKEN": "",
        "VAULT_INJECTION_SA_ENABLED": "true",
        "VAULT_INJECTION_SA_MODE": "jwt",
        "VAULT_INJECTION_SA_AUTH_ROLE": "reader",
        "VAULT_INJECTION_SA_AUTH_PATH": "jwt/cluster",
    }
    site.routes["/v1/auth/jwt/cluster/login"] = log_in
    ran = box.run("env", "-0", env=env, files={ACCOUNT: account})
    assert asked == [{"role": "reader", "jwt": (account / "token").read_text()}]
    assert (ran.environment["a"], ran.environment["VAULT_TOKEN"]) == ("1", TOKEN)
    refused = box.run(
        "echo",
        "service",
        env={**env, "VAULT_INJECTION_SA_AUTH_PATH": "other"},
        files={ACCOUNT: account},
    )
    assert refused.failures == ["vault"]
    without = box.run("echo", "service", env=env)
    assert "the service account has no token" in without.err


@pytest.mark.parametrize(
    "change", [{"VAULT_INJECTION_SA_ENABLED": "false"}, {"VAULT_INJECTION_SA_MODE": "other"}]
)
def test_the_service_account_logs_in_only_when_asked_to(
    box: Box, site: Site, account: Path, change: dict[str, str]
) -> None:
    env = {
        **vault(site, {"a": "1"}),
        "VAULT_INJECTION_SA_ENABLED": "true",
        "VAULT_INJECTION_SA_MODE": "jwt",
        **change,
    }
    assert box.run("env", "-0", env=env, files={ACCOUNT: account}).environment["a"] == "1"
    assert [request.method for request in site.requests] == ["GET"]


def test_kubernetes_names_are_set_where_there_is_a_service_account(box: Box, account: Path) -> None:
    found = box.run("env", "-0", files={ACCOUNT: account}).environment
    assert (found["KUBERNETES_NAMESPACE"], found["KUBERNETES_SERVICE_ACCOUNT"]) == (
        "user-ada",
        "ada-ü?>",
    )
    assert not [name for name in box.run("env", "-0").environment if name.startswith("KUBERNETES")]


def test_kubernetes_names_that_are_set_stay(box: Box, account: Path) -> None:
    mine = {"KUBERNETES_NAMESPACE": "mine", "KUBERNETES_SERVICE_ACCOUNT": "me"}
    found = box.run("env", "-0", env=mine, files={ACCOUNT: account}).environment
    assert {name: found[name] for name in mine} == mine


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "a.bm90IGpzb24.c"])
def test_a_token_that_names_no_account_is_reported(box: Box, account: Path, token: str) -> None:
    (account / "token").write_text(token)
    ran = box.run("env", "-0", files={ACCOUNT: account})
    assert ran.failures == ["kubernetes"]
    assert ran.environment["KUBERNETES_NAMESPACE"] == "user-ada"
