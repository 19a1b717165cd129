"""Which key is in which setting: told by its form, since one is easily pasted into another."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.auth import EmployeeGrant, RefreshGrant
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.api.keys import COMPANY_KEY, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.api.auth import Grant

logger = logging.getLogger(__name__)

CONSUMER, EMPLOYEE, COMPANY = NAMES = ("consumer_token", "employee_token", "refresh_token")
"""The settings that hold keys."""


def given_keys(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that are set, by setting, without blanks around them."""
    keys = {name: str(config.get(name) or "").strip() for name in NAMES}
    return {name: key for name, key in keys.items() if key}


def grant_of(given: Mapping[str, str]) -> Grant:
    """Return what sessions are made with, whichever setting it is in.

    Args:
        given: keys by setting.

    Raises:
        SettingsError: when a key is missing, or in a setting where it cannot be meant.
    """
    company_keys = {name: key for name, key in given.items() if key.startswith(COMPANY_KEY)}
    if len(set(company_keys.values())) > 1:
        message = f"{_and(company_keys)} hold different company keys; leave one in {COMPANY}."
        raise SettingsError(message)
    if company_keys and COMPANY not in company_keys:
        (name, key), *_ = company_keys.items()
        _check_free(given, name)
        logger.warning("%s holds a company key: it is used as %s.", name, COMPANY)
        return RefreshGrant(key)
    if COMPANY not in given:
        return _two_tokens(given)
    if is_token(given[COMPANY]):
        return _two_tokens(_moved(given))
    if len(set(given.values())) > 1:
        logger.info("%s is used; the other keys are not.", COMPANY)
    return RefreshGrant(given[COMPANY])


def _check_free(given: Mapping[str, str], name: str) -> None:
    """Refuse a company key in one setting where ``refresh_token`` holds something else."""
    if COMPANY in given:
        message = f"{name} holds a company key, but {COMPANY} holds something else: put it there."
        raise SettingsError(message)


def _moved(given: Mapping[str, str]) -> dict[str, str]:
    """Return keys with the token that ``refresh_token`` holds in the only place left for it."""
    if set(given) == {CONSUMER, COMPANY}:
        logger.warning("%s holds no company key: it is used as %s.", COMPANY, EMPLOYEE)
        return {CONSUMER: given[CONSUMER], EMPLOYEE: given[COMPANY]}
    message = (
        f"{COMPANY} holds an employee token or a consumer token. They belong together, in "
        f"{EMPLOYEE} and {CONSUMER}; a company key begins with {COMPANY_KEY}."
    )
    raise SettingsError(message)


def _two_tokens(given: Mapping[str, str]) -> EmployeeGrant:
    if missing := [name for name in (CONSUMER, EMPLOYEE) if name not in given]:
        message = (
            f"{' and '.join(missing)} must be set, or {COMPANY} alone: for its own data a company "
            "makes a key in Tripletex under Selskap > API-tokens. To try the tap without one, set "
            "api_url to sandbox://."
        )
        raise SettingsError(message)
    if given[CONSUMER] == given[EMPLOYEE]:
        message = (
            f"{CONSUMER} and {EMPLOYEE} hold the same token. The consumer token identifies the "
            "integration, the employee token is made by a user in Tripletex."
        )
        raise SettingsError(message)
    return EmployeeGrant(given[CONSUMER], given[EMPLOYEE])


def _and(names: Mapping[str, str]) -> str:
    return " and ".join(names)
