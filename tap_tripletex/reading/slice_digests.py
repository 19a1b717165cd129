"""The digests of a slice as one text: of its lists, and of the parts of a list that was cut up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tap_tripletex.api.short_digests import short

WHOSE = "@"
"""Stands between what the rows of a slice get from its questions, hashed, and its digests."""


@dataclass
class SliceDigests:
    """What the API told of a list.

    Attributes:
        digest: of the list; None where it has none, or was cut up.
        parts: the lists that it was cut into, or that a slice is made of.
    """

    digest: str | None = None
    parts: list[SliceDigests] = field(default_factory=list)

    def text(self) -> str | None:
        """Return the digests of all parts, None where one is missing.

        >>> cut_up = SliceDigests(parts=[SliceDigests("b"), SliceDigests("c")])
        >>> SliceDigests(parts=[SliceDigests("a"), cut_up]).text()
        'a (b c)'
        """
        texts = [f"({part.text()})" if part.parts else part.digest for part in self.parts]
        if not texts or any(text in {None, "(None)"} for text in texts):
            return None
        return " ".join(filter(None, texts))

    @classmethod
    def read(cls, text: str) -> SliceDigests:
        """Return what a text says.

        >>> SliceDigests.read("a (b c)").parts[1].parts[0].digest
        'b'
        """
        told = cls()
        stack = [told]
        for word in re.findall(r"[()]|[^\s()]+", text):
            if word == ")":
                stack = stack[:-1] or [told]
                continue
            stack[-1].parts.append(cls(None if word == "(" else word))
            if word == "(":
                stack.append(stack[-1].parts[-1])
        return told


def shortened(text: str) -> str:
    """Return the digests of a slice in short, each with what its rows get from the question.

    >>> shortened("#0123456789abcdef"), shortened("whose@ a b")
    ('#012345', '^7d545a ^2e58ed')
    """
    whose, at, lists = text.rpartition(f"{WHOSE} ")
    return " ".join(short(f"{whose}{at}{digest}") for digest in lists.split(" "))
