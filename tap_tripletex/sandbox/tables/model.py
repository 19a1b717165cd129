"""The API's entities and paths, as the official document describes them (``model.json``)."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

HOST = "sandbox.invalid/v2"
"""Host and base path in every `url`. Recorded: `url` has no scheme and carries the host."""


class Property(msgspec.Struct, frozen=True):
    """One property of an entity.

    Attributes:
        name: Its name in the API.
        kind: `int`, `num`, `bool`, `str` or `any`; empty for an entity.
        entity: The entity it refers to or embeds, if any.
        many: Whether it is a list.
    """

    name: str
    kind: str
    entity: str | None
    many: bool

    @classmethod
    def parse(cls, name: str, code: str) -> Property:
        """Read the short type code of ``model.json``, such as `[@Posting]`."""
        inner = code.strip("[]")
        entity = inner[1:] if inner.startswith("@") else None
        return cls(name, "" if entity else inner, entity, code.startswith("["))


class Entity(msgspec.Struct, dict=True):
    """An object type of the API."""

    name: str
    path: str
    properties: dict[str, Property]

    @cached_property
    def has_id(self) -> bool:
        """Whether it is an object of its own; if not, it is embedded whole in its owner."""
        return "id" in self.properties and "url" in self.properties

    def url(self, identity: int) -> str:
        """Return the `url` of one object."""
        return f"{HOST}/{self.path}/{identity}"


class Parameter(msgspec.Struct, frozen=True):
    """A query parameter: its type, and how it filters where the document says so."""

    type: str
    required: bool = False
    default: str | int | bool | None = None
    enum: list[Any] = []
    match: str | None = None


class ApiPath(msgspec.Struct, frozen=True):
    """A GET path of the API.

    Attributes:
        entity: What it returns; None where the document leaves it open.
        list: Whether it answers with `values` rather than a `value`.
        paged: Whether it takes `from` and `count`.
        parameters: Its query parameters by name.
    """

    entity: str | None
    list: bool
    paged: bool
    parameters: dict[str, Parameter]


class _EntitySource(msgspec.Struct):
    path: str
    properties: dict[str, str]


class _Source(msgspec.Struct):
    version: str
    entities: dict[str, _EntitySource]
    endpoints: dict[str, ApiPath]


# The official document leaves /crm/prospect untyped since 2.70; clients generated from earlier
# ones agree on these properties (cobraz/tripletexjs, rehananwar/gifty-tripletex).
_PROSPECT = _EntitySource(
    "crm/prospect",
    {
        "id": "int",
        "version": "int",
        "changes": "[@Change]",
        "url": "str",
        "name": "str",
        "description": "str",
        "createdDate": "str",
        "customer": "@Customer",
        "salesEmployee": "@Employee",
        "isClosed": "bool",
        "closedReason": "int",
        "closedDate": "str",
        "competitor": "str",
        "prospectType": "int",
        "project": "@Project",
        "projectOffer": "@Project",
        "finalIncomeDate": "str",
        "finalInitialValue": "num",
        "finalMonthlyValue": "num",
        "finalAdditionalServicesValue": "num",
        "totalValue": "num",
    },
)


class Model:
    """All entities and GET paths that the sandbox knows."""

    def __init__(self, source: _Source) -> None:
        """Index the parsed file."""
        self.version = source.version
        self.paths = source.endpoints
        source.entities["Prospect"] = _PROSPECT
        for path in ("/crm/prospect", "/crm/prospect/{id}"):
            self.paths[path] = msgspec.structs.replace(self.paths[path], entity="Prospect")
        self.entities = {
            name: Entity(
                name,
                item.path,
                {key: Property.parse(key, code) for key, code in item.properties.items()},
            )
            for name, item in source.entities.items()
        }

    def entity(self, name: str) -> Entity:
        """Return one entity.

        Raises:
            KeyError: No such entity is reachable from the paths that the sandbox knows.
        """
        return self.entities[name]


@lru_cache(maxsize=1)
def load_model() -> Model:
    """Return the model; read once a process."""
    raw = Path(__file__).with_name("model.json").read_bytes()
    return Model(msgspec.json.decode(raw, type=_Source))
