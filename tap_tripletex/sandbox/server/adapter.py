"""The sandbox inside the process: an adapter to mount on a `requests.Session`."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter
from requests.exceptions import ChunkedEncodingError, ReadTimeout
from requests.models import Response
from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import PreparedRequest

    from tap_tripletex.sandbox.server.sandbox import Sandbox


class _Body(io.BytesIO):
    """A body that may end too early, as a closed connection does to `requests`."""

    def __init__(self, content: bytes, promised: int) -> None:
        super().__init__(content)
        self._missing = promised - len(content)

    def read(
        self,
        size: int | None = -1,
        /,
        decode_content: bool | None = None,  # noqa: FBT001 - the signature of urllib3
    ) -> bytes:
        """Return content; raise at its end if some is missing."""
        del decode_content
        content = super().read(size)
        if self._missing and self.tell() == len(self.getbuffer()):
            got = self.tell()
            message = f"Connection broken: IncompleteRead({got} bytes read, {self._missing} more)"
            raise ChunkedEncodingError(message)
        return content

    def stream(
        self,
        chunk_size: int = 65536,
        decode_content: bool | None = None,  # noqa: FBT001 - the signature of urllib3
    ) -> Iterator[bytes]:
        """Yield the content, then raise if some is missing."""
        while chunk := self.read(chunk_size, decode_content=decode_content):
            yield chunk

    def release_conn(self) -> None:
        """Do nothing: there is no connection."""


class SandboxAdapter(BaseAdapter):
    """Answers a session's requests from a `Sandbox`, whatever host they name.

    Bodies are not compressed on the way: there is none.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        """Answer from this sandbox."""
        super().__init__()
        self.sandbox = sandbox

    def send(  # noqa: PLR0913, PLR0917 - the signature of requests
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: Any = None,  # noqa: ANN401
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Answer one request.

        Raises:
            ReadTimeout: The answer takes longer than the read timeout.
        """
        del stream, verify, cert, proxies
        parts = urlsplit(request.url or "")
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {k: v for k, v in request.headers.items() if k.lower() != "accept-encoding"}
        body = request.body or b""
        found = self.sandbox.handle(
            request.method or "GET",
            target,
            headers,
            body.encode() if isinstance(body, str) else bytes(body),
        )
        read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
        if read_timeout is not None and found.delay > read_timeout:
            time.sleep(read_timeout)
            raise ReadTimeout(request=request)
        if found.delay:
            time.sleep(found.delay)
        response = Response()
        response.status_code = found.status
        response.headers = CaseInsensitiveDict(found.headers)
        content = found.body if found.cut_at is None else found.body[: found.cut_at]
        response.headers["Content-Length"] = str(len(found.body))
        response.raw = _Body(content, len(found.body))
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
