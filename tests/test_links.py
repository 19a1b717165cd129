"""Links within the repository's pages lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[1]

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(<?([^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def pages() -> list[Path]:
    return [
        path
        for path in sorted(ROOT.rglob("*.md"))
        if not any(
            part.startswith(".") and part != ".github" for part in path.parts[len(ROOT.parts) :]
        )
        and "site" not in path.parts[len(ROOT.parts) :]
    ]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        if found[slug]:
            found[f"{slug}-{found[slug]}"] = 0
    return set(found)


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere; those to other hosts are not followed."""
    wrong = []
    text = page.read_text(encoding="utf-8")
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (
            anchor
            and target.suffix == ".md"
            and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            wrong.append(link)
    return wrong


def test_every_link_leads_somewhere() -> None:
    found = {str(page.relative_to(ROOT)): broken(page) for page in pages()}
    assert len(found) > 20
    assert {page: links for page, links in found.items() if links} == {}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# Two `words`\n\n## Twice\n\n## Twice\n")
    good = "[a](other.md) [b](other.md#two-words) [c](#here) [d](other.md#twice-1)"
    page.write_text(
        f"# Here\n{good} [e](gone.md) [f](other.md#three) [g](#there)\n```\n[h](x.md)\n```"
    )
    assert broken(page) == ["gone.md", "other.md#three", "#there"]


def test_every_page_that_git_knows_is_looked_at() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"],  # noqa: S607 - whichever git is there
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    looked_at = {str(page.relative_to(ROOT)) for page in pages()}
    assert {name for name in listed.stdout.split() if (ROOT / name).exists()} <= looked_at
