"""``python -m glidepath`` is the ``glidepath`` command."""

from .cli import main

main()
