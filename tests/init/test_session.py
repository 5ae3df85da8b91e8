"""Sessions that the service does not start have its environment, and nobody else has."""

from __future__ import annotations

import pytest

from tests.init.containers import BASH, ROOT, Box, execute
from tests.init.images import NEWEST

pytestmark = [pytest.mark.docker, NEWEST]

KEPT = "/var/lib/onyxia/1000"
READY = f"until [ -e {KEPT}/environment.sh ]; do sleep 0.05; done"
NOBODY = "65534:65534"


def test_shells_from_outside_have_what_the_steps_set(box: Box) -> None:
    env = {"AWS_S3_ENDPOINT": "minio", "IMAGE_NAME": "an image", "KUBERNETES_POD_NAME": "pod-0"}
    with box.started("sleep", "1000", env=env) as container:
        execute(container, "bash", "-c", READY)
        for shell in (("bash", "-lc"), ("bash", "-ic"), ("sh", "-lc")):
            found = execute(container, *shell, "env -0").environment
            assert {name: found[name] for name in env} == env
            assert found["AWS_ENDPOINT_URL"] == "https://minio"
            assert found["USER"] == "onyxia"


def test_a_shell_s_own_place_is_not_the_service_s(box: Box) -> None:
    with box.started("sleep", "1000") as container:
        execute(container, "bash", "-c", READY)
        assert (
            execute(
                container,
                "bash",
                "-lc",
                "cd /usr; exec env -u ONYXIA_SESSION bash -lc 'pwd; echo $SHLVL $OLDPWD'",
            ).out.splitlines()[0]
            == "/usr"
        )


def test_root_has_the_variables_and_a_home_of_its_own(box: Box) -> None:
    assert (
        box.shell("sudo -i bash -c 'echo $KEY $HOME $USER $LOGNAME'", env={"KEY": "value"}).out
        == "value /root root root\n"
    )


def test_a_home_that_was_fallen_back_to_is_the_same_in_every_shell(box: Box) -> None:
    with box.started("sleep", "1000", options={"user": "12345:0"}) as container:
        execute(container, "bash", "-c", READY.replace("1000", "12345"))
        assert (
            execute(container, "bash", "-lc", "echo $HOME; whoami").out
            == "/var/lib/onyxia/12345/home\nonyxia\n"
        )


def test_what_the_user_changed_stays_changed_in_shells_below(box: Box) -> None:
    assert (
        box.shell("export KEY=changed; bash -lc 'echo $KEY'", env={"KEY": "value"}).out
        == "changed\n"
    )


def test_the_environment_is_the_user_s_alone(box: Box) -> None:
    with box.started("sleep", "1000", env={"KEY": "s3cr3t"}) as container:
        execute(container, "bash", "-c", READY)
        assert execute(
            container, "stat", "-c", "%a %u", KEPT, f"{KEPT}/environment", f"{KEPT}/environment.sh"
        ).out.split("\n") == [
            "700 1000",
            "600 1000",
            "600 1000",
            "",
        ]
        assert execute(container, "cat", f"{KEPT}/environment", user=NOBODY).code == 1
        assert (
            "s3cr3t"
            not in execute(container, "bash", "-lc", "env", user=NOBODY, env={"KEY": ""}).out
        )


def test_another_user_s_directory_is_not_trusted(box: Box) -> None:
    script = (
        f"mkdir -p {KEPT} && chown 65534 {KEPT} && chmod 777 {KEPT} && setpriv --reuid=1000"
        " --regid=100 --clear-groups /opt/onyxia-init.sh env -0"
    )
    ran = box.run("-c", script, options={**ROOT, **BASH})
    assert ran.environment["ONYXIA_SESSION"].startswith("/tmp/onyxia-1000")  # noqa: S108


def test_only_what_is_a_name_is_exported_by_shells(box: Box) -> None:
    env = {"with.dot": "a", "with-dash": "b", "PLAIN": "c"}
    ran = box.shell(f"cut -d= -f1 {KEPT}/environment.sh", env=env)
    assert "export PLAIN" in ran.out.splitlines()
    assert "with" not in ran.out
