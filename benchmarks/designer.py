"""The designer: how long a frame takes while a handle is dragged, and random questions to its server.

``python benchmarks/designer.py`` needs Playwright and Chromium; ``python benchmarks/designer.py fuzz MINUTES``
needs hypothesis.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import glidepath as g
from glidepath.web.limits import MAX_BYTES
from measure import table

# Frames -----------------------------------------------------------------------------------------------------------

TOTAL = 1_000_000_000

#: From the first callback of a frame to the first task after it: script, style, layout and what is painted.
FRAMES = """async (count) => {
    const handle = document.querySelector(".handle.held");
    const plot = document.querySelector(".u-over").getBoundingClientRect();
    const box = handle.getBoundingClientRect();
    const channel = new MessageChannel();
    const work = [], between = [];
    let before = 0;
    for (let i = 0; i < count; i++) {
        const begun = new Promise((done) => requestAnimationFrame(() => {
            channel.port2.postMessage(0);
            done(performance.now());
        }));
        const ended = new Promise((done) => { channel.port1.onmessage = () => done(performance.now()); });
        const clientX = box.x + box.width / 2 + 3 * Math.sin(i / 5);
        const clientY = plot.y + plot.height * (0.5 + 0.4 * Math.sin(i / 9));
        handle.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
        const start = await begun;
        work.push(await ended - start);
        if (before) between.push(start - before);
        before = start;
    }
    return { work: work.sort((a, b) => a - b), between: between.sort((a, b) => a - b) };
}"""


def phases(count: int) -> g.Schedule:
    """A saw of so many phases over the whole run."""
    span = TOTAL // count
    kinds = (g.Linear, g.Cosine, g.Sqrt, g.Rex)
    ends = [1e-3 * (0.2 + 0.8 * (i % 2)) for i in range(count + 1)]
    parts = tuple(kinds[i % 4](start=ends[i], end=ends[i + 1], steps=span) for i in range(count))
    return g.Join(parts=parts, boundaries=tuple(range(span, span * count, span)))


def link(url: str, schedule: g.Schedule) -> str:
    held = {"total": TOTAL, "current": 0, "schedules": [{"name": "lr", "tree": g.to_dict(schedule)}]}
    return f"{url}#s={base64.urlsafe_b64encode(json.dumps(held).encode()).decode()}"


def busy(session: Any) -> dict[str, float]:
    """Seconds of processor time that the page's thread has taken: in all, and for scripts."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {"all": metrics["TaskDuration"], "script": metrics["ScriptDuration"]}


def frames(page: Any, address: str, count: int) -> dict[str, Any]:
    """Milliseconds of processor time for each frame, and (sorted) how long frames took and how far apart they were."""
    page.goto("about:blank")
    page.goto(address)
    box = page.locator(".handle").nth(20).bounding_box()
    page.mouse.move(box["x"] + 7, box["y"] + 7)
    page.mouse.down()
    shown = page.locator(".handle.held").get_attribute("aria-label")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(session)
    found: dict[str, Any] = page.evaluate(FRAMES, count)
    after = busy(session)
    found |= {name: (after[name] - before[name]) / count * 1e3 for name in after}
    assert page.locator(".handle.held").get_attribute("aria-label") != shown
    page.mouse.up()
    return found


def main() -> str:
    from playwright.sync_api import sync_playwright

    from glidepath.web.pages import pages
    from glidepath.web.server import Server

    with Server(pages({}, served=True)) as server, sync_playwright() as playwright:
        Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        rows = []
        for name, width in (("desktop, 1280 px", 1280), ("phone, 390 px", 390)):
            page = browser.new_page(viewport={"width": width, "height": 900})
            found = frames(page, link(server.url, phases(100)), 300)
            row = [name, f"{found['all']:.1f} ms", f"{found['script']:.1f} ms"]
            for times in (found["work"], found["between"]):
                row += [f"{times[len(times) // 2]:.1f} ms", f"{times[len(times) * 95 // 100]:.1f} ms"]
            rows.append(row)
        version = browser.version
        browser.close()
        server.shutdown()
    head = [
        "window",
        "processor time of a frame",
        "script alone",
        "work of a frame, median",
        "95 %",
        "from frame to frame, median",
        "95 %",
    ]
    return table(f"Dragging one of 100 phases over 1e9 steps, in Chromium {version} (16 ms is the aim)", head, rows)


# Random questions -------------------------------------------------------------------------------------------------

HOSTILE: list[Any] = [
    *(0, -1, 1, 1.5, 2**31, 2**53 - 1, 2**53, 10**400, 1e308, -1e308, 5e-324, True, None, "", "5%", "9e99 epochs"),
    *([], {}, [1], [[1]], {"kind": "Repeat"}, "Custom", "os.system", "\0", "é", "x" * 200, {"recipe": "sgdr"}),
    *(1.0000000001, 1.0001, 1e-300, [5, 4], list(range(1, 300)), [1.0] * 999),
]
HOPED = {200, 400, 404, 411, 413, 415, 421}


