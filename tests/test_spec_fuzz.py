"""Whatever a reader of specifications is given, it gives a schedule or a ScheduleError, and soon.

``python benchmarks/fuzz.py 10`` goes on for ten minutes.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from conftest import EXAMPLES
from spec_fuzz import CASES, outcome


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_read_is_a_schedule_or_an_error_that_names_the_mistake(case):
    counts = Counter()

    @settings(max_examples=EXAMPLES or 60)
    @given(st.data())
    def read(data):
        counts[outcome(case, data.draw(CASES[case][0]))] += 1

    read()
    assert counts["refused"] > 5
    if case != "data":
        assert counts["read"] > 1


BOMBS = {
    "brackets": "'[' * 10**6",
    "braces in JSON": "'{\"a\":' * 10**5",
    "brackets that close": "'[' * 10**5 + ']' * 10**5",
    "quotes": "'\"' * (2**20 - 1)",
    "quoted brackets": "('\"[' * 10**5)",
    "backslashes": "'\"' + '\\\\' * 10**6",
    "spaces": "' ' * 2**18",
    "new lines": "'\\n' * 2**18",
    "dashes": "'- ' * 5 * 10**5",
    "dashes in lines": "'-\\n' * 5 * 10**5",
    "questions": "'? ' * 5 * 10**5",
    "colons": "'a: ' * 3 * 10**5",
    "deeper in lines": "''.join(' ' * i + 'a:\\n' for i in range(1400))",
    "comments": "'#[[[\\n' * 10**5",
    "an alias bomb": (
        "'a: &a [x,x,x,x,x,x,x,x,x]\\n' + ''.join(f'{b}: &{b} [' + ','.join([f'*{a}'] * 9) + ']\\n'"
        " for a, b in zip('abcdefghi', 'bcdefghij'))"
    ),
    "a list that holds itself": "'&a [*a]'",
    "merge keys": "'a: &a {b: 1}\\nc: {<<: *a}\\n'",
    "a number of many digits": "'9' * 10**6",
    "a number with a large exponent": "'1e' + '9' * 10**5",
    "a float of many digits": "'0.' + '1' * 10**6",
    "a base of 60": "'1' + ':59' * 10**5",
    "a long word": "'x' * 10**6",
    "many numbers": "'[' + '1,' * 5 * 10**5 + '1]'",
    "many keys": "'{' + ','.join(f'\"k{i}\": 1' for i in range(20000)) + '}'",
    "one key often": "'{' + ','.join('\"k\": 1' for i in range(20000)) + '}'",
    "many parts": "'{\"kind\": \"Sum\", \"parts\": [' + '0.1,' * 5000 + '0.1]}'",
    "too much in all": "'x' * 3 * 10**7",
    "many cycles": (
        '\'{"kind": "Repeat", "body": {"kind": "Linear", "start": 1, "end": 0, "steps": 1}, "period": 1, \''
        '\'"stretch": 1.0000001, "times": 9007199254740991}\''
    ),
    "cycles in cycles": (
        '\'{"kind": "Repeat", "period": 1, "stretch": 2, "times": 1000000, "body": \' * 15 + \'0.1\' + \'}\' * 15'
    ),
    "stretch in stretch": '\'{"kind": "Stretch", "factor": 1e-300, "schedule": \' * 20 + \'0.1\' + \'}\' * 20',
    "a version of many digits": "'%YAML ' + '9' * 5000 + '.1\\n--- a'",
    "a character that is none": "'\"\\\\UFFFFFFFF\"'",
    "documents": "'---\\n' * 2 * 10**5",
    "tags": "'!!python/object/apply:os.system [ls]'",
}

BOUNDED = """
import resource, sys
import yaml, glidepath
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
for name, make in {bombs}:
    print(name, flush=True)
    text = eval(make)
    Path(sys.argv[1]).write_text(text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (lambda: glidepath.from_json(text), lambda: glidepath.load(sys.argv[1])):
        try:
            schedule = read()
        except glidepath.ScheduleError as error:
            assert len(str(error)) < 2000, len(str(error))
        else:
            schedule(10**6), schedule.length
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 2**18, f"{{grown}} KiB"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in KiB there")
def test_no_bomb_takes_two_minutes_or_256_mib_to_be_read_or_refused(tmp_path):
    program = BOUNDED.format(bombs=list(BOMBS.items()))
    command = [sys.executable, "-c", program, str(tmp_path / "bomb.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout[-100:], done.stderr[-2000:])
    assert done.stdout.splitlines() == list(BOMBS)
