"""Take the picture of docs/designer.md, with Playwright and Chromium: `python docs/designer.py`."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

import glidepath
from glidepath.web.pages import pages
from glidepath.web.server import Server

STEPS = 10_000
SHOWN = {
    "wsd": glidepath.wsd(1e-3, warmup=500, decay=2500, total=STEPS, shape="sqrt"),
    "cosine": glidepath.warmup_cosine(8e-4, warmup=1000, total=STEPS, end=5e-5),
}


def main() -> None:
    listed = [{"name": name, "tree": schedule.to_dict()} for name, schedule in SHOWN.items()]
    state = base64.urlsafe_b64encode(json.dumps({"total": STEPS, "schedules": listed}).encode()).decode()
    with Server(pages({}, served=True)) as server, sync_playwright() as playwright:
        Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1240, "height": 860})
        page.goto(f"{server.url}#s={state}")
        page.get_by_role("button", name="Cooldown").click()
        page.wait_for_selector("#advice li")
        page.hover(".u-over", position={"x": 420, "y": 120})
        page.screenshot(path=Path(__file__).with_name("designer.png"))
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
