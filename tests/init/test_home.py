"""A home and a workspace that can be used, whoever made the volume and whoever runs the service."""

from __future__ import annotations

import pytest

from tests.init.containers import BASH, NO_SUDO, ROOT, Box

pytestmark = pytest.mark.docker

WRITE = 'touch ~/mine "$WORKSPACE_DIR/mine" "$ROOT_PROJECT_DIRECTORY/mine"; '


def test_the_image_s_own_home(box: Box) -> None:
    ran = box.shell(
        WRITE
        + "stat -c '%A %u:%g' ~; echo ~ $WORKSPACE_DIR $ROOT_PROJECT_DIRECTORY $PWD $USER $LOGNAME"
    )
    assert (
        ran.out
        == "drwxr-x--- 1000:100\n/home/onyxia /home/onyxia/work /home/onyxia/work /home/onyxia/work"
        " onyxia onyxia\n"
    )
    assert ran.err == ""


@pytest.mark.parametrize("path", ["/home/onyxia", "/home/onyxia/work"])
def test_a_volume_made_by_root_is_made_ours(box: Box, path: str) -> None:
    with box.volume(path) as volume:
        ran = box.shell(
            WRITE + f"stat -c %u:%g {path} ~/.bashrc ~/.profile $WORKSPACE_DIR; pwd", options=volume
        )
    assert ran.out.split() == ["1000:100"] * 4 + ["/home/onyxia/work"]
    assert f"{path} is now ours" in ran.err


def test_an_empty_home_of_the_group_needs_no_sudo(box: Box) -> None:
    """As Kubernetes gives one with fsGroup: the engine then makes the missing working directory in
    it, as root."""
    with box.volume("/home/onyxia", "0:100", "2775") as volume:
        ran = box.shell(WRITE + "cat ~/.bashrc >/dev/null; pwd; ls", options={**NO_SUDO, **volume})
    assert ran.out == "/home/onyxia/work\nmine\n"
    assert ran.err == ""


@pytest.mark.parametrize("path", ["/home/onyxia", "/home/onyxia/work"])
def test_without_sudo_the_service_falls_back_and_says_so(box: Box, path: str) -> None:
    with box.volume(path) as volume:
        ran = box.shell(WRITE + "pwd; echo ~ $WORKSPACE_DIR", options={**NO_SUDO, **volume})
    assert f"{path} cannot be written by user 1000" in ran.err
    assert "fsGroup" in ran.err
    home, workspace = {
        "/home/onyxia": ("/var/lib/onyxia/1000/home", "/var/lib/onyxia/1000/home/work"),
        "/home/onyxia/work": ("/home/onyxia", "/home/onyxia/workspace"),
    }[path]
    assert ran.out == f"{workspace}\n{home} {workspace}\n"


@pytest.mark.parametrize("user", ["12345:0", "12345:100", "12345:12345"])
@pytest.mark.parametrize(
    "mode", ["", "0755", "0777"], ids=["image", "closed-volume", "open-volume"]
)
def test_an_arbitrary_uid_has_a_name_a_home_and_a_workspace(box: Box, user: str, mode: str) -> None:
    script = (
        WRITE
        + "cp ~/.bashrc ~/copy; whoami; id -un; getent passwd 12345; cd ~; pwd; cd $WORKSPACE_DIR;"
        " git init -q x; git config --global a.b c"
    )
    with box.volume("/home/onyxia", mode=mode or "0700") as volume:
        ran = box.shell(script, options={"user": user, **(volume if mode else {})})
    assert ran.failures == []
    name, same, entry, home = ran.out.split()[:4]
    assert (name, same) == ("onyxia", "onyxia")
    assert entry.split(":")[5] == home
    assert home == ("/home/onyxia" if mode == "0777" else "/var/lib/onyxia/12345/home")


def test_a_group_member_works_in_the_image_s_workspace(box: Box) -> None:
    ran = box.shell("pwd; echo $WORKSPACE_DIR", options={"user": "12345:100"})
    assert ran.out == "/home/onyxia/work\n/home/onyxia/work\n"


