"""On what terms a stream is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Terms:
    """What a run says of a stream.

    Attributes:
        name: stream and company in words, for messages.
        today: in Norway.
        replication_key: column that tells how far the stream has come.
        full_refresh_days: in how many days each slice is read whatever its digest says; 0: never.
        unconditional: every slice is read and emitted, changed or not.
        control_error: a control total that differs ends the stream; otherwise it is a warning.
    """

    name: str
    today: date
    replication_key: str = "synced_at"
    full_refresh_days: int = 0
    unconditional: bool = False
    control_error: bool = False
