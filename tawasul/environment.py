"""Reading settings from the environment; a missing or invalid one stops the start."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, time
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def stop(reason: str) -> NoReturn:
    sys.exit(f"Tawasul cannot start: {reason}. README.md lists all settings.")


def switch(name: str) -> bool:
    """Return whether the setting `name` is 1.

    It is off by default, and any value other than 1 or 0 stops the start.
    """
    value = env.str(name, default="0")
    return value == "1" if value in ("", "0", "1") else stop(f"{name} has to be 1 or 0")


DEMO = switch("TAWASUL_DEMO")


def required(name: str, read: Callable[[str], Any], meaning: str, demo: Any) -> Any:
    """Return the setting `name`, read by `read`.

    If it is missing, return `demo` in the demo and stop the start elsewhere; an invalid value
    always stops it. `meaning` describes the setting in the message.
    """
    given = os.environ.get(name, "")
    if DEMO and not given:
        return demo
    try:
        value = given and read(name)
    except (ImproperlyConfigured, ValueError, KeyError):
        value = None
    return value or stop(f"set {name}, {meaning}")


def database(name: str) -> dict[str, Any]:
    """Return the database in the setting `name`, or an empty dict if it is missing."""
    return (
        required(name, env.db_url, "the address of a database", {}) if os.environ.get(name) else {}
    )


def mail_server(name: str) -> dict[str, Any]:
    """Return Django's settings of the mail server in `name`; its conversations have a deadline."""
    meaning = "the address of the mail server, as smtp+tls://user:password@host:587"
    server: dict[str, Any] = required(name, env.email_url, meaning, demo={})
    if server.get("EMAIL_BACKEND") == "django.core.mail.backends.smtp.EmailBackend":
        server["EMAIL_BACKEND"] = "core.messaging.smtp.EmailBackend"
    return server


def https_address(name: str, meaning: str, *, needed: bool) -> str:
    """Return the address in the setting `name`, which must begin with https:// if `needed`."""
    address = env.str(name, default="")
    if needed and not address.startswith("https://"):
        stop(f"set {name}, the https:// address of {meaning}")
    return address


def scanner() -> str:
    """Return the address of the virus scanner, or `none`, which only the demo may have."""
    meaning = "the virus scanner, as clamd+unix:///run/clamav/clamd.ctl or clamd+tcp://host:3310"
    address: str = required("SCANNER", _scanner_address, meaning, demo="none")
    if address == "none" and not DEMO:
        stop("SCANNER is none, which is for the demo alone; name a virus scanner")
    return address


def _scanner_address(name: str) -> str:
    """Return the setting `name`. ValueError if it is not the address of a scanner."""
    address = urlsplit(os.environ[name])
    is_socket = address.scheme == "clamd+unix" and address.path and not address.netloc
    is_server = address.scheme == "clamd+tcp" and address.hostname and address.port
    if not (is_socket or is_server or os.environ[name] == "none"):
        raise ValueError
    return os.environ[name]


def whole_number(name: str, default: int, most: int = 999, least: int = 1) -> int:
    """Return the setting `name`, a whole number, or `default` if it is missing."""
    value = env.str(name, default=str(default))
    is_number = value.isascii() and value.isdecimal() and len(value) <= len(str(most))
    if not (is_number and least <= int(value) <= most):
        stop(f"{name} has to be a whole number from {least} to {most}")
    return int(value)


def booking() -> dict[str, int]:
    """Return the limits of booking. No public source states them; the directorate sets them."""
    return {
        "HORIZON_DAYS": whole_number("BOOKING_HORIZON_DAYS", 30),
        "MAX_OPERATIONS": whole_number("BOOKING_MAX_OPERATIONS", 5),
        "MAX_HOLDS": whole_number("BOOKING_MAX_HOLDS", 3),
        "HOLD_MINUTES": whole_number("BOOKING_HOLD_MINUTES", 10),
        "CHANGE_UNTIL_HOURS": whole_number("BOOKING_CHANGE_UNTIL_HOURS", 2),
        "KEPT_UNTIL_HOURS": whole_number("BOOKING_KEPT_UNTIL_HOURS", 2),
        "GRACE_MINUTES": whole_number("BOOKING_GRACE_MINUTES", 15),
        "UNMARKED_DAYS": whole_number("BOOKING_UNMARKED_DAYS", 7),
        "OFFER_MINUTES": whole_number("BOOKING_OFFER_MINUTES", 30),
        "SECOND_PLACE_MINUTES": whole_number("BOOKING_SECOND_PLACE_MINUTES", 30),
        "REPLACEMENT_HOURS": whole_number("BOOKING_REPLACEMENT_HOURS", 24),
        "MAX_GIVEN_UP_AN_HOUR": whole_number("BOOKING_MAX_GIVEN_UP_AN_HOUR", 20),
        "MAX_CHANGES_A_DAY": whole_number("BOOKING_MAX_CHANGES_A_DAY", 10),
    }


