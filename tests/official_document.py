"""Tripletex's official document, with what is known beyond the newest one."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[1] / "scripts" / "newer_than_document.py"

BEYOND = runpy.run_path(str(SCRIPT))


def official_document(path: Path) -> dict[str, Any]:
    """Return the document in a file."""
    document: dict[str, Any] = BEYOND["bring_up_to_date"](json.loads(path.read_text("utf-8")))
    return document
