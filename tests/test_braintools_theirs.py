"""braintools' own tests of its schedulers, run with ours in place of theirs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

TESTS = Path(find_spec("braintools").origin).parent / "optim"

#: Those that fail, and why.
FAIL = {
    # The pages multiply base_lr by the values; these tests want the values themselves.
    "test_piecewise_constant_with_optimizer",
    "test_piecewise_constant_multiple_param_groups",
    # 5 steps up and 10 down: 0.1 at step 14, where a straight way down from 1.0 to 0.1 at step 15 is at 0.19.
    "test_cyclic_lr_step_size_down",
    # These want the optimizer to report base_lr before the first step, while it applies the scheduled rate.
    "test_warmup_with_optimizer",
    "test_linear_lr_with_optimizer",
    "test_constant_lr_with_optimizer",
}

#: Tests of optimizers that no scheduler of ours has a part in, and that take a minute.
APART = "not SOFO and not Linesearch and not Scipy and not Nevergrad and not lbfgs and not U1 and not StepAllOptimizers"


def test_the_tests_of_braintools_pass_but_for_those_that_contradict_its_pages_or_hold_an_error(tmp_path):
    files = [TESTS / f"_{name}_test.py" for name in ("optax_lr_scheduler", "audit_fixes", "reaudit_fixes")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    options = ["-p", "braintools_plugin", "-p", "no:cacheprovider", "-rA", "--tb=no", "-k", APART]
    command = [sys.executable, "-m", "pytest", *options, *map(str, files)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    failed = set(re.findall(r"^FAILED \S*::(\w+)", done.stdout, re.MULTILINE))
    passed = set(re.findall(r"^PASSED \S*::(\w+)", done.stdout, re.MULTILINE))
    assert failed == FAIL, done.stdout[-3000:] + done.stderr
    assert len(passed) > 130
