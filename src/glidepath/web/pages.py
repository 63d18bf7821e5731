"""The files of the designer: a fixed table, so that no other can be asked for."""

from __future__ import annotations

import json
from pathlib import Path

from ..files import replace_file
from .kinds import module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["export", "pages"]

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

_STATIC = Path(__file__).parent / "static"


def pages(start: dict[str, Any], *, served: bool) -> dict[str, tuple[str, bytes]]:
    """The content type and the bytes of every file, by its name.

    start: what the page shows at first, where its address does not say: ``{"schedules": ..., "total": ...}``.
    served: whether there is a server that answers.
    """
    made = {path.name: path.read_bytes() for path in sorted(_STATIC.iterdir()) if path.suffix in _TYPES}
    made["kinds.js"] = module().encode()
    made["start.js"] = (
        f"export const served = {json.dumps(served)};\nexport const start = {json.dumps(start)};\n".encode()
    )
    return {name: (_TYPES[Path(name).suffix], content) for name, content in made.items()}


def export(folder: Path, start: dict[str, Any]) -> None:
    """Write the page as files that any static host can serve; there it draws, and does without advice.

    folder: is made where it is not there; files of other names in it stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, content) in pages(start, served=False).items():
        replace_file(folder / name, content)
