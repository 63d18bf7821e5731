"""The command line. The commands are in files of their names; none is imported before it is called."""

from __future__ import annotations

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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end a run
    program()
