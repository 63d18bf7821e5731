"""Glidepath: learning-rate schedules that every training stack can share."""

from .compiled import compile as compile
from .compose import (
    Clip as Clip,
    Join as Join,
    Maximum as Maximum,
    Minimum as Minimum,
    Piecewise as Piecewise,
    Product as Product,
    Repeat as Repeat,
    Shift as Shift,
    Stretch as Stretch,
    Sum as Sum,
)
from .errors import ScheduleError as ScheduleError
from .fields import (
    boundaries as boundaries,
    choice as choice,
    count as count,
    flag as flag,
    length as length,
    offset as offset,
    part as part,
    parts as parts,
    ratio as ratio,
    value as value,
    values as values,
)
from .recipes import (
    one_cycle as one_cycle,
    power as power,
    rex as rex,
    sgdr as sgdr,
    warmup_constant as warmup_constant,
    warmup_cosine as warmup_cosine,
    warmup_exponential as warmup_exponential,
    warmup_inverse_sqrt as warmup_inverse_sqrt,
    warmup_linear as warmup_linear,
    wsd as wsd,
)
from .schedule import Schedule as Schedule
from .schedules import (
    Constant as Constant,
    Cosine as Cosine,
    Custom as Custom,
    Exponential as Exponential,
    InverseSqrt as InverseSqrt,
    InverseTime as InverseTime,
    Linear as Linear,
    Polynomial as Polynomial,
    PowerLaw as PowerLaw,
    Rex as Rex,
    Sqrt as Sqrt,
    Triangle as Triangle,
)
from .spec import (
    dump as dump,
    from_dict as from_dict,
    from_json as from_json,
    load as load,
    load_all as load_all,
    to_dict as to_dict,
    to_json as to_json,
)
from .units import Run as Run
