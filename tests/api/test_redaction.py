from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from requests.auth import _basic_auth_str

from tap_tripletex.api.errors import ForbiddenError, UnavailableError
from tap_tripletex.api.log_records import install
from tap_tripletex.api.redaction import hide, printable, redact
from tests.conftest import API, error

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.auth import TokenSession
    from tap_tripletex.api.transport import Transport

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


@pytest.mark.parametrize("user", ["", "0", "12", "107896302"])
def test_the_basic_header_shows_no_secret(user: str) -> None:
    hide(SECRET)
    header = _basic_auth_str(user, SECRET)
    shown = redact(f"send: Authorization: {header}")
    before, after = shown.removeprefix("send: Authorization: Basic ").split("[hidden]")
    assert header.startswith(f"Basic {before}")
    assert header.endswith(after)
    # A character at either end is of the secret in part.
    assert 6 * len(before) < 8 * len(f"{user}:") + 6
    assert len(after.rstrip("=")) <= 1


def test_secrets_in_json_are_masked() -> None:
    hide('a"secret\\with\nall')
    assert redact(json.dumps({"token": 'a"secret\\with\nall'})) == '{"token": "[hidden]"}'


class Holder:
    def __repr__(self) -> str:
        return f"Holder({SECRET})"


def test_extra_fields_of_a_log_record_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    install()
    hide(SECRET)
    extra = {
        "url": f"https://x/{SECRET}",
        "headers": {"Authorization": [SECRET, {SECRET: 1}]},
        "holder": Holder(),
        "pair": (SECRET, 5),
        "number": 7,
    }
    logging.getLogger("anything").warning("said", extra=extra)
    (record,) = caplog.records
    assert SECRET not in repr(vars(record))
    assert record.number == 7  # type: ignore[attr-defined]
    assert record.pair == ("[hidden]", 5)  # type: ignore[attr-defined]


class Broken:
    def __repr__(self) -> str:
        message = "no text"
        raise RuntimeError(message)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("%d rows", ("many",)),
        ("%s and %s", ("one",)),
        ("nothing to fill in", (SECRET,)),
        ("%s", (Broken(),)),
        ("%(name)s", ({"other": SECRET},)),
        (Broken(), ()),
    ],
)
def test_a_bad_logging_call_harms_nobody(
    message: Any,
    arguments: tuple[Any, ...],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install()
    hide(SECRET)
    logging.getLogger("any library").warning(message, *arguments)
    (record,) = caplog.records
    assert SECRET not in record.getMessage()
    assert "Logging error" not in capsys.readouterr().err


def test_an_extra_field_with_a_name_that_is_taken_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    install()
    logging.getLogger("any library").warning("said", extra={"message": "x"})  # noqa: G101
    assert caplog.messages == ["said"]


FORGED = "Kunde AS\n2026-11-25 10:00:00 INFO Read 10000 records\x1b[2K\r\x85\u2028\u202e\ud800"


def test_no_message_forges_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    install()
    try:
        int(FORGED)
    except ValueError:
        logging.getLogger("anything").exception("It failed: %s", FORGED)
    text = logging.Formatter().format(caplog.records[0])
    first, *others = text.split("\n")
    assert first == (
        "It failed: Kunde AS\\n2026-11-25 10:00:00 INFO Read 10000 records"
        "\\x1b[2K\\r\\x85\\u2028\\u202e\\ud800"
    )
    assert all(line.startswith("  ") for line in others)
    assert printable(text.replace("\n", "")) == text.replace("\n", "")
    assert printable("Blåbærsyltetøy\t1 234,50 €") == "Blåbærsyltetøy\t1 234,50 €"


def test_what_the_api_says_is_one_line_of_an_error(
    transport: Transport, requests_mock: Mocker
) -> None:
    requests_mock.get(f"{API}/department", **error(403, 9000, FORGED))
    with pytest.raises(ForbiddenError) as caught:
        transport.send("GET", "/department", read=bool)
    assert str(caught.value) == printable(str(caught.value))


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
