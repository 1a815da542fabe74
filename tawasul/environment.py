"""Reading settings from the environment: what is missing or makes no sense stops the start."""

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def stop(reason: str) -> NoReturn:
    sys.exit(f"Tawasul cannot start: {reason}. README.md lists all settings.")


def switch(name: str) -> bool:
    """Whether the setting `name` is on; without it, off."""
    value = env.str(name, default="0")
    return value == "1" if value in ("", "0", "1") else stop(f"{name} has to be 1 or 0")


DEMO = switch("TAWASUL_DEMO")


def required(name: str, read: Callable[[str], Any], meaning: str, demo: Any) -> Any:
    """The setting `name`; without it the demo goes on and anything else stops."""
    given = os.environ.get(name, "")
    if DEMO and not given:
        return demo
    try:
        value = given and read(name)
    except (ImproperlyConfigured, ValueError, KeyError):
        value = None
    return value or stop(f"set {name}, {meaning}")


def https_address(name: str, meaning: str, *, needed: bool) -> str:
    """The address in the setting `name`; when it is `needed`, nothing but https will do."""
    address = env.str(name, default="")
    if needed and not address.startswith("https://"):
        stop(f"set {name}, the https:// address of {meaning}")
    return address


def whole_number(name: str, default: int) -> int:
    """The setting `name`, above 0 and below a thousand; without it, `default`."""
    value = env.str(name, default=str(default))
    if not (value.isascii() and value.isdecimal() and 0 < int(value) < 1000):
        stop(f"{name} has to be a whole number from 1 to 999")
    return int(value)


def refuse_old_names(old: str, new: str) -> None:
    """Stop where settings still begin as they did: they would be passed over without a word."""
    for name in os.environ:
        if name.startswith(old):
            stop(f"{name} is called {new}{name.removeprefix(old)} now, rename it")


def dotted_path(name: str, default: str) -> str:
    """The class in the setting `name`; one of ours where it was before core/ stops the start."""
    path = env.str(name, default=default)
    if path.startswith(("tawasul.accounts.", "tawasul.messaging.")):
        stop(f"{name} names {path}, write core{path.removeprefix('tawasul')}")
    return path
