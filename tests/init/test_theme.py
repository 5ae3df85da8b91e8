"""DARK_MODE: a dark theme in the IDE that is there, and never over the user's own choice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.init.containers import Box
from tests.init.images import NEWEST

pytestmark = [pytest.mark.docker, NEWEST]

THEMES: dict[str, tuple[str, dict[str, object]]] = {
    "jupyter-lab": (
        ".jupyter/labconfig/default_setting_overrides.d/onyxia.json",
        {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}},
    ),
    "code-server": (
        ".local/share/code-server/User/settings.json",
        {"workbench.colorTheme": "Default Dark Modern"},
    ),
    "rstudio-server": (".config/rstudio/rstudio-prefs.json", {"editor_theme": "Vibrant Ink"}),
}
all_ides = pytest.mark.parametrize("program", list(THEMES))
# JupyterLab reads the user's settings from another file, and lets them win.
one_file = pytest.mark.parametrize("program", ["code-server", "rstudio-server"])
DARK = {"DARK_MODE": "true"}


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that is there."""
    path = tmp_path_factory.mktemp("stub") / "program"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@all_ides
def test_it_is_set_in_the_ide_that_is_there(box: Box, program: str, stub: Path) -> None:
    script = "find ~ -name '*.json' -printf '%P\\n'; find ~ -name '*.json' -exec cat {} +"
    name, _, content = box.shell(
        script, env=DARK, files={f"/usr/local/bin/{program}": stub}
    ).out.partition("\n")
    assert (name, json.loads(content)) == THEMES[program]


@all_ides
@pytest.mark.parametrize("dark", ["false", ""])
def test_nothing_is_written_without(box: Box, program: str, dark: str, stub: Path) -> None:
    ran = box.shell(
        f"test ! -e ~/{THEMES[program][0]}",
        env={"DARK_MODE": dark},
        files={f"/usr/local/bin/{program}": stub},
    )
    assert ran.failures == []


def test_nothing_is_written_without_an_ide(box: Box) -> None:
    assert box.shell("find ~ -name '*.json'", env=DARK).out == ""


@one_file
def test_what_the_user_chose_stays(box: Box, program: str, stub: Path) -> None:
    path, setting = THEMES[program]
    mine = json.dumps(dict.fromkeys([*setting, "other"], "mine"))
    script = (
        f"mkdir -p ~/$(dirname {path}); echo '{mine}' >~/{path}; /opt/onyxia-init.sh cat ~/{path}"
    )
    assert json.loads(
        box.shell(script, env=DARK, files={f"/usr/local/bin/{program}": stub}).out
    ) == json.loads(mine)


@one_file
def test_other_settings_stay(box: Box, program: str, stub: Path) -> None:
    path, setting = THEMES[program]
    script = f"echo '{{\"other\": 1}}' >~/{path}; /opt/onyxia-init.sh cat ~/{path}"
    assert json.loads(
        box.shell(script, env=DARK, files={f"/usr/local/bin/{program}": stub}).out
    ) == {"other": 1, **setting}


@one_file
def test_settings_with_comments_are_left_alone_and_reported(
    box: Box, program: str, stub: Path
) -> None:
    path, _ = THEMES[program]
    script = f"echo '// mine' >~/{path}; /opt/onyxia-init.sh cat ~/{path}"
    ran = box.shell(script, env=DARK, files={f"/usr/local/bin/{program}": stub})
    assert (ran.out, ran.failures) == ("// mine\n", ["theme"])


def test_jupyterlab_is_light_again_when_the_preference_is(box: Box, stub: Path) -> None:
    script = f"DARK_MODE=false /opt/onyxia-init.sh test ! -e ~/{THEMES['jupyter-lab'][0]}"
    box.shell(script, env=DARK, files={"/usr/local/bin/jupyter-lab": stub})
