"""The kinds of schedule, one family a file."""

from .custom import Custom as Custom
from .cyclic import Triangle as Triangle
from .flat import Constant as Constant
from .power import (
    Exponential as Exponential,
    InverseSqrt as InverseSqrt,
    InverseTime as InverseTime,
    PowerLaw as PowerLaw,
)
from .ramp import Cosine as Cosine, Linear as Linear, Polynomial as Polynomial, Rex as Rex, Sqrt as Sqrt
