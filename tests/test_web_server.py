"""The server of the designer: what it answers, and what it does not."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import glidepath as g
from glidepath.schedule import KINDS
from glidepath.web import limits
from glidepath.web.answers import WANTED, schedule
from glidepath.web.formulas import formulas
from glidepath.web.kinds import module
from glidepath.web.pages import export, pages
from glidepath.web.server import Server


@contextlib.contextmanager
def serving():
    made = Server(pages({}, served=True))
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture(scope="module")
def server():
    with serving() as made:
        yield made


def ask(server, method="POST", path="/api/schedule", body=b"", **headers):
    """The status, the headers and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        given = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        connection.request(method, path, body, {name: v for name, v in given.items() if v is not None})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post(server, asked):
    status, _, body = ask(server, body=json.dumps(asked).encode())
    return status, json.loads(body)


LINEAR = {"kind": "Linear", "start": 0.0, "end": 1.0, "steps": 100}


def test_it_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_every_page_comes_with_its_type_and_a_strict_policy(server):
    for path, (kind, content) in server.pages.items():
        status, headers, body = ask(server, "GET", path)
        assert (status, headers["Content-Type"], body) == (200, kind, content)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/..%2fserver.py",
        "/static/../../server.py",
        "//etc/passwd",
        "/%2e%2e/server.py",
        "/server.py",
        "/x",
    ],
)
def test_no_other_file_can_be_asked_for(server, path):
    assert ask(server, "GET", path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_its_own_name_is_answered(server, host, method):
    status, _, body = ask(server, method, "/" if method == "GET" else "/api/schedule", Host=host)
    assert status == 421
    assert b"<" not in body


def test_localhost_is_a_name_of_its_own(server):
    assert ask(server, "GET", "/", Host=f"localhost:{server.server_port}")[0] == 200


def test_two_host_headers_are_refused(server):
    with socket.create_connection(server.server_address, timeout=10) as connection:
        own = server.names[0]
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.0 421")


def test_other_pages_may_not_ask(server):
    body = json.dumps({"spec": LINEAR}).encode()
    assert ask(server, body=body, Origin="https://evil.example")[0] == 403
    assert ask(server, body=body, Origin="null")[0] == 403
    assert ask(server, body=body, Origin=server.url.rstrip("/"))[0] == 200


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_question_must_say_that_it_is_json(server, kind):
    assert ask(server, body=json.dumps({"spec": LINEAR}).encode(), Content_Type=kind)[0] == 415


def test_a_question_must_say_how_long_it_is(server):
    for length in ("-1", "x", "9" * 20, "0x5"):
        with socket.create_connection(server.server_address, timeout=10) as connection:
            head = f"POST /api/schedule HTTP/1.1\r\nHost: {server.names[0]}\r\nContent-Type: application/json\r\n"
            connection.sendall(head.encode() + f"Content-Length: {length}\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.0 411")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_not_known(server, method):
    status, headers, body = ask(server, method)
    assert (status, headers["Content-Type"]) == (501, "application/json")
    assert "error" in json.loads(body)
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("line", ["GET", "GET / HTTP/9", "GET / FTP/1.1", "<script> / HTTP/1.1", "G" * 70_000])
def test_a_request_that_cannot_be_read_is_refused(server, line):
    with socket.create_connection(server.server_address, timeout=10) as connection:
        connection.sendall(f"{line}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert said.startswith((b"HTTP/1.0 4", b"HTTP/1.0 5", b"{"))  # the answer to the first HTTP has no head
    assert b'{"error": ' in said


def padded(size):
    body = json.dumps({"spec": LINEAR})
    return (body + " " * (size - len(body))).encode()


def test_a_question_may_have_64_kib_and_not_one_byte_more(server):
    assert ask(server, body=padded(limits.MAX_BYTES))[0] == 200
    assert ask(server, body=padded(limits.MAX_BYTES + 1))[0] == 413


def nested(depth):
    spec = LINEAR
    for _ in range(depth - 1):
        spec = {"kind": "Shift", "schedule": spec, "steps": 0}
    return spec


def test_a_specification_may_be_nested_32_deep_and_not_one_deeper(server):
    assert post(server, {"spec": nested(32)})[0] == 200
    limits.check_size(nested(32))
    with pytest.raises(g.ScheduleError, match="nested at most 32 deep"):
        limits.check_size(nested(33))
    status, answer = post(server, {"spec": nested(33)})
    assert (status, answer["error"]) == (400, "the specification must be nested at most 32 deep")


@pytest.mark.parametrize("depth", [200, 10_000])
def test_brackets_without_end_are_refused(server, depth):
    for open_, close in ("[]", ('{"a":', "}")):
        status, _, body = ask(server, body=(open_ * depth + "1" + close * depth)[: limits.MAX_BYTES].encode())
        assert (status, "error" in json.loads(body)) == (400, True)


def test_a_list_of_numbers_may_have_1000_and_not_one_more():
    spec = {"kind": "Piecewise", "boundaries": list(range(1, 500)), "values": [1.0] * 500}
    limits.check_size({**spec, "values": [1.0] * 501})
    with pytest.raises(g.ScheduleError, match="must have at most 1,000 numbers in lists"):
        limits.check_size({**spec, "values": [1.0] * 502})


def test_a_specification_may_have_1000_values_and_not_one_more():
    limits.check_size({str(i): 1.0 for i in range(999)})
    with pytest.raises(g.ScheduleError, match="must have at most 1,000 values"):
        limits.check_size({str(i): 1.0 for i in range(1000)})


def test_a_list_of_parts_may_have_256_and_not_one_more(server):
    assert post(server, {"spec": {"kind": "Sum", "parts": [1.0] * 256}})[0] == 200
    status, answer = post(server, {"spec": {"kind": "Sum", "parts": [1.0] * 257}})
    assert (status, answer["error"]) == (400, "parts must have at most 256 parts, got 257")


def test_2000_steps_may_be_asked_about_and_not_one_more(server):
    assert len(post(server, {"spec": LINEAR, "steps": [1] * 2000})[1]["schedules"]["lr"]["values"]) == 2000
    assert post(server, {"spec": LINEAR, "steps": [1] * 2001})[0] == 400


def test_eight_schedules_may_be_asked_about_and_not_one_more():
    assert len(schedule({"spec": {"schedules": {f"s{i}": 1.0 for i in range(8)}}})["schedules"]) == 8
    with pytest.raises(g.ScheduleError, match="at most 8 schedules, got 9"):
        schedule({"spec": {"schedules": {f"s{i}": 1.0 for i in range(9)}}})


def test_the_answer_holds_the_schedule_and_what_was_wanted(server):
    s = g.wsd(1e-3, warmup=50, decay=200, total=1000)
    status, answer = post(server, {"spec": g.to_dict(s), "total": 1000, "steps": [0, 25, 1000], "want": list(WANTED)})
    assert (status, answer["total"]) == (200, 1000)
    (found,) = answer["schedules"].values()
    assert g.from_dict(found["spec"]) == s
    assert found["length"] == 1000
    assert found["values"] == [s(0), s(25), s(1000)]
    assert [phase["start"] for phase in found["phases"]] == [0, 50, 800]
    assert {one["rule"] for one in found["advice"]} >= {"warmup"}
    assert found["python"] == s.to_source()
    assert eval(found["repr"], vars(g)) == s
    assert g.from_json(found["json"]) == s
    assert "optax" in found["optax"]
    assert not any("error" in found[word] for word in WANTED if type(found[word]) is dict)


@pytest.mark.parametrize(
    "text", ["kind: Cosine\nstart: 1e-3\nend: 0\nsteps: 5%\n", '{"recipe": "rex", "peak": 1, "total": 50}']
)
def test_text_is_read_with_units_and_recipes(server, text):
    status, answer = post(server, {"text": text, "total": 1000})
    assert status == 200
    assert answer["schedules"]["lr"]["length"] == 50


BAD = [
    {"kind": "Cosine", "start": 1, "end": 0, "steps": -5},
    {"kind": "Cosinus", "start": 1, "end": 0, "steps": 5},
    {"kind": "Join", "parts": [1, {"kind": "Sqrt", "start": 1, "end": 0, "steps": 0}], "boundaries": [5]},
    {"kind": "Custom", "function": "os.system"},
    {"_target_": "os.system", "command": "true"},
    {"kind": "Linear", "start": "__import__('os')", "end": 0, "steps": 5},
    {"kind": "__class__"},
    {"recipe": "wsd", "peak": 1, "warmup": "5%", "decay": 1},
    [],
    "Linear",
    None,
]


@pytest.mark.parametrize("spec", BAD)
def test_a_bad_specification_is_answered_in_the_words_of_python(server, spec):
    with pytest.raises(g.ScheduleError) as error:
        g.from_dict(spec)
    assert post(server, {"spec": spec}) == (400, {"error": str(error.value)})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "the request must be a JSON object, got []"),
        ({}, "the request must have either spec or text"),
        ({"spec": 1, "text": "1"}, "the request must have either spec or text"),
        ({"spec": 1, "spce": 1}, "the request: unknown key 'spce'; did you mean 'spec'?"),
        ({"spec": 1, "want": ["pickle"]}, "want: unknown word 'pickle'"),
        ({"spec": 1, "want": "yaml"}, "want must be a list of words, got 'yaml'"),
        ({"spec": 1, "total": -1}, "Run.total must be a positive integer"),
        ({"spec": 1, "steps": [None]}, "steps must be a list of numbers, got [None]"),
        ({"text": 5}, "text must be a text of at most 65,536 characters, got 5"),
        ({"text": ""}, "the text is empty"),
    ],
)
def test_a_bad_question_says_what_is_wrong(server, asked, said):
    status, answer = post(server, asked)
    assert status == 400
    assert answer["error"].startswith(said)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"NaN", b'{"spec": NaN}', b'{"spec": 1e999}', b'{"spec": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_plain_json_is_refused(server, body):
    status, _, answer = ask(server, body=body)
    assert (status, "error" in json.loads(answer)) == (400, True)


