"""The command line. The commands are in files of their names; none is imported before it is called."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

__all__ = ["main"]


def main() -> None:
    """Run the ``glidepath`` command with the arguments of the process."""
    try:
        from .program import program
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print('Error: the command line needs click: pip install "glidepath[cli]"', file=sys.stderr)
        sys.exit(2)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started the process has closed it
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end a run
    program()