def idle_minutes() -> dict[str, int]:
    """Return after how many minutes without activity people are signed out, by who they are."""
    return {
        "residents": whole_number("IDLE_MINUTES", 30),
        "staff": whole_number("STAFF_IDLE_MINUTES", 30),
    }


def decision_minutes() -> int:
    """Return how long a decision can be taken back, in minutes; with 0 it is sent at once."""
    return whole_number("DECISION_MINUTES", 10, least=0)


def inquiry_days() -> dict[str, int]:
    """Return for how many days an inquiry waits for its applicant, by what they can do then."""
    return {
        "RETURN_DAYS": whole_number("RETURN_DAYS", 30, least=15),  # two reminders, a week apart
        "CLOSING_DAYS": whole_number("CLOSING_DAYS", 14),
        "RESUME_DAYS": whole_number("RESUME_DAYS", 7),
        "REVIEW_DAYS": whole_number("REVIEW_DAYS", 30),
    }


def second_reading_percent() -> int:
    """Return how many refusals in a hundred a second officer reads before they leave."""
    return whole_number("SECOND_READING_PERCENT", 2, most=100, least=0)


def code_budgets() -> dict[str, int]:
    """Return how many codes visitors may be texted in an hour, by whose the mobile is.

    It is `known` if it is one of the registry or of an account, and `typed` if it merely is that.
    """
    return {
        "known": whole_number("CODES_TO_KNOWN_MOBILES_AN_HOUR", 20_000, most=10**6),
        "typed": whole_number("CODES_TO_TYPED_MOBILES_AN_HOUR", 1_000, most=10**6),
    }


def security_txt() -> tuple[str, str] | None:
    """Return whom to tell of a weakness and until when that is so, or None without both."""
    contact, expires = env.str("SECURITY_CONTACT", ""), env.str("SECURITY_EXPIRES", "")
    if not (contact or expires):
        return None
    if not contact.startswith(("mailto:", "https://")):
        stop("SECURITY_CONTACT has to begin with mailto: or https://")
    try:
        datetime.fromisoformat(expires)
    except ValueError:
        stop("SECURITY_EXPIRES has to be a moment, as 2027-12-31T00:00:00Z")
    return contact, expires


def offer_hours() -> tuple[tuple[time, time], tuple[time, time]]:
    """Return the hours in which times are offered to people who wait, and those of Ramadan."""
    ordinary = _hours_of_day("BOOKING_OFFER_HOURS", "08:00-22:00")
    return ordinary, _hours_of_day("BOOKING_OFFER_HOURS_IN_RAMADAN", "10:00-01:00")


def _hours_of_day(name: str, default: str) -> tuple[time, time]:
    """Return the setting `name`, or `default`: two times of day such as 08:00-22:00.

    If the second is not after the first, it is on the next day.
    """
    value = env.str(name, default=default)
    try:
        opens, closes = (time.fromisoformat(each) for each in value.split("-"))
    except ValueError:
        stop(f"{name} has to be two times of day, as 08:00-22:00")
    return opens, closes


def refuse_old_names(old: str, new: str) -> None:
    """Stop the start if a setting has its old name, which would otherwise be silently ignored."""
    for name in os.environ:
        if name.startswith(old):
            stop(f"{name} is called {new}{name.removeprefix(old)} now, rename it")


def dotted_path(name: str, default: str) -> str:
    """Return the dotted path in the setting `name`, or `default`.

    A path into tawasul.accounts or tawasul.messaging, which have moved to core/, stops the start.
    """
    path = env.str(name, default=default)
    if path.startswith(("tawasul.accounts.", "tawasul.messaging.")):
        stop(f"{name} names {path}, write core{path.removeprefix('tawasul')}")
    return path
