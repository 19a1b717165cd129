"""Which GET path of the model a request means, and the ids in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tap_tripletex.sandbox.answers import errors

if TYPE_CHECKING:
    from tap_tripletex.sandbox.tables.model import Model

PLACEHOLDER = re.compile(r"\{\w+\}")


class Route(NamedTuple):
    """A path of the model and the ids that its placeholders stand for: `{id}` to 7."""

    path: str
    ids: dict[str, int]


class Routes:
    """The model's paths, ready to be matched."""

    def __init__(self, model: Model) -> None:
        """Compile the paths with placeholders."""
        self._plain = {path for path in model.paths if "{" not in path}
        self._patterns = [
            (re.compile("^" + PLACEHOLDER.sub("([^/]+)", path) + "$"), path)
            for path in model.paths
            if "{" in path
        ]

    def find(self, path: str) -> Route:
        """Return the route of a decoded path.

        Raises:
            ApiError: No such path (404/6000), or text where an id belongs (422/21000).
        """
        if path in self._plain:
            return Route(path, {})
        for pattern, template in self._patterns:
            match = pattern.match(path)
            if match:
                for text in match.groups():
                    if text[:1] in {">", ":"}:
                        raise errors.method_not_allowed()
                    if not text.isdigit():
                        raise errors.not_a_number(text)
                names = PLACEHOLDER.findall(template)
                ids = zip(names, map(int, match.groups()), strict=True)
                return Route(template, dict(ids))
        if path == "/company":
            # Official document: only PUT is there; recorded: GET answers 400/4000.
            raise errors.method_not_allowed()
        raise errors.no_such_path()
