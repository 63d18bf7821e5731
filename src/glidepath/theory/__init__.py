"""What a schedule is worth before it is trained: bounds, the best schedules, loss laws and advice."""

from importlib.util import find_spec

if find_spec("numpy") is None or find_spec("scipy") is None:
    raise ModuleNotFoundError('glidepath.theory needs NumPy and SciPy: pip install "glidepath[theory]"', name="scipy")

from .advise import advise as advise
from .averaging import (
    from_averaging as from_averaging,
    to_averaging as to_averaging,
)
from .batch_growth import (
    BatchGrowth as BatchGrowth,
    batch_growth as batch_growth,
)
from .bound import (
    Bound as Bound,
    Scaled as Scaled,
    best_scale as best_scale,
    bound as bound,
    bound_curve as bound_curve,
    tuned_distance as tuned_distance,
)
from .case import (
    Finding as Finding,
    Optimizer as Optimizer,
    Reference as Reference,
)
from .laws import (
    LAWS as LAWS,
    Choice as Choice,
    Curve as Curve,
    Forecast as Forecast,
    Functional as Functional,
    Law as Law,
    Momentum as Momentum,
    MultiPower as MultiPower,
    OmegaPower as OmegaPower,
    Prediction as Prediction,
    fit as fit,
)
from .optimal import optimal as optimal
from .refine import refine as refine
from .replan import (
    Continuation as Continuation,
    replan as replan,
)
from .weight_memory import (
    Memory as Memory,
    weight_memory as weight_memory,
)
from .worst_case import (
    efficiency as efficiency,
    worst_case as worst_case,
)
