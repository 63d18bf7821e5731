"""Sample schedules of every kind and every recipe, for tests that loop over all of them.

`SAMPLES` holds them by name. Their lengths are at most 2**31 - 1, so that every library can hold them;
`LONG` holds some that reach 2**53 - 1.
"""

from __future__ import annotations

import glidepath as g
from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS

MOST = 2**31 - 1
LAST = 2**53 - 1

#: Falling, rising, to and from 0, of mixed signs, level, and over many orders of magnitude.
ENDS = [
    (0.1, 0.0),
    (0.0, 0.3),
    (1.0, 0.1),
    (3e-4, 0.7),
    (-1.0, 0.5),
    (0.2, -0.3),
    (-0.1, -2.0),
    (0.1, 0.1),
    (1e3, 1e-9),
]
LENGTHS = [100, 1000, 7, 2**24 + 1, 30, 999, MOST, 12, 1_000_000]


def _ramps(kind, **more):
    made = [kind(start=a, end=b, steps=n, **more) for (a, b), n in zip(ENDS, LENGTHS, strict=True)]
    return [*made, kind(start=0.5, end=0.1, steps=1, **more), kind(start=0.0, end=1.0, steps=MOST, **more)]


def _ends(kind, **more):
    return [
        kind(start=a, end=b, steps=n, **more)
        for (a, b), n in [((0.3, 0.0), 60), ((0.0, 0.3), 2**25), ((-0.2, 0.4), 11)]
    ]


LINEAR = g.Linear(start=0.0, end=1.0, steps=10)
FALL = g.Linear(start=1.0, end=0.0, steps=25)
COSINE = g.Cosine(start=0.1, end=0.0, steps=40)
WARMUP = g.Join(parts=(g.Linear(start=0.0, end=0.1, steps=20), COSINE), boundaries=(20,))
SAW = g.Repeat(body=g.Linear(start=1.0, end=0.2, steps=8), period=10)

