"""What the settings of the SDK make of a stream's rows, as one text: stream maps, flattening."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_MAPS = ("stream_map_config", "faker_config")
"""What the expressions of stream maps may use."""


def mapping(config: Mapping[str, Any], stream: str) -> str:
    """Return a text that changes when other rows of a stream are made of the same answers.

    Args:
        config: the settings, as Singer gives them.
        stream: its name.

    >>> mapping({"stream_maps": {"customers": {"email": None}}}, "customers")
    '{"stream_maps": {"customers": {"email": null}}}'
    >>> mapping({"stream_maps": {"customers": {"email": None}}}, "suppliers")
    '{}'
    """
    shaping: dict[str, Any] = {}
    if maps := _maps(config.get("stream_maps") or {}, stream):
        shaping = {name: config[name] for name in OF_MAPS if config.get(name)}
        shaping["stream_maps"] = maps
    if config.get("flattening_enabled"):
        shaping |= {name: v for name, v in config.items() if name.startswith("flattening_")}
    return json.dumps(shaping, sort_keys=True, default=str)


def _maps(maps: Mapping[str, Any], stream: str) -> Mapping[str, Any]:
    """Return those of a stream; what is left over by all others goes by ``__else__``."""
    found = {
        name: one
        for name, one in maps.items()
        if fnmatch(stream, name) or (isinstance(one, dict) and one.get("__source__") == stream)
    }
    return found or {name: one for name, one in maps.items() if name == "__else__"}
