"""Print what the changelog says of a version, for its release on GitHub.

    python scripts/release_notes.py v0.1.0

The exit code is 1 when the changelog has no section of that version, or an empty one: a release
that nobody has described is not made.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def main(arguments: list[str]) -> int:
    """Print the section of a tag's version and return the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    version = arguments[0].removeprefix("v")
    notes = section(CHANGELOG.read_text(encoding="utf-8"), version)
    if not notes:
        print(f"CHANGELOG.md says nothing of {version}.", file=sys.stderr)
        return 1
    print(notes)
    return 0


def section(changelog: str, version: str) -> str:
    """Return the text below the heading of a version, or an empty one."""
    for part in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if heading.split(" ")[0].strip("[]") == version:
            return text.strip()
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