def test_advice_about_a_very_long_run_is_not_computed_here():
    answer = schedule({"spec": {**LINEAR, "steps": 2**40}, "want": ["advice"]})["schedules"]["lr"]["advice"]
    assert answer["error"].startswith("advice is given for runs of at most 1,000,000 steps here")


def test_what_cannot_be_had_says_why_and_leaves_the_rest():
    found = schedule({"spec": {"kind": "Linear", "start": -1, "end": 0, "steps": 9}, "want": ["advice", "yaml"]})
    assert found["schedules"]["lr"]["advice"]["error"].startswith("schedule must be of rates")
    assert found["schedules"]["lr"]["yaml"].startswith("glidepath: 1\n")


# Random questions ---------------------------------------------------------------------------------------------

WORDS = st.sampled_from([*KINDS, "kind", "recipe", "schedules", "run", "5%", "wsd", "9e999", "\0", "é" * 200])
NUMBERS = st.one_of(st.integers(-10, 2**70), st.floats(), st.sampled_from([2**53, -1, 0, 1e308, 5e-324]))
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=DATA, want=st.lists(st.sampled_from([*WANTED]), max_size=2), total=st.none() | st.integers(1, 2**53))
def test_any_data_is_answered_with_a_schedule_or_a_reason(spec, want, total):
    answer = None
    with contextlib.suppress(g.ScheduleError):
        answer = schedule({"spec": spec, "want": want, "total": total})
    json.dumps(answer, allow_nan=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | DATA.map(lambda data: json.dumps(data).encode()))