def spoiled(data: Any, chance: random.Random) -> Any:
    """Plain data with something wrong in a few places."""
    if chance.random() < 0.015:
        return chance.choice(HOSTILE)
    if isinstance(data, dict):
        made = {key: spoiled(value, chance) for key, value in data.items()}
        if made and chance.random() < 0.03:
            made[chance.choice([*made, "kind", "recipe", "start", "schedules"])] = chance.choice(HOSTILE)
        if made and chance.random() < 0.02:
            del made[chance.choice(list(made))]
        return made
    if isinstance(data, list):
        made = [spoiled(item, chance) for item in data]
        return made * chance.choice([2, 20, 300]) if chance.random() < 0.01 else made
    return data


def wrapped(spec: Any, chance: random.Random) -> Any:
    for _ in range(chance.choice([0, 0, 0, 1, 5, 30, 40])):
        spec = {"kind": "Shift", "schedule": spec, "steps": 1}
    if chance.random() < 0.2:
        spec = {
            "kind": "Repeat",
            "body": spec,
            "period": chance.choice([1, 7, 2**40]),
            "stretch": chance.choice([1.0001, 1.1, 2]),
        }
    return {"schedules": {f"s{i}": spec for i in range(chance.choice([1, 8, 9]))}} if chance.random() < 0.05 else spec


def question(spec: Any, chance: random.Random) -> bytes:
    """A request about a specification; now and then no request at all."""
    from glidepath.web.answers import WANTED

    spec = wrapped(spoiled(spec, chance), chance)
    asked: dict[str, Any] = {"spec": spec} if chance.random() < 0.8 else {"text": json.dumps(spec)}
    asked["want"] = chance.sample(list(WANTED), 2)
    asked["total"] = chance.choice([None, 1, 1000, 10**6, 10**9, 2**53 - 1])
    asked["steps"] = [chance.choice([0, -1, 5, 1e9, 2**53]) for _ in range(chance.choice([0, 3, 2000]))]
    body = json.dumps(spoiled(asked, chance) if chance.random() < 0.1 else asked).encode()
    if chance.random() < 0.1:
        at = chance.randrange(len(body))
        body = body[:at] + chance.randbytes(3) + body[at + chance.choice([0, 3, 50]) :]
    return body


def most_memory(pid: int) -> int:
    """The most MiB that a process has held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def send(host: str, body: bytes) -> int:
    connection = http.client.HTTPConnection(host, timeout=60)
    with contextlib.closing(connection):
        try:
            connection.request("POST", "/api/schedule", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
        except ConnectionError:
            if len(body) <= MAX_BYTES:
                raise
            return 413  # the server need not have read what is too long
        json.loads(answer.read())
        return answer.status


def fuzz(minutes: float) -> None:
    """Ask the server random questions; print what came back, the slowest answer and the memory."""
    import warnings

    from glidepath.web.answers import WANTED

    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from trees import trees

    command = [sys.executable, "-m", "glidepath", "design", "--no-open", "--json"]
    seen: Counter[int] = Counter()
    slowest, worst = 0.0, b""
    chance = random.Random(0)
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(process.terminate)
        assert process.stdout is not None
        host = json.loads(process.stdout.readline())["url"].split("/")[2]
        plain = {"kind": "Linear", "start": 1.0, "end": 0.0, "steps": 9}
        send(host, json.dumps({"spec": plain, "want": list(WANTED)}).encode())  # everything is imported now
        before, until = most_memory(process.pid), time.monotonic() + 60 * minutes
        warnings.simplefilter("ignore")  # hypothesis asks not to draw examples like this
        specs: list[Any] = []
        while time.monotonic() < until:
            if len(specs) < 2000 and (len(specs) < 50 or chance.random() < 0.05):
                with contextlib.suppress(g.ScheduleError):
                    specs.append(g.to_dict(trees().example()))
            body = question(chance.choice(specs or [plain]), chance)
            start = time.perf_counter()
            status = send(host, body)
            took = time.perf_counter() - start
            seen[status] += 1
            if took > slowest:
                slowest, worst = took, body
            if status not in HOPED:
                print(f"status {status}: {body[:2000]!r}")
        after = most_memory(process.pid)
    statuses = ", ".join(f"{count:,} times {status}" for status, count in sorted(seen.items()))
    print(f"{sum(seen.values()):,} questions in {minutes:g} minutes: {statuses}")
    print(f"slowest answer {slowest:.2f} s; memory {before} MiB at first, {after} MiB at most")
    print(f"slowest question: {worst[:1500]!r}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["fuzz"]:
        fuzz(float(sys.argv[2]))
    else:
        print(main())
