"""Build the documentation site into site/; a warning is an error.

    python scripts/build_site.py [--mermaid mermaid.min.js]

Copies docs/ to .site/, turns links to other files of the repository into links to the repository,
adds the list of all messages to their page, and has Zensical build the rest. With ``--mermaid`` the
site carries the script that draws the diagrams; without it they are shown as text here.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from messages import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
STAGE = ROOT / ".site"

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!\w+:|#)([^)\s]+)\)")
MARKER = "<!-- all messages -->\n"


def main() -> int:
    """Build the site and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mermaid", type=Path, help="mermaid.min.js, for the diagrams")
    mermaid = parser.parse_args().mermaid
    stage()
    if mermaid:
        (STAGE / "assets").mkdir(exist_ok=True)
        shutil.copy(mermaid, STAGE / "assets" / "mermaid.min.js")
    zensical = Path(sys.executable).with_name("zensical")
    command = [str(zensical), "build", "--clean", "--strict"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own


def stage() -> None:
    """Copy the pages, as the site has them."""
    shutil.rmtree(STAGE, ignore_errors=True)
    for path in sorted(DOCS.rglob("*")):
        if path.is_file():
            target = STAGE / path.relative_to(DOCS)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                target.write_text(page(path), encoding="utf-8")
            else:
                shutil.copy(path, target)


def page(path: Path) -> str:
    """Return the text of a page with its links as the site needs them."""
    text = path.read_text(encoding="utf-8")
    parts: list[str] = []
    end = 0
    for fence in FENCE.finditer(text):  # what looks like a link in code is none
        parts += [_relinked(text[end : fence.start()], path), fence.group()]
        end = fence.end()
    parts.append(_relinked(text[end:], path))
    return "".join(parts).replace(MARKER, "\n".join(listed()) + "\n")


def _relinked(text: str, page: Path) -> str:
    """Return a text whose links out of docs/ lead to the repository."""

    def address(link: re.Match[str]) -> str:
        place, mark, anchor = link[1].partition("#")
        target = (page.parent / place).resolve()
        if target.is_relative_to(DOCS):
            return link[0]
        return f"]({repository()}/blob/main/{target.relative_to(ROOT)}{mark}{anchor})"

    return LINK.sub(address, text)


def repository() -> str:
    """Return the address of the repository."""
    urls = metadata.metadata("tap-tripletex").get_all("Project-URL") or []
    return dict(url.split(", ", 1) for url in urls)["Repository"]


def listed() -> Iterator[str]:
    """Yield the lines of the table of all messages."""
    yield "| message | kind |"
    yield "| --- | --- |"
    for text, kind in catalogue():
        cell = text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
        yield f"| {cell} | {kind} |"


if __name__ == "__main__":
    sys.exit(main())