def test_any_bytes_are_answered_with_a_reason(server, body):
    status, _, answer = ask(server, body=body)
    assert status == 400
    assert json.loads(answer)["error"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=100) | st.text(alphabet="{}[]:,-&*!|>\"'#%@ \n\taknd1.e", max_size=200))
def test_any_text_is_answered_with_a_schedule_or_a_reason(text):
    with contextlib.suppress(g.ScheduleError):
        assert schedule({"text": text})["schedules"]


def test_a_connection_that_says_nothing_holds_up_nobody(server):
    silent = [socket.create_connection(server.server_address, timeout=10) for _ in range(5)]
    try:
        assert ask(server, "GET", "/")[0] == 200
    finally:
        for connection in silent:
            connection.close()


def test_a_request_that_comes_byte_by_byte_is_cut_off(monkeypatch):
    monkeypatch.setattr("glidepath.web.server.MAX_SECONDS", 0.3)

    def send_slowly(to):
        for _ in range(400):  # never so slow that one byte is late
            to.sendall(b"x")
            time.sleep(0.02)

    with (
        serving() as server,
        socket.create_connection(server.server_address, timeout=10) as slow,
        pytest.raises(ConnectionError),
    ):
        send_slowly(slow)


def refused(server):
    """Whether a connection is closed without an answer."""
    with socket.create_connection(server.server_address, timeout=10) as one:
        try:
            one.sendall(f"GET / HTTP/1.0\r\nHost: {server.names[0]}\r\n\r\n".encode())
            return one.recv(1) == b""
        except ConnectionError:
            return True


