"""The settings, described for Singer and checked in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

from tap_tripletex.api.address import check_address, check_header
from tap_tripletex.api.auth import OSLO, EmployeeGrant
from tap_tripletex.api.client import MOST_ROWS
from tap_tripletex.api.companies import ALL
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.api.grants import given_keys, grant_of
from tap_tripletex.api.redaction import SHORTEST, hide
from tap_tripletex.rows.groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_tripletex.api.auth import Grant

PRODUCTION = "https://tripletex.no/v2"
SANDBOX = "sandbox"

ADDRESSES = (
    f"Leave it empty for {PRODUCTION}; the test environment is https://api-test.tripletex.tech/v2."
)

DOMAINS = ("tripletex.no", "tripletex.tech", "tripletex.dev", "tripletex.io")
"""Where all addresses are Tripletex's own."""

DEAD = {"api.tripletex.io"}
"""The test environment until March 2025. Official document: change log 2.71.19."""

SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "consumer_token",
        th.StringType,
        secret=True,
        title="Consumer token",
        description="Identifies the integration; given by Tripletex when it is registered.",
    ),
    th.Property(
        "employee_token",
        th.StringType,
        secret=True,
        title="Employee token (API key)",
        description="Made in Tripletex by a user, whose rights it has.",
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        title="Company API key",
        description=(
            "A company's own key (tlxr_…), made in Tripletex under Selskap > API-tokens; instead "
            "of the two tokens."
        ),
    ),
    th.Property(
        "company_ids",
        th.CustomType({"type": ["string", "array", "integer", "null"]}),
        title="Companies",
        description=(
            "Empty for the company of the token, a list of ids, or `all` for every client "
            "company that the token opens."
        ),
    ),
    th.Property(
        "include",
        th.CustomType({"type": ["string", "array", "null"]}),
        title="Private and costly data",
        description=(
            "What is left out of the catalog unless named here, with commas or as a list: "
            + "; ".join(f"`{name}` ({words})" for name, words in GROUPS.items())
            + ". What is not included is not read, whatever is selected."
        ),
    ),
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="First day to read of dated streams; empty for the whole history.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=PRODUCTION,
        title="API address",
        description=(
            "Production unless set; `https://api-test.tripletex.tech/v2` for the test "
            "environment, `sandbox://` for the company built into the tap."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=MOST_ROWS),
        default=MOST_ROWS,
        title="Page size",
        description="Rows asked for in one request at most; fewer where they are large or late.",
    ),
    th.Property(
        "max_concurrency",
        th.IntegerType(minimum=1, maximum=32),
        default=8,
        title="Requests at once",
        description="Requests under way at the same time.",
    ),
    th.Property(
        "future_days",
        th.IntegerType(minimum=0, maximum=3650),
        default=400,
        title="Future days",
        description="How many days ahead of today dated rows are read.",
    ),
    th.Property(
        "full_refresh_days",
        th.IntegerType(minimum=0, maximum=365),
        default=7,
        title="Full refresh days",
        description=(
            "In how many days every list and month is read again whatever its checksum says, a "
            "part of them each day; 0 for never."
        ),
    ),
    th.Property(
        "reference_days",
        th.IntegerType(minimum=0, maximum=365),
        default=0,
        title="Reference days",
        description=(
            "In how many days small lists of reference (types, categories, units, settings) are "
            "asked whether they have changed, a part of them each day; 0 for in each run."
        ),
    ),
    th.Property(
        "control_totals",
        th.StringType(allowed_values=["warn", "error", "off"]),
        default="warn",
        title="Control totals",
        description=(
            "Whether postings that do not add up to Tripletex's trial balance are a warning, an "
            "error, or not looked for."
        ),
    ),
    th.Property(
        "use_singer_decimal",
        th.BooleanType,
        default=False,
        title="Use Singer decimals",
        description=(
            "Whether amounts and other numbers with decimals leave as text of the format "
            "`x-singer.decimal` with precision and scale, for loaders that make a binary float of "
            "a number, as Snowflake's does."
        ),
    ),
    th.Property(
        "rights_given_up",
        th.CustomType({"type": ["array", "string", "null"]}),
        title="Rights given up",
        description=(
            "Names of entitlements and modules that are gone for good. Without them here, nothing "
            "is called deleted as long as one is missing that an earlier run had."
        ),
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="Sent with every request; names the tap and its version unless set.",
    ),
    th.Property(
        "rate_limit_reserve",
        th.IntegerType(minimum=0),
        default=10,
        title="Rate limit reserve",
        description=(
            "Requests of each ten seconds that are left to the other integrations of the token "
            "(Tripletex allows 100)."
        ),
    ),
).to_dict()


