from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tap_tripletex.api.errors import UnavailableError
from tap_tripletex.api.redaction import hide, install, redact
from tests.conftest import API

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.auth import TokenSession

SECRET = "eyJ0b2tlbklkIjoxfQ+/=="


def test_secrets_are_masked_plain_and_in_urls() -> None:
    hide(SECRET)
    hide("")
    assert redact(f"a {SECRET} b") == "a [hidden] b"
    assert redact(f"/token/session/{quote(SECRET)}?x={quote(SECRET, safe='')}") == (
        "/token/session/[hidden]?x=[hidden]"
    )
    assert redact("nothing") == "nothing"


def test_a_secret_that_contains_another_is_masked_whole() -> None:
    hide("abcdef")
    hide("abcdefghi")
    assert redact("abcdefghi abcdef") == "[hidden] [hidden]"


def test_what_is_too_short_for_a_secret_is_not_masked_everywhere() -> None:
    hide("e")
    hide("abcde")
    assert redact("the letters abcde") == "the letters abcde"


def test_every_logger_and_traceback_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    install()
    install()
    hide(SECRET)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug('"DELETE %s HTTP/1.1"', SECRET)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("anything").exception("It failed with %s", SECRET)
    logging.getLogger("anything").info("harmless %d", 5)
    formatted = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert SECRET not in formatted
    assert "Traceback" in formatted
    assert "harmless 5" in formatted


def test_faults_on_the_way_do_not_show_the_session(
    session: TokenSession, logged_in: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    logged_in.delete(
        f"{API}/token/session/session-secret",
        exc=UnavailableError("never shown"),
    )
    session.token()
    with pytest.raises(UnavailableError):
        session._transport.send(
            "DELETE", "/token/session/session-secret", auth=("0", "session-secret"), read=bool
        )
    assert "session-secret" not in caplog.text
