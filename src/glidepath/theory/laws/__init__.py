"""Loss laws: how the loss of a run follows from its rates, learned from the curves of a few runs."""

from .curve import Curve as Curve
from .fit import fit as fit
from .forecast import Choice as Choice, Forecast as Forecast, Prediction as Prediction
from .functional import Functional as Functional
from .law import LAWS as LAWS, Law as Law
from .momentum import Momentum as Momentum
from .multi_power import MultiPower as MultiPower
from .omega import OmegaPower as OmegaPower
