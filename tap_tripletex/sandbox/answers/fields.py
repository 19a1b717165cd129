"""The `fields` expression: parsed, and checked against the entity it is asked of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.answers.availability import availability
from tap_tripletex.sandbox.answers.errors import illegal_field, malformed_fields

if TYPE_CHECKING:
    from tap_tripletex.sandbox.tables.model import Entity, Model

PARTS = re.compile(r"\s*([(),]|[^\s(),]+)")

Names = dict[str, "Names | None"]
"""A parsed expression: property name (or `*`) to what is asked of it, None for nothing more."""

Selection = dict[str, "Selection | None"]
"""A checked expression in output order, `*` replaced by the names it stands for."""


def parse(expression: str) -> Names:
    """Parse an expression such as `id,account(id,number),*`.

    Raises:
        ApiError: Brackets or commas are out of place (400/11000).
    """
    root: Names = {}
    stack = [root]
    last: str | None = None
    for part in PARTS.findall(expression):
        if part == "(":
            if last is None:
                raise malformed_fields(expression)
            inner = stack[-1][last]
            if inner is None:
                inner = stack[-1][last] = {}
            stack.append(inner)
            last = None
        elif part == ")":
            stack.pop()
            if not stack:
                raise malformed_fields(expression)
            last = None
        elif part == ",":
            last = None
        else:
            stack[-1].setdefault(part, None)
            last = part
    if len(stack) != 1:
        raise malformed_fields(expression)
    return root


def defaults(entity: Entity) -> Selection:
    """Return what comes without `fields`, and for `*`."""
    hidden = availability(entity.name)
    return {
        name: None
        for name in entity.properties
        if name not in hidden.on_demand and name not in hidden.absent
    }


def resolve(names: Names, entity: Entity, model: Model) -> Selection:
    """Check names against an entity and replace `*`.

    Raises:
        ApiError: The entity lacks a name (400/11000): one bad name fails the whole request.
    """
    selection: Selection = {}
    if "*" in names:
        selection.update(defaults(entity))
    absent = availability(entity.name).absent
    for name, inner in names.items():
        if name == "*":
            continue
        prop = entity.properties.get(name)
        if prop is None:
            raise illegal_field(name, entity.name)
        if inner is None:
            selection.setdefault(name, None)
        elif prop.entity is None:
            raise illegal_field(next(iter(inner), name), name[0].upper() + name[1:])
        else:
            selection[name] = resolve(inner, model.entity(prop.entity), model)
        if name in absent:
            del selection[name]
    return selection


def requested_names(names: Names) -> set[str]:
    """Return every name in the expression, at any depth."""
    found: set[str] = set()
    for name, inner in names.items():
        found.add(name)
        if inner:
            found |= requested_names(inner)
    return found


@lru_cache(maxsize=512)
def parse_cached(expression: str) -> Names:
    """Parse an expression, remembering recent ones. The result must not be changed."""
    return parse(expression)
