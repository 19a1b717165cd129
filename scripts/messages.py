"""The texts that the tap prints when something is wrong, found in its code.

    python scripts/messages.py

prints them all, with "…" for what differs from case to case.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "tap_tripletex"
LEFT_OUT = {"sandbox", "commands"}
FEWEST_WORDS = 4
"""Shorter texts are parts of others."""

LEVELS = {"warning": "warning", "error": "error"}


def catalogue() -> list[tuple[str, str]]:
    """Return every text with its kind: the name of the exception, or the level of the log."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not LEFT_OUT & set(path.relative_to(PACKAGE).parts):
            for text, kind in _messages(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(text, kind)
    return sorted(found.items(), key=lambda item: (item[1], item[0]))


def _messages(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            kind = _raised(function)
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    yield from _called(node)
                elif value := _kept(node):
                    yield from _told(value, kind or "reason")


def _kept(node: ast.AST) -> ast.expr | None:
    """Return a text that is returned as a sentence, or kept for an exception."""
    if isinstance(node, ast.Return) and _is_sentence(node.value):
        return node.value
    if isinstance(node, ast.Assign) and _name(node) in {"message", "reason"}:
        return node.value
    return None


def _called(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield the texts of a call that logs, or that makes an exception or a trouble."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
        yield from (told for part in call.args[:1] for told in _told(part, LEVELS[call.func.attr]))
    name = getattr(call.func, "id", "")
    if name == "Trouble" or name.endswith("Error"):
        kind = "reason" if name == "Trouble" else name
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        yield from (told for part in parts if _is_text(part) for told in _told(part, kind))


def _is_text(node: ast.expr | None) -> TypeGuard[ast.expr]:
    return isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp)


def _is_sentence(node: ast.expr | None) -> TypeGuard[ast.expr]:
    return _is_text(node) and " " in _template(node).strip(". ") and _template(node).endswith(".")


def _raised(function: ast.FunctionDef) -> str | None:
    """Return the name of the exception that a function raises, if it is one of ours."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = getattr(node.exc.func, "id", "")
            if name.endswith("Error") and name not in {"ValueError", "TypeError"}:
                return str(name)
    return None


def _name(assignment: ast.Assign) -> str:
    target = assignment.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _told(node: ast.expr, kind: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"%(?:\.\d+)?[sdf]|%\(\w+\)s", "…", _template(node))
    if len(text.replace("…", " ").split()) >= FEWEST_WORDS:
        yield text, kind


def _template(node: ast.expr) -> str:
    """Return a text expression with "…" for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_template, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _template(left) + _template(right)
        case _:
            return "…"


if __name__ == "__main__":
    for text, kind in catalogue():
        sys.stdout.write(f"{kind}: {text}\n")
