"""A browser, and the designer in it. Without Chromium or Playwright these tests are skipped."""

from __future__ import annotations

import shutil
from threading import Thread

import pytest

from glidepath.web.pages import pages
from glidepath.web.server import Server


def serving(server):
    """Serve in a thread until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def url():
    """Where the designer is served."""
    yield from serving(Server(pages({}, served=True)))


@pytest.fixture(scope="session")
def static_url():
    """Where the designer is without a server that answers, as `glidepath design --export` writes it."""
    yield from serving(Server(pages({}, served=False)))


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Opens the page; what goes wrong in it is an error of the test."""
    wrong, contexts = [], []

    def opened(address, *, width=1280, height=900, scheme="light", touch=False):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type == "error" and "400" not in said.text else None
        )
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.method))
        page.goto(address)
        page.wait_for_selector(".handle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
