"""Pictures of schedules: an Axes of matplotlib, and SVG, HTML and PNG files."""

from .axes import plot as plot
from .curves import curve as curve
from .files import SUFFIXES as SUFFIXES, picture as picture

__all__ = ["SUFFIXES", "curve", "picture", "plot"]
