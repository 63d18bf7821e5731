"""What the tests do with the page."""

from __future__ import annotations

import base64
import json

#: The state as the page holds it in its address.
STATE = "async () => { await new Promise((done) => setTimeout(done, 150)); return location.hash.slice(3); }"


def state(page):
    """What the page holds, once it has written it into its address."""
    letters = page.evaluate(STATE)
    return json.loads(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)))


def tree(page):
    held = state(page)
    return held["schedules"][held["current"]]["tree"]


def address(url, schedules, total=1000, **more):
    """A link to a page that shows some trees."""
    listed = [{"name": name, "tree": made, "shown": True} for name, made in schedules.items()]
    held = {"total": total, "axis": "steps", "log": False, "current": 0, "schedules": listed} | more
    return f"{url}#s={base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip('=')}"


def drag(page, handle, dx, dy):
    """Drag a handle by some pixels."""
    box = page.locator(".handle").nth(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


WSD = {
    "kind": "Join",
    "parts": [
        {"kind": "Linear", "start": 0.0, "end": 1.0, "steps": 100},
        {"kind": "Constant", "value": 1.0},
        {"kind": "Cosine", "start": 1.0, "end": 0.1, "steps": 200},
    ],
    "boundaries": [100, 800],
}
