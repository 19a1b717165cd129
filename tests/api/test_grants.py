"""Keys in the right and in the wrong setting."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from tap_tripletex.api.auth import EmployeeGrant, RefreshGrant
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.api.grants import given_keys, grant_of


def token(number: int) -> str:
    text = json.dumps({"tokenId": number, "token": f"0b5ba4b6-{number}"})
    return base64.b64encode(text.encode()).decode()


KEY = "tlxr_eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln"
CONSUMER, EMPLOYEE = token(1), token(22)
TWO = EmployeeGrant(CONSUMER, EMPLOYEE)


@pytest.mark.parametrize(
    ("consumer", "employee", "refresh", "expected", "said"),
    [
        (None, None, KEY, RefreshGrant(KEY), ""),
        ("", " ", f" {KEY}\n", RefreshGrant(KEY), ""),
        (None, KEY, None, RefreshGrant(KEY), "employee_token holds a company key"),
        (KEY, None, None, RefreshGrant(KEY), "consumer_token holds a company key"),
        (CONSUMER, KEY, None, RefreshGrant(KEY), "employee_token holds a company key"),
        (KEY, KEY, KEY, RefreshGrant(KEY), ""),
        (CONSUMER, EMPLOYEE, None, TWO, ""),
        (CONSUMER, None, EMPLOYEE, TWO, "refresh_token holds no company key"),
        (CONSUMER, EMPLOYEE, KEY, RefreshGrant(KEY), "refresh_token is used; the other keys"),
        (None, None, "a-form-of-tomorrow", RefreshGrant("a-form-of-tomorrow"), ""),
        ("c", "e", None, EmployeeGrant("c", "e"), ""),
    ],
)
def test_a_key_is_used_whichever_setting_it_is_in(  # noqa: PLR0913, PLR0917
    caplog: pytest.LogCaptureFixture,
    consumer: str | None,
    employee: str | None,
    refresh: str | None,
    expected: object,
    said: str,
) -> None:
    caplog.set_level(logging.INFO)
    config = {"consumer_token": consumer, "employee_token": employee, "refresh_token": refresh}
    given = given_keys(config)
    assert grant_of(given) == expected
    assert said in caplog.text
    assert bool(said) is bool(caplog.text)
    assert not any(key in caplog.text for key in given.values())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"refresh_token": EMPLOYEE}, "refresh_token holds an employee token or a consumer token"),
        ({"refresh_token": CONSUMER, "employee_token": EMPLOYEE}, "a company key begins with"),
        (
            {"refresh_token": token(3), "employee_token": EMPLOYEE, "consumer_token": CONSUMER},
            "refresh_token holds an employee token or",
        ),
        ({"refresh_token": EMPLOYEE, "employee_token": KEY}, "employee_token holds a company key"),
        ({"refresh_token": KEY, "employee_token": KEY + "x"}, "hold different company keys"),
        ({"employee_token": KEY, "consumer_token": KEY + "x"}, "hold different company keys"),
        ({"employee_token": EMPLOYEE}, "consumer_token must be set, or refresh_token alone"),
        ({"consumer_token": CONSUMER}, "employee_token must be set"),
        ({}, "consumer_token and employee_token must be set"),
        ({"employee_token": EMPLOYEE, "consumer_token": EMPLOYEE}, "hold the same token"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_with_its_setting(
    given: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        grant_of(given)
    assert not any(key in str(caught.value) for key in given.values())
