"""Schedules made of schedules."""

from .arithmetic import (
    Clip as Clip,
    Maximum as Maximum,
    Minimum as Minimum,
    Product as Product,
    Sum as Sum,
)
from .join import Join as Join
from .piecewise import Piecewise as Piecewise
from .repeat import Repeat as Repeat
from .time import Shift as Shift, Stretch as Stretch