@dataclass(frozen=True)
class Settings:
    """The settings of a run; the attributes are those of the Singer settings.

    Attributes:
        companies: ids, `all`, or None for the company of the token.
    """

    grant: Grant
    api_url: str
    companies: tuple[int, ...] | str | None
    start_date: date | None
    page_size: int
    max_concurrency: int
    future_days: int
    full_refresh_days: int
    reference_days: int
    control_totals: str
    rights_given_up: tuple[str, ...]
    user_agent: str
    rate_limit_reserve: int
    secrets: tuple[str, ...]

    @property
    def uses_sandbox(self) -> bool:
        """Return whether the company built into the tap is read."""
        return is_sandbox(self.api_url)


def is_sandbox(api_url: str) -> bool:
    """Return whether an address is that of the company built into the tap."""
    return api_url.lower().startswith(f"{SANDBOX}:")


def hide_secrets(config: Mapping[str, Any]) -> None:
    """Hide what is secret in the settings, of whatever type it is, before any message names it."""
    for name, definition in SCHEMA["properties"].items():
        if definition.get("secret"):
            for text in _texts(config.get(name)):
                hide(text)
                hide(text.strip())
    user, at, _ = str(config.get("api_url")).rpartition("@")
    if at:
        hide(user.rpartition("//")[2])
        hide(user.rpartition("//")[2].partition(":")[2])


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - a setting may be anything
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def read_settings(config: Mapping[str, Any], user_agent: str) -> Settings:
    """Return the settings, with the defaults that Singer has filled in.

    Args:
        config: as Singer gives it.
        user_agent: for when none is set.

    Raises:
        SettingsError: when one is missing or cannot be understood.
    """
    api_url = _api_url(config.get("api_url"))
    sandbox = is_sandbox(api_url)
    check_header("user_agent", config.get("user_agent") or user_agent)
    keys = given_keys(config)
    _check_keys(keys, sandbox=sandbox)
    grant = _grant(keys, sandbox=sandbox)
    return Settings(
        grant=grant,
        api_url=api_url,
        companies=_companies(config.get("company_ids")),
        start_date=_start_date(config.get("start_date")),
        page_size=config["page_size"],
        max_concurrency=config["max_concurrency"],
        future_days=config["future_days"],
        full_refresh_days=config["full_refresh_days"],
        reference_days=config["reference_days"],
        control_totals=config["control_totals"],
        rights_given_up=tuple(_words(config.get("rights_given_up"))),
        user_agent=config.get("user_agent") or user_agent,
        rate_limit_reserve=config["rate_limit_reserve"],
        secrets=tuple(keys.values()),
    )