BY_KIND = {
    "Constant": [g.Constant(value=0.1), g.Constant(value=0.0), g.Constant(value=-2.5)],
    "Linear": _ramps(g.Linear),
    "Cosine": [*_ramps(g.Cosine), *(made for power in (0.5, 1.5, 2.0) for made in _ends(g.Cosine, power=power))],
    "Polynomial": [
        *_ramps(g.Polynomial, power=2.0),
        *(made for power in (0.5, 0.9, 1.0, 3.0, 4.0) for made in _ends(g.Polynomial, power=power)),
    ],
    "Sqrt": _ramps(g.Sqrt),
    "Rex": _ramps(g.Rex),
    "Exponential": [
        g.Exponential(start=1.0, rate=0.5, steps=10),
        g.Exponential(start=0.1, rate=0.96, steps=100, staircase=True),
        g.Exponential(start=0.1, rate=0.9999),
        g.Exponential(start=-0.3, rate=0.1, steps=1_000_000, end=-0.001),
        g.Exponential(start=0.01, rate=1.02, steps=3, end=0.7),
        g.Exponential(start=-0.01, rate=1.5, steps=7, staircase=True, end=-3.0),
        g.Exponential(start=0.5, rate=1.0, steps=4),
        g.Exponential(start=0.0, rate=2.0, end=1.0),
        g.Exponential(start=1.0, rate=0.5, end=1.0),
        g.Exponential(start=-1.0, rate=2.0, end=-1.0),
        g.Exponential(start=1.0, rate=1e-6, steps=MOST),
        g.Exponential(start=1.0, rate=0.9, steps=5, staircase=True, end=0.0),
        g.Exponential(start=1e-3, rate=1000.0, steps=50, end=1e3),
        g.Exponential(start=1.0, rate=0.999999, steps=1, end=0.1),
    ],
    "InverseSqrt": [
        g.InverseSqrt(peak=0.1, timescale=100),
        g.InverseSqrt(peak=-1.0, timescale=1),
        g.InverseSqrt(peak=3.0, timescale=2**24 + 1),
    ],
    "PowerLaw": [
        g.PowerLaw(peak=0.1, timescale=400, power=0.51),
        g.PowerLaw(peak=1.0, timescale=1, power=1.0),
        g.PowerLaw(peak=-2.0, timescale=30, power=0.0),
        g.PowerLaw(peak=1.0, timescale=1_000_000, power=2.0),
    ],
    "InverseTime": [
        g.InverseTime(start=1.0, rate=1.0, steps=10),
        g.InverseTime(start=0.1, rate=0.5, steps=100, staircase=True),
        g.InverseTime(start=-1.0, rate=0.0, steps=1),
        g.InverseTime(start=0.3, rate=1000.0, steps=MOST),
    ],
    "Triangle": [
        g.Triangle(low=0.0, high=1.0, up=10, down=40),
        g.Triangle(low=0.1, high=0.3, up=7),
        g.Triangle(low=-1.0, high=0.5, up=1, down=1),
        g.Triangle(low=1.0, high=0.2, up=2**24 + 1, down=2**30),
    ],
    "Piecewise": [
        g.Piecewise(boundaries=(30, 60), values=(0.1, 0.01, 0.001)),
        g.Piecewise(boundaries=(5,), values=(1.0, -1.0)),
        g.Piecewise(boundaries=(10, 30, 31, 100), values=(0.0, 1.0, 0.3, 0.3, 0.0), interpolation="linear"),
        g.Piecewise(boundaries=(10,), values=(0.2, 0.4), interpolation="linear"),
        g.Piecewise(boundaries=(20, 50, 2**24 + 3), values=(0.1, -0.2, 0.5, 0.0), interpolation="cosine"),
        g.Piecewise(boundaries=tuple(range(3, 150, 3)), values=tuple(1 / (1 + i) for i in range(50))),
        g.Piecewise(
            boundaries=tuple(range(3, 150, 3)), values=tuple((i % 7) / 7 for i in range(50)), interpolation="linear"
        ),
        g.Piecewise(boundaries=(1, 2, MOST), values=(1.0, 2.0, 3.0, 4.0), interpolation="cosine"),
    ],
    "Join": [
        WARMUP,
        g.Join(parts=(COSINE,), boundaries=()),
        g.Join(parts=(g.Constant(value=0.1), g.Constant(value=0.01), g.Constant(value=0.3)), boundaries=(10, 20)),
        g.Join(parts=(LINEAR, FALL, COSINE, g.Sqrt(start=0.4, end=0.1, steps=9)), boundaries=(4, 50, 60)),
        g.Join(parts=(WARMUP, g.Join(parts=(FALL, WARMUP), boundaries=(30,))), boundaries=(50,)),
        g.Join(
            parts=tuple(g.Linear(start=i % 5, end=i % 3, steps=10 + i) for i in range(60)),
            boundaries=tuple(range(10, 600, 10)),
        ),
        g.Join(
            parts=tuple((LINEAR * (1 + i) if i % 2 else g.Cosine(start=1.0 + i, end=0.1, steps=8)) for i in range(30)),
            boundaries=tuple(range(7, 210, 7)),
        ),
        g.Join(
            parts=tuple(WARMUP.replace(boundaries=(5 + i,)) for i in range(20)), boundaries=tuple(range(30, 600, 30))
        ),
        g.Join(parts=(SAW, g.Repeat(body=WARMUP, period=33), SAW.replace(period=9)), boundaries=(55, 155)),
        g.Join(
            parts=tuple(
                g.Piecewise(boundaries=(2, 4 + i), values=(0.1, i, 0.3), interpolation="linear") for i in range(20)
            ),
            boundaries=tuple(range(9, 180, 9)),
        ),
        g.Join(parts=(FALL, LINEAR, g.InverseSqrt(peak=1.0, timescale=5)), boundaries=(2**24 - 1, 2**31 - 20)),
        g.Join(
            parts=tuple(g.Repeat(body=LINEAR, period=3 + i, times=2, stretch=2) for i in range(20)),
            boundaries=tuple(range(20, 400, 20)),
        ),
        g.Join(
            parts=tuple(g.Shift(schedule=FALL, steps=i - 9) for i in range(20)), boundaries=tuple(range(20, 400, 20))
        ),
        g.Join(
            parts=tuple(g.Clip(schedule=LINEAR, low=i / 30) for i in range(20)), boundaries=tuple(range(20, 400, 20))
        ),
        g.Join(
            parts=tuple(g.Exponential(start=1.0 + i, rate=0.9, steps=1 + i, end=0.2) for i in range(20)),
            boundaries=tuple(range(20, 400, 20)),
        ),
        g.Join(
            parts=tuple(g.Exponential(start=0.1, rate=1.1, steps=1 + i, end=0.2 + i) for i in range(20)),
            boundaries=tuple(range(20, 400, 20)),
        ),
        g.Join(
            parts=tuple(g.Triangle(low=0.1, high=i, up=2, down=1 + i) for i in range(20)),
            boundaries=tuple(range(9, 180, 9)),
        ),
        g.Join(
            parts=tuple(g.Stretch(schedule=FALL, factor=0.5 + i) for i in range(20)),
            boundaries=tuple(range(20, 400, 20)),
        ),
    ],
    "Product": [
        FALL * 0.1,
        WARMUP * g.Cosine(start=1.0, end=0.5, steps=30),
        g.Product(parts=(COSINE,)),
        g.Product(parts=(FALL, SAW, g.Constant(value=-2.0))),
    ],
    "Sum": [
        FALL + 0.1,
        WARMUP + g.Linear(start=-1.0, end=1.0, steps=60) + SAW,
        g.Sum(parts=(FALL,)),
    ],
    "Minimum": [
        g.Minimum(parts=(LINEAR, g.Constant(value=0.3))),
        g.Minimum(parts=(LINEAR, FALL, g.InverseSqrt(peak=1.0, timescale=4))),
        g.Minimum(parts=(FALL,)),
    ],
    "Maximum": [
        g.Maximum(parts=(FALL, g.Constant(value=0.3))),
        g.Maximum(parts=(WARMUP, COSINE * 0.5, g.Constant(value=-1.0))),
        g.Maximum(parts=(FALL,)),
    ],
    "Clip": [
        g.Clip(schedule=g.InverseSqrt(peak=1.0, timescale=100), low=0.1),
        g.Clip(schedule=WARMUP, high=0.05),
        g.Clip(schedule=SAW, low=0.3, high=0.6),
        g.Clip(schedule=FALL, low=0.5, high=0.5),
    ],
    "Shift": [
        g.Shift(schedule=LINEAR, steps=5),
        g.Shift(schedule=WARMUP, steps=-13),
        g.Shift(schedule=WARMUP, steps=0),
        g.Shift(schedule=g.Cosine(start=1.0, end=0.1, steps=100), steps=MOST),
        g.Shift(schedule=g.InverseTime(start=1.0, rate=0.1, steps=3), steps=-(2**30)),
        g.Shift(schedule=g.Shift(schedule=FALL, steps=7), steps=-11),
    ],
    "Stretch": [
        g.Stretch(schedule=LINEAR, factor=2.5),
        g.Stretch(schedule=WARMUP, factor=1.1),
        g.Stretch(schedule=WARMUP, factor=0.25),
        g.Stretch(schedule=g.Stretch(schedule=SAW, factor=1.5), factor=3.0),
        g.Stretch(schedule=g.Piecewise(boundaries=(7, 20), values=(1.0, 0.5, 0.1), interpolation="cosine"), factor=1.3),
        g.Stretch(schedule=g.Shift(schedule=FALL, steps=-5), factor=0.3),
        g.Stretch(schedule=g.Repeat(body=FALL, period=25, stretch=1.5, times=4), factor=1.7),
    ],
    "Repeat": [
        SAW,
        g.Repeat(body=COSINE, period=40, stretch=2),
        g.Repeat(body=COSINE, period=40, stretch=1.5, scale=0.8),
        g.Repeat(body=g.Triangle(low=0.1, high=1.0, up=5), period=10, times=3),
        g.Repeat(body=FALL, period=20, times=4, stretch=3, scale=2.0),
        g.Repeat(body=WARMUP, period=60, times=5, stretch=1.1),
        g.Repeat(body=g.Repeat(body=LINEAR, period=10, times=3), period=35),
        g.Repeat(body=g.Repeat(body=FALL, period=9, stretch=2), period=70, stretch=2, times=3),
        g.Repeat(body=LINEAR, period=1),
        g.Repeat(body=LINEAR, period=10, stretch=2),
        g.Repeat(body=COSINE, period=2**24 + 1, times=2),
        g.Repeat(body=g.Constant(value=0.4), period=3, scale=0.5),
        g.Repeat(
            body=g.Piecewise(boundaries=(3, 8), values=(1.0, 2.0, 0.0), interpolation="linear"), period=11, stretch=1.5
        ),
        g.Repeat(body=g.Shift(schedule=FALL, steps=-4), period=12, stretch=1.25, times=6, scale=0.9),
        g.Repeat(body=FALL, period=12, stretch=2, times=1),
    ],
}

