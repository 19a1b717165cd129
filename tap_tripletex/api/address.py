"""What may be sent where: the API's address and the headers of the settings."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from tap_tripletex.api.errors import SettingsError


def check_address(url: str) -> None:
    """Check that tokens may be sent to an address.

    Raises:
        SettingsError: when they may not: it would be in clear, or it is no address of an API.
    """
    if "@" in url.partition("//")[2].partition("/")[0]:
        message = "api_url has a user or a password: the tokens are settings of their own."
        raise SettingsError(message)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = requests.Request("GET", url).prepare(), parts.port
    except (ValueError, requests.RequestException) as fault:
        message = f"api_url {url!r} is no address: {fault}."
        raise SettingsError(message) from None
    if parts.scheme not in {"http", "https"} or not host:
        message = f"api_url {url!r} is no address. Leave it empty for production."
        raise SettingsError(message)
    if parts.scheme == "http" and not _is_this_computer(host):
        message = f"api_url {url!r} would send the tokens in clear. Write https://."
        raise SettingsError(message)


def check_header(name: str, value: str) -> None:
    """Check that a setting can be sent as a header.

    Raises:
        SettingsError: when it cannot.
    """
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        message = f"{name} {value!r} cannot be sent: use printable ASCII characters only."
        raise SettingsError(message)


def _is_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