def test_no_more_connections_are_held_than_it_says():
    with serving() as server, contextlib.ExitStack() as silent:
        for _ in range(limits.MAX_CONNECTIONS):
            silent.enter_context(socket.create_connection(server.server_address, timeout=10))
        assert refused(server)


# Formulas -----------------------------------------------------------------------------------------------------


def test_every_kind_but_stretch_has_a_formula_for_each_of_its_settings():
    found = {kind.__name__: set(texts) for kind, texts in formulas().items()}
    assert {name for name, texts in found.items() if not texts} == {"Stretch"}
    assert {name for name, kind in KINDS.items() if kind.__module__.startswith("glidepath.")} <= set(found)
    assert found["Triangle"] == {"Triangle", "Triangle down"}
    assert found["Exponential"] == {
        f"Exponential staircase={way}{end}" for way in ("true", "false") for end in ("", " end")
    }


@pytest.fixture
def own_kinds():
    """Kinds of one's own, for the time of a test."""
    before = dict(KINDS)

    class OwnSawtooth(g.Schedule):
        """A line that falls again and again."""

        peak: float = g.value()
        period: int = g.length()

        def at(self, t, xp):
            t = xp.maximum(t, 0)
            return self.peak * (1 - (t - self.period * xp.floor_divide(t, self.period)) / self.period)

    class Branching(g.Schedule):
        peak: float = g.value()

        def at(self, t, xp):
            return self.peak if t > 5 else 0.0

    yield {"OwnSawtooth": OwnSawtooth, "Branching": Branching}
    KINDS.clear()
    KINDS.update(before)


def test_a_mistake_in_a_formula_is_answered_and_so_is_the_next_question(server, own_kinds):
    class Broken(g.Schedule):
        def at(self, t, xp):
            return 1 / 0

    status, answer = post(server, {"spec": {"kind": "Broken"}, "steps": [1]})
    assert (status, answer["error"]) == (500, "Glidepath made a mistake here; the terminal shows which")
    assert post(server, {"spec": LINEAR})[0] == 200


def test_a_kind_of_ones_own_is_on_the_page(own_kinds):
    text = module()
    assert '"OwnSawtooth": (t, p, parts) =>' in text
    assert "A line that falls again and again." in text


