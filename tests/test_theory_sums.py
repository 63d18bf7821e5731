"""The engine beneath the bounds and the laws, against sums one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath.theory.exponential_sums import exponential, power, sums


def direct(value, gaps, amounts, shifts, steps):
    """Distances are added up from the end, so that small ones keep their digits."""
    found = []
    for t in steps:
        distances = np.cumsum(gaps[: t + 1][::-1])[::-1] + shifts[: t + 1]
        found.append(float(value(distances) @ amounts[: t + 1]))
    return np.array(found)


@given(
    st.integers(0, 10**6), st.sampled_from([129, 400, 1000]), st.floats(0.05, 4), st.booleans(), st.sampled_from([0, 3])
)
@settings(max_examples=30, deadline=None)
def test_powers_are_summed_to_eleven_digits(seed, size, exponent, shifted, spread):
    random = np.random.default_rng(seed)
    gaps, amounts = np.exp(random.normal(0, spread, size)), random.uniform(0, 1, size)
    shifts = random.uniform(0, 5, size) * shifted
    steps = np.unique(random.integers(0, size, 200))

    found = sums(power(exponent), gaps, amounts, shifts, at=steps)

    assert found == pytest.approx(direct(lambda x: x**-exponent, gaps, amounts, shifts, steps), rel=1e-11)


@given(st.integers(0, 10**6), st.floats(1e-5, 10))
@settings(max_examples=20, deadline=None)
def test_an_exponential_is_summed_to_eleven_digits(seed, rate):
    random = np.random.default_rng(seed)
    gaps, amounts = random.uniform(0.1, 2, 500), random.uniform(0, 1, 500)

    found = sums(exponential(rate), gaps, amounts)

    expected = direct(lambda x: np.exp(-rate * x), gaps, amounts, np.zeros(500), range(500))
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("steps", [[0], [5], [127, 128], [0, 300, 999], [*range(0, 1000, 7)], [*range(900, 1000)]])
def test_any_steps_may_be_asked_for(steps):
    random = np.random.default_rng(0)
    gaps, amounts = random.uniform(0.1, 1, 1000), random.normal(size=1000)
    everywhere = sums(power(1.0), gaps, amounts)

    assert sums(power(1.0), gaps, amounts, at=np.array(steps)) == pytest.approx(everywhere[steps], abs=1e-10)


def test_gaps_far_below_the_sum_keep_their_digits():
    gaps = np.append(np.ones(2000), 1e-18 * np.ones(500))
    amounts = np.append(np.zeros(2000), np.ones(500))

    found = sums(power(1.0), gaps, amounts)

    assert found[-1] == pytest.approx(1e18 * sum(1 / k for k in range(1, 501)), rel=1e-11)
