"""An answer as it came over the network, and how it is unpacked."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_tripletex.api.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GZIP = 16 + zlib.MAX_WBITS
"""Tells zlib to expect the header and the checksum of gzip."""

MOST_PACKED = 1100
"""How many times smaller than its content gzip can be."""

BLOCK = 32 * 1024
"""Packed bytes that are unpacked at a time: about seven times as many then. The rows in them are
few enough to stay in the processor's cache until they are written."""

MOST_AT_ONCE = 1024 * 1024
"""Bytes that a block is unpacked to at most."""

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes of an answer, unpacked: sixteen times what pages are made for."""

TOO_LARGE_TO_UNPACK = f"it is larger than {MOST_UNPACKED // 2**20} MB"


@dataclass(frozen=True)
class Answer:
    """An answer, its body as it came over the network.

    A page waits compressed until its turn comes: that is a seventh of its size (measured).

    Attributes:
        status: HTTP status.
        headers: of the answer.
        packed: the body, compressed where ``zipped``.
        zipped: the body is compressed with gzip.
    """

    status: int
    headers: Mapping[str, str]
    packed: bytes = b""
    zipped: bool = False

    @property
    def content(self) -> bytes:
        """Unpack the body.

        Raises:
            UnavailableError: when it is damaged.
        """
        return b"".join(self.blocks())

    @property
    def length(self) -> int:
        """Return the bytes of the body, unpacked: gzip ends with them."""
        if not self.zipped:
            return len(self.packed)
        said = int.from_bytes(self.packed[-4:], "little")
        return min(said, len(self.packed) * MOST_PACKED)

    def blocks(self) -> Iterator[bytes]:
        """Unpack the body, some of it at a time.

        Raises:
            UnavailableError: when it is damaged, or larger than any answer may be.
        """
        if not self.zipped:
            yield self.packed
            return
        unpacker = zlib.decompressobj(GZIP)
        size = 0
        try:
            for start in range(0, len(self.packed), BLOCK):
                packed = self.packed[start : start + BLOCK]
                while packed:
                    block = unpacker.decompress(packed, MOST_AT_ONCE)
                    packed = unpacker.unconsumed_tail
                    size += len(block)
                    if size > MOST_UNPACKED:
                        raise _damaged(TOO_LARGE_TO_UNPACK)
                    yield block
            while not unpacker.eof and (block := unpacker.decompress(b"", MOST_AT_ONCE)):
                yield block  # what was held back at the end
        except zlib.error as fault:
            raise _damaged(fault) from None
        if not unpacker.eof:
            raise _damaged()

    def beginning(self, length: int) -> bytes:
        """Unpack no more than the first bytes of the body; empty when it is damaged."""
        if not self.zipped:
            return self.packed[:length]
        try:
            return zlib.decompressobj(GZIP).decompress(self.packed[: 4 * length], length)
        except zlib.error:
            return b""


def _damaged(fault: object = "it ends too early") -> UnavailableError:
    message = f"The answer cannot be unpacked: {fault}."
    return UnavailableError(message)