def test_a_kind_that_symbols_cannot_trace_is_left_out(own_kinds):
    assert own_kinds["Branching"] not in formulas()
    assert "Branching" not in module()


@pytest.mark.parametrize("kind", [g.Product, g.Sum, g.Minimum, g.Maximum])
def test_many_parts_are_two_parts_again_and_again(kind):
    parts = tuple(g.Linear(start=1.0 + i, end=0.3 * i, steps=10 + i) for i in range(5))
    folded = parts[0]
    for part in parts[1:]:
        folded = kind(parts=(folded, part))
    assert [kind(parts=parts)(step) for step in range(20)] == [folded(step) for step in range(20)]


def test_a_join_of_many_parts_is_a_join_of_two_joins():
    parts = tuple(g.Cosine(start=1.0 + i, end=0.3 * i, steps=10 + i) for i in range(4))
    left, right = g.Join(parts=parts[:2], boundaries=(7,)), g.Join(parts=parts[2:], boundaries=(30 - 19,))
    whole, halved = g.Join(parts=parts, boundaries=(7, 19, 30)), g.Join(parts=(left, right), boundaries=(19,))
    assert [whole(step) for step in range(-2, 60)] == [halved(step) for step in range(-2, 60)]


@pytest.mark.parametrize("interpolation", ["constant", "linear", "cosine"])
def test_a_piecewise_is_a_join_of_those_with_one_boundary(interpolation):
    whole = g.Piecewise(boundaries=(7, 19), values=(1.0, 0.2, 3.0), interpolation=interpolation)
    one = g.Piecewise(boundaries=(7,), values=(1.0, 0.2), interpolation=interpolation)
    other = g.Piecewise(boundaries=(12,), values=(0.2, 3.0), interpolation=interpolation)
    joined = g.Join(parts=(one, other), boundaries=(7,))
    assert [whole(step) for step in range(-2, 40)] == [joined(step) for step in range(-2, 40)]


# The command --------------------------------------------------------------------------------------------------


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "glidepath", "design", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_page_is_exported_as_files(tmp_path):
    done = run("wsd", "peak=0.1", "warmup=5%", "decay=20%", "--steps", "1000", "--export", str(tmp_path / "page"))
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name for file in (tmp_path / "page").iterdir()} == set(pages({}, served=False))
    start = (tmp_path / "page" / "start.js").read_text()
    assert "served = false" in start
    assert '"boundaries": [50, 800]' in start
    assert "MIT License" in (tmp_path / "page" / "uplot-license.txt").read_text()


def test_all_schedules_of_a_file_are_shown(tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text("schedules:\n  lr: {recipe: rex, peak: 1.0}\n  decay: 0.1\nrun: {total: 700}\n")
    assert run(str(file), "--export", str(tmp_path / "page")).returncode == 0
    start = (tmp_path / "page" / "start.js").read_text().split("start = ")[1].rstrip(";\n")
    assert json.loads(start)["total"] == 700
    assert list(json.loads(start)["schedules"]) == ["lr", "decay"]


def test_exporting_again_replaces_the_files_and_leaves_others(tmp_path):
    (tmp_path / "own.txt").write_text("mine")
    export(tmp_path, {})
    export(tmp_path, {"total": 5})
    assert '{"total": 5}' in (tmp_path / "start.js").read_text()
    assert (tmp_path / "own.txt").read_text() == "mine"


def test_bad_input_ends_the_command_before_it_serves():
    done = run("wds", "--no-open")
    assert done.returncode == 2
    assert "did you mean 'wsd'?" in done.stderr


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("--no-open", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "'--port': cannot listen on" in done.stderr


def test_the_command_serves_until_it_is_interrupted():
    import signal

    process = subprocess.Popen(
        [sys.executable, "-m", "glidepath", "design", "--no-open", "--json"], stdout=subprocess.PIPE, text=True
    )
    with process:
        found = json.loads(process.stdout.readline())
        host, port = found["url"].removeprefix("http://").rstrip("/").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
