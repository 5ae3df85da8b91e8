"""A real browser on this machine: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect, sync_playwright

PATIENCE = 120_000
"""Milliseconds in which what is looked for must appear."""


@contextmanager
def page(address: str) -> Iterator[Page]:
    """Open a page of a server, without a proxy in between."""
    program = (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if program is None:
        pytest.fail("no Chromium is installed: run `make setup`", pytrace=False)
    with sync_playwright() as playwright:
        # Its sandbox needs rights that root in a container lacks; the pages come from this test's
        # own server.
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--no-proxy-server", "--disable-dev-shm-usage"],
        )
        found = browser.new_page(viewport={"width": 1400, "height": 900})
        found.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        try:
            found.goto(f"http://{address}/")
            yield found
        finally:
            browser.close()
