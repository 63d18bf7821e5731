"""A training that is saved and resumed goes on with the learning rates of its schedule, however it is put together."""

from __future__ import annotations

import pytest

from resumes import campaign


@pytest.mark.parametrize("seed", range(10))
def test_random_resumes_use_the_values_of_the_schedule(seed):
    made, wrong = campaign(seed, 60)
    assert made >= 60
    assert wrong == []