def _api_url(setting: Any) -> str:  # noqa: ANN401 - whatever is set
    """Return the address of the API.

    Raises:
        SettingsError: when it is none, or one of Tripletex's at which there is no API.
    """
    api_url = str(setting or PRODUCTION).strip()
    if is_sandbox(api_url):
        return api_url
    check_address(api_url)
    parts = urlsplit(api_url)
    api_url = api_url.rstrip("/")
    if parts.hostname in DEAD:
        message = f"api_url {api_url!r}: nothing is there any more. {ADDRESSES}"
        raise SettingsError(message)
    of_tripletex = any(f".{parts.hostname}".endswith(f".{name}") for name in DOMAINS)
    if of_tripletex and (parts.path.rstrip("/") != "/v2" or parts.query or parts.fragment):
        message = f"api_url {api_url!r} is not the API, whose address ends in /v2. {ADDRESSES}"
        raise SettingsError(message)
    if parts.query or parts.fragment:
        message = f"api_url {api_url!r} is no address: nothing may follow its path."
        raise SettingsError(message)
    return api_url


def _check_keys(keys: Mapping[str, str], *, sandbox: bool) -> None:
    """Refuse what cannot be a token, and tokens of a real company beside the sandbox.

    Raises:
        SettingsError: with what to do.
    """
    if short := [name for name, key in keys.items() if len(key) < SHORTEST]:
        message = f"{short[0]} is too short to be a token. Copy it whole."
        raise SettingsError(message)
    if not sandbox:
        return
    from tap_tripletex.sandbox import CONSUMER_TOKEN, REFRESH_TOKEN  # noqa: PLC0415

    names = [name for name, key in keys.items() if key not in {CONSUMER_TOKEN, REFRESH_TOKEN}]
    if keys.get("consumer_token") == CONSUMER_TOKEN and "employee_token" in names:
        names.remove("employee_token")  # the sandbox itself knows which of them are its own
    if names:
        message = (
            f"{' and '.join(names)} is set, but api_url is sandbox://, the made-up company built "
            f"into the tap. To read your own company, set api_url to {PRODUCTION} (with this "
            "project's meltano.yml: meltano --environment=production run …). To try the sandbox, "
            "take the tokens out of the settings and the environment."
        )
        raise SettingsError(message)


def _grant(given: Mapping[str, str], *, sandbox: bool) -> Grant:
    if sandbox and not given:
        from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN  # noqa: PLC0415

        return EmployeeGrant(CONSUMER_TOKEN, EMPLOYEE_TOKEN)
    return grant_of(given)


def _companies(setting: Any) -> tuple[int, ...] | str | None:  # noqa: ANN401 - several types
    """Read company_ids; from an environment variable it comes as text."""
    if setting in (None, "", []):
        return None
    if isinstance(setting, str) and setting.strip().lower() == ALL:
        return ALL
    ids = _words(setting)
    if ids == [ALL]:
        return ALL
    if wrong := [part for part in ids if not part.isdigit()]:
        message = f"company_ids has {wrong[0]!r}: give the ids of companies, or all."
        raise SettingsError(message)
    return tuple(dict.fromkeys(map(int, ids)))


def read_include(setting: Any) -> frozenset[str]:  # noqa: ANN401 - several types
    """Return the groups that the setting ``include`` names.

    Raises:
        SettingsError: when there is no such group.
    """
    words = [word.lower() for word in _words(setting)]
    if wrong := [word for word in words if word not in GROUPS]:
        message = f"include has {wrong[0]!r}: it may name {', '.join(GROUPS)}."
        raise SettingsError(message)
    return frozenset(words)


def _words(setting: Any) -> list[str]:  # noqa: ANN401 - several types
    """Return the parts of a list, or of a list as text: with commas, as JSON or as Python."""
    parts = setting if isinstance(setting, list) else re.split(r"[\s,\[\]]+", str(setting or ""))
    return [word for part in parts if (word := str(part).strip().strip("\"'"))]


def _start_date(setting: str | None) -> date | None:
    """Read start_date; Meltano may send a date with a time behind it."""
    if not setting:
        return None
    try:
        start = date.fromisoformat(str(setting)[:10])
    except ValueError:
        message = f"start_date {setting!r} is no date; write it as 2024-01-31."
        raise SettingsError(message) from None
    if start > datetime.now(OSLO).date():
        message = f"start_date {setting!r} is still to come: nothing would be read."
        raise SettingsError(message)
    return start
