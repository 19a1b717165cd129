from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest

from tap_tripletex.api.auth import EmployeeGrant, RefreshGrant
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.api.redaction import redact
from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN
from tap_tripletex.settings import Settings, hide_secrets, read_settings

DEFAULTS = {
    "page_size": 10_000,
    "max_concurrency": 8,
    "future_days": 400,
    "rate_limit_reserve": 10,
    "full_refresh_days": 7,
    "reference_days": 0,
    "control_totals": "warn",
}
TOKENS = {"consumer_token": "c-token", "employee_token": "e-token"}


def settings(**config: Any) -> Settings:
    return read_settings(DEFAULTS | TOKENS | config, "tap-tripletex/0")


def test_tokens_are_all_that_is_needed() -> None:
    found = settings()
    assert found.grant == EmployeeGrant("c-token", "e-token")
    assert found.api_url == "https://tripletex.no/v2"
    assert found.companies is None
    assert found.start_date is None
    assert found.user_agent == "tap-tripletex/0"
    assert found.secrets == ("c-token", "e-token")


def test_tokens_that_were_pasted_with_blanks_are_trimmed() -> None:
    assert settings(consumer_token=" c-token\n").grant == EmployeeGrant("c-token", "e-token")


def test_a_companys_own_key_replaces_both_tokens() -> None:
    found = read_settings(DEFAULTS | {"refresh_token": "tlxr_1"}, "x")
    assert found.grant == RefreshGrant("tlxr_1")
    assert found.secrets == ("tlxr_1",)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"employee_token": ""}, "employee_token must be set"),
        ({"employee_token": None, "consumer_token": None}, "consumer_token and employee_token"),
        ({"start_date": "2026-13-01"}, "start_date '2026-13-01' is no date"),
        ({"start_date": "first of May"}, "write it as 2024-01-31"),
        ({"company_ids": "12, acme"}, "company_ids has 'acme'"),
        ({"company_ids": [-3]}, "company_ids has '-3'"),
        ({"api_url": "tripletex.no"}, "api_url 'tripletex.no' is no address"),
        ({"api_url": "ftp://tripletex.no"}, "is no address"),
    ],
)
def test_what_cannot_be_understood_is_said(config: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(**config)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, None),
        ("", None),
        ([], None),
        ("all", "all"),
        (" ALL ", "all"),
        (["all"], "all"),
        (7, (7,)),
        ("7", (7,)),
        ([7, "8", 7], (7, 8)),
        ("7, 8", (7, 8)),
        ('[7, "8"]', (7, 8)),
    ],
)
def test_companies_come_as_a_list_or_as_text(setting: Any, expected: Any) -> None:
    assert settings(company_ids=setting).companies == expected


@pytest.mark.parametrize(
    "api_url",
    [
        "http://tripletex.no/v2",
        "http://127.0.0.1.evil.test/v2",
        "http://localhost.evil.test/v2",
        "http://[2001:db8::1]/v2",
        "HTTP://tripletex.no/v2",
        "http://10.0.0.1/v2",
    ],
)
def test_tokens_never_travel_in_clear(api_url: str) -> None:
    with pytest.raises(SettingsError, match="in clear"):
        settings(api_url=api_url)


@pytest.mark.parametrize(
    "api_url",
    [
        "http://127.0.0.1:8765/v2",
        "http://localhost:1/v2",
        "http://[::1]:5/v2",
        "http://127.9.9.9/v2",
    ],
)
def test_this_computer_may_be_asked_without_encryption(api_url: str) -> None:
    assert settings(api_url=api_url).api_url == api_url


