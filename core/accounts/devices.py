"""Signing a user in on a device, and the device's name in the list of devices."""

from typing import cast

from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from ua_parser import Parser, load_lazy_builtins

from core.accounts import actions, lockout
from core.accounts.models import User
from core.accounts.sessions import SessionStore
from core.security_log import Event, note
from core.text import clean

# Without its patterns of devices, and with each of the others compiled when it is first compared:
# compiling all of them kept the first person to sign in in each process for a fifth of a second.
_PARSER = Parser.from_matchers(load_lazy_builtins())
_MAX_HEADER_LENGTH = 300  # characters; real User-Agent headers are shorter


def start_session(request: HttpRequest, user: User, *, kind: str = "resident") -> None:
    """Sign `user` in, and store the browser in the session, which begins now.

    A browser that the account is not known in is told to its owner in the same transaction, but not
    the very first one of an account. `kind` is `resident` or `staff`, as in the security log.
    """
    is_new_device = user.last_login is not None and not lockout.is_known(request, user)
    browser = browser_of(request)
    with transaction.atomic():
        auth.login(request, user)
        request.session["browser"] = browser
        session = cast(SessionStore, request.session)
        session.begin(is_staff=kind == "staff")
        session.save()
        note(Event.SIGN_IN, account=user.pk, kind=kind)
        if is_new_device:
            actions.warn_of_new_device(user=user, browser=browser, kind=kind)


def keep_session(request: HttpRequest, user: User) -> None:
    """Let this session go on, under a new key, after an action has ended all others of `user`."""
    auth.update_session_auth_hash(request, user)


def browser_of(request: HttpRequest) -> str:
    """Return the browser's family and system, as "Chrome Mobile, Android"; empty if unknown."""
    header = request.headers.get("User-Agent", "")[:_MAX_HEADER_LENGTH]
    parts = (_PARSER.parse_user_agent(header), _PARSER.parse_os(header))
    families = [part.family for part in parts if part]
    return clean(", ".join(families))[:80]