BY_RECIPE = {
    "one_cycle": [
        g.one_cycle(1.0, total=1000),
        g.one_cycle(0.1, total=100, warmup=10, start=0.01, end=1e-5, shape="linear"),
    ],
    "power": [
        g.power(0.1, warmup=100, decay=100, total=2000, timescale=400, exponent=0.5),
        g.power(0.02, warmup=0, decay=3, total=40, timescale=1, end=1e-4),
    ],
    "rex": [g.rex(0.3, total=100), g.rex(0.3, total=1_000_000, warmup=100, start=0.01, end=0.02)],
    "sgdr": [
        g.sgdr(0.1, period=10, stretch=2),
        g.sgdr(0.1, period=100, times=4, stretch=1.5, scale=0.7, end=0.01),
        g.sgdr(0.1, period=50),
    ],
    "warmup_constant": [g.warmup_constant(0.1, warmup=100), g.warmup_constant(0.1, warmup=0)],
    "warmup_cosine": [
        g.warmup_cosine(3e-4, warmup=100, total=1000),
        g.warmup_cosine(3e-4, warmup=2000, total=MOST, start=1e-7, end=3e-5),
        g.warmup_cosine(0.1, warmup=0, total=2**24 + 1),
    ],
    "warmup_exponential": [g.warmup_exponential(0.1, warmup=100, total=1100, end=0.001)],
    "warmup_inverse_sqrt": [
        g.warmup_inverse_sqrt(0.1, warmup=100),
        g.warmup_inverse_sqrt(0.1, warmup=10, timescale=1000),
    ],
    "warmup_linear": [g.warmup_linear(0.1, warmup=100, total=1100), g.warmup_linear(0.1, warmup=1, total=2, end=0.05)],
    "wsd": [
        g.wsd(0.1, warmup=100, decay=200, total=1000),
        g.wsd(0.1, warmup=10, decay=200, total=1000, shape="sqrt", start=0.01),
        g.wsd(0.1, warmup=0, decay=200, total=1000, shape="cosine", end=0.001),
        g.wsd(0.1, warmup=50, decay=50, total=100, shape="exponential", end=0.001),
        g.wsd(0.1, warmup=2000, decay=2**24 + 1, total=MOST),
    ],
}