@pytest.mark.parametrize("home", ["/", "/nowhere"])
def test_home_as_some_engines_set_it(box: Box, home: str) -> None:
    ran = box.shell('touch ~/mine; echo "$HOME"', env={"HOME": home})
    assert ran.out in {"/home/onyxia\n", "/nowhere\n"}
    assert ran.failures == []


def test_user_name_is_username_for_an_arbitrary_uid(box: Box) -> None:
    ran = box.shell("whoami; echo $USER", env={"USERNAME": "ada"}, options={"user": "12345:0"})
    assert ran.out == "ada\nada\n"


def test_workspace_and_project_directories_are_made(box: Box) -> None:
    ran = box.shell(
        "pwd; ls -d $WORKSPACE_DIR $ROOT_PROJECT_DIRECTORY",
        env={"WORKSPACE_DIR": "/srv/ws", "ROOT_PROJECT_DIRECTORY": "/srv/ws/project"},
    )
    assert ran.out == "/home/onyxia/work\n/srv/ws\n/srv/ws/project\n"


def test_a_working_directory_of_the_caller_is_kept(box: Box) -> None:
    assert box.run("pwd", options={"working_dir": "/usr/share"}).out == "/usr/share\n"


def test_skeleton_files_are_given_once(box: Box) -> None:
    """A home that lasts: what the user deleted stays away, what the user changed stays, what a
    newer image adds comes."""
    script = """
        rm ~/.bash_logout; echo mine >~/.profile
        sudo sh -c 'mkdir -p /etc/skel/.config/new && echo new >/etc/skel/.config/new/file'
        /opt/onyxia-init.sh true
        cat ~/.profile ~/.config/new/file; test ! -e ~/.bash_logout
    """
    with box.volume("/home/onyxia", "1000:100") as volume:
        assert box.shell(script, options=volume).out == "mine\nnew\n"


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"PROJECT_USER": "daemon", "PROJECT_GROUP": "games", "USERNAME": "", "GROUPNAME": ""},
        {"USERNAME": "games"},
    ],
)
def test_what_root_made_in_the_project_goes_to_the_user(box: Box, env: dict[str, str]) -> None:
    script = """
        mkdir -p deep/er lost+found; touch deep/er/file link-target; ln -s link-target link
        /opt/onyxia-init.sh true
        stat -c '%U:%G' deep/er/file link; stat -c %U lost+found
    """
    user = env.get("USERNAME") or env.get("PROJECT_USER", "onyxia")
    owner = f"{user}:{env.get('PROJECT_GROUP', 'users')}"
    assert box.shell(script, env=env, options=ROOT).out.split() == [
        owner,
        owner,
        "root",
    ]


def test_what_root_left_in_the_project_goes_to_the_user_by_sudo(box: Box) -> None:
    script = "sudo mkdir -p old/file; /opt/onyxia-init.sh true; stat -c %U old/file"
    assert box.shell(script).out == "onyxia\n"


def test_what_others_left_in_the_project_is_reported_without_sudo(box: Box) -> None:
    with box.volume("/home/onyxia/work", mode="0777") as volume:
        box.run(
            "-c",
            "mkdir work/old",
            options={**ROOT, **BASH, "working_dir": "/home/onyxia", **volume},
        )
        ran = box.run("true", options={**NO_SUDO, **volume})
    assert ran.failures == ["ownership"]
    assert "1 of them belong to others, and user 1000 may not change that" in ran.err


def test_root_leaves_nothing_of_its_own_in_the_user_s_home(box: Box) -> None:
    ran = box.shell(
        "find ~ -user root; echo $USER",
        env={"GIT_USER_NAME": "Ada", "DARK_MODE": "true"},
        options=ROOT,
    )
    assert ran.out == "root\n"


def test_an_owner_that_does_not_exist_is_reported(box: Box) -> None:
    ran = box.run("true", env={"USERNAME": "nobody-here"}, options=ROOT)
    assert ran.failures == ["ownership"]
    assert "there is no user nobody-here" in ran.err
