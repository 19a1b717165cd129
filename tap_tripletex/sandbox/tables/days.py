"""Norwegian days: Oslo time, public holidays, working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
ONE_DAY = timedelta(days=1)
SATURDAY = 5


@lru_cache(maxsize=65536)
def oslo_timestamp(stamp: int) -> str:
    """Return a time as the API writes it: whole seconds, with the offset of Oslo."""
    return datetime.fromtimestamp(stamp, OSLO).isoformat(timespec="seconds")


def oslo_date(stamp: float) -> date:
    """Return the date in Norway at a time given in seconds since 1970."""
    return datetime.fromtimestamp(stamp, OSLO).date()


def oslo_midnight(day: date) -> float:
    """Return the start of a Norwegian day in seconds since 1970."""
    return datetime(day.year, day.month, day.day, tzinfo=OSLO).timestamp()


def parse_datetime(text: str) -> float:
    """Return seconds since 1970 of an ISO date or date-time; without zone it is Oslo time.

    Raises:
        ValueError: The text is neither.
    """
    # `Z` is understood by `fromisoformat` only from Python 3.11 on.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=OSLO)
    return moment.astimezone(timezone.utc).timestamp()


def lenient_date(text: str) -> str | None:
    """Return a date in ISO form, or None if it is none.

    Recorded: a day past the month's end, such as 2026-02-29, is accepted; it counts on.
    """
    parts = text[:10].split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):  # noqa: PLR2004
        return None
    year, month, day = map(int, parts)
    last_day = 31
    if not (1 <= month <= 12 and 1 <= day <= last_day and year >= 1):  # noqa: PLR2004
        return None
    return (date(year, month, 1) + timedelta(days=day - 1)).isoformat()


def java_date(iso: str) -> str:
    """Return a date as the API's messages show it, such as `Thu Jan 01 00:00:00 CET 2026`."""
    day = date.fromisoformat(iso)
    moment = datetime(day.year, day.month, day.day, tzinfo=OSLO)
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    month = months[3 * day.month - 3 : 3 * day.month]
    return f"{weekday} {month} {day.day:02} 00:00:00 {moment.tzname()} {day.year}"


def easter(year: int) -> date:
    """Return Easter Sunday (Gauss, as Butcher gave it)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * shift) // 451
    month, day = divmod(h + shift - 7 * m + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Return the public holidays of Norway that can fall on a weekday."""
    sunday = easter(year)
    movable = {sunday + timedelta(days=offset) for offset in (-3, -2, 1, 39, 50)}
    fixed = {(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)}
    return frozenset(movable | {date(year, month, day) for month, day in fixed})


def is_working_day(day: date) -> bool:
    """Return whether banks and offices are open."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def working_day_from(day: date) -> date:
    """Return the day itself or the next working day."""
    while not is_working_day(day):
        day += ONE_DAY
    return day


def working_day_until(day: date) -> date:
    """Return the day itself or the working day before it."""
    while not is_working_day(day):
        day -= ONE_DAY
    return day


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return add_months(day.replace(day=1), 1) - ONE_DAY


def add_months(first: date, months: int) -> date:
    """Return the first of the month that many months on."""
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)