@pytest.mark.parametrize(
    "api_url",
    [
        "https://user:pass-word@tripletex.no/v2",
        "https://user@tripletex.no/v2",
        "https://:pass-word@tripletex.no/v2",
        "http://user:pass-word@127.0.0.1/v2",
    ],
)
def test_an_address_has_neither_user_nor_password(api_url: str) -> None:
    with pytest.raises(SettingsError, match="a user or a password") as caught:
        settings(api_url=api_url)
    assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize(
    "api_url",
    [
        "https://",
        "https://tripletex.no:port/v2",
        "https://[::1/v2",
        "https://.tripletex.no/v2",
        "https://proxy.test/v2?key=1",
        "https://proxy.test/v2#part",
    ],
)
def test_what_no_request_could_be_sent_to_is_no_address(api_url: str) -> None:
    with pytest.raises(SettingsError, match="no address"):
        settings(api_url=api_url)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "tap €", "smile \U0001f600", " a", "a\x00"])
def test_a_user_agent_that_cannot_be_sent_is_refused_at_once(value: str) -> None:
    with pytest.raises(SettingsError, match="user_agent"):
        settings(user_agent=value)


@pytest.mark.parametrize(
    "token", [1234567890123, ["tok-in-list"], {"value": "tok-in-object"}, 3.14159265, "tok-en\n"]
)
def test_secrets_are_hidden_whatever_their_type(token: Any) -> None:
    hide_secrets({"employee_token": token, "api_url": "https://me:pass-word@x.test/v2"})
    for text in (str(token), repr(token), json.dumps(token)):
        shown = redact(f"{text} is not of type 'string'")
        assert "[hidden]" in shown
        assert not {"1234567890123", "tok-in-list", "tok-in-object", "3.14159265"} & set(
            re.findall(r"[\w.-]+", shown)
        )
    assert redact("https://me:pass-word@x.test, pass-word") == "https://[hidden]@x.test, [hidden]"


def test_a_start_date_may_have_a_time_behind_it() -> None:
    assert settings(start_date="2024-05-01T00:00:00Z").start_date == date(2024, 5, 1)


def test_the_sandbox_needs_no_tokens_but_takes_them() -> None:
    bare = read_settings(DEFAULTS | {"api_url": "sandbox://"}, "x")
    assert bare.uses_sandbox
    assert bare.grant == EmployeeGrant(CONSUMER_TOKEN, EMPLOYEE_TOKEN)
    tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": "one-of-a-test"}
    found = settings(api_url="sandbox://?companies=3", **tokens)
    assert found.grant == EmployeeGrant(CONSUMER_TOKEN, "one-of-a-test")


@pytest.mark.parametrize(
    "tokens",
    [
        TOKENS,
        {"consumer_token": "c-token", "employee_token": ""},
        {"consumer_token": "", "employee_token": "e-token"},
        {"consumer_token": "", "employee_token": "", "refresh_token": "tlxr_1"},
    ],
)
def test_the_sandbox_is_not_read_with_the_tokens_of_a_company(tokens: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="is set, but api_url is sandbox://") as caught:
        settings(api_url="sandbox://", **tokens)
    assert not [token for token in tokens.values() if token and token in str(caught.value)]


@pytest.mark.parametrize("letters", ["x", "12345"])
def test_what_is_too_short_for_a_token_is_refused(letters: str) -> None:
    with pytest.raises(SettingsError, match="employee_token is too short to be a token"):
        settings(employee_token=letters)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://tripletex.no", "is not the API, whose address ends in /v2"),
        ("https://tripletex.no/v2-docs/", "Leave it empty for https://tripletex.no/v2"),
        ("https://api-test.tripletex.tech", "ends in /v2"),
        ("https://www.tripletex.no/v1", "ends in /v2"),
        ("https://api.tripletex.io/v2", "nothing is there any more"),
        ("https:///v2", "is no address"),
    ],
)
def test_an_address_without_the_api_is_said_before_any_token_is_sent(
    address: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(api_url=address)


@pytest.mark.parametrize(
    "address", ["https://tripletex.no/v2", "https://tripletex.no/v2/", "https://gateway.test/books"]
)
def test_addresses_of_the_api_and_of_gateways_are_taken(address: str) -> None:
    assert settings(api_url=address).api_url == address.rstrip("/")
