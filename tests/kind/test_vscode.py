"""code-server, as its user meets it: in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from builder.verify.release import eventually
from tests.kind import browser
from tests.kind.cluster import Release
from tests.kind.conftest import Launcher

pytestmark = [pytest.mark.kind, pytest.mark.whole("code-server is heavy")]


@pytest.fixture(scope="module")
def release(launch: Launcher) -> Release:
    return launch("vscode-python", "code", {"userPreferences": {"darkMode": True}}).started()


@pytest.fixture
def page(release: Release) -> Iterator[Page]:
    with release.forward() as address, browser.page(address) as found:
        yield found


def test_a_wrong_password_is_refused(release: Release) -> None:
    with release.forward() as address:
        answer = requests.post(f"http://{address}/login", data={"password": "wrong"}, timeout=30)
    assert "Incorrect password" in answer.text
    assert not answer.cookies


def test_the_workbench_opens_and_a_terminal_runs_python(release: Release, page: Page) -> None:
    page.get_by_placeholder("PASSWORD").fill(release.password)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".monaco-workbench .part.editor")).to_be_visible()
    expect(page.locator(".monaco-workbench.vs-dark")).to_be_visible()
    # Keys reach the workbench once an extension host and its commands are there.
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+Shift+Backquote")
    terminal = page.locator(".terminal-wrapper.active .xterm-helper-textarea")
    terminal.wait_for(state="attached")
    terminal.focus()
    command = 'python -c "import sys, numpy; print(sys.prefix, 6 * 7)" >~/work/answer'
    eventually(
        "the shell in the terminal has started",
        lambda: release.run("pgrep -u 1000 -f shellIntegration || pgrep -u 1000 -x bash"),
    )
    page.keyboard.type(command)
    page.keyboard.press("Enter")
    answer = eventually(
        "the terminal ran Python", lambda: release.run("cat ~/work/answer 2>/dev/null || true")
    )
    assert answer == "/opt/python 42\n"