SAMPLES = {
    f"{name}-{i}": sample
    for family in (BY_KIND, BY_RECIPE)
    for name, samples in family.items()
    for i, sample in enumerate(samples)
}

#: One sample of every kind and recipe, and more of those that differ inside: for what is slow to test.
FEW = {
    name: sample
    for name, sample in SAMPLES.items()
    if name.endswith("-0") or name.rsplit("-")[0] in ("Exponential", "Join", "Piecewise", "Repeat")
}

LONG = {
    "linear": g.Linear(start=0.1, end=0.0, steps=LAST),
    "cosine": g.Cosine(start=0.1, end=0.01, steps=LAST),
    "sqrt": g.Sqrt(start=0.1, end=0.0, steps=2**40 + 1),
    "polynomial": g.Polynomial(start=0.0, end=1.0, steps=LAST, power=3.0),
    "rex": g.Rex(start=1.0, end=0.0, steps=2**52 + 1),
    "exponential": g.Exponential(start=1.0, rate=0.25, steps=2**50, end=1e-3),
    "inverse_sqrt": g.InverseSqrt(peak=1.0, timescale=2**45),
    "join": g.Join(parts=(LINEAR, COSINE, FALL), boundaries=(2**24 + 1, LAST - 10)),
    "repeat": g.Repeat(body=COSINE, period=1, stretch=2),
    "often": g.Repeat(body=COSINE, period=39),
    "broken": g.Repeat(body=COSINE, period=7, stretch=1.25),
    "stretch": g.Stretch(schedule=g.Linear(start=1.0, end=0.5, steps=1000), factor=9e12),
    "shift": g.Shift(schedule=COSINE, steps=LAST),
    "piecewise": g.Piecewise(boundaries=(10, 2**40, LAST), values=(1.0, 0.5, 0.7, 0.1), interpolation="cosine"),
}


def kinds_without_samples() -> set[str]:
    """Built-in kinds and recipes that nothing here is a sample of."""
    built_in = {name for name, kind in KINDS.items() if kind.__module__.startswith("glidepath.")}
    return {n for n in built_in if not BY_KIND.get(n)} | {n for n in RECIPES if not BY_RECIPE.get(n)}
