"""Signing out whoever has done nothing for a while.

Each page that somebody opens and each form they send is an activity, and moves the end of their
session. What a page asks by itself is none: its view is `passive`. The screen of a waiting room,
which `stays_open`, goes on for itself alone: once nobody has done anything for the idle time, its
session opens no other page.

A page that is the same for everybody comes to no session (`core.catalogue.public_pages`), and so is
no activity either.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from core.accounts.models import User
from core.accounts.sessions import SessionStore

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def passive(view: _View) -> _View:
    """Decorate a view that pages ask by themselves: its requests are no activity."""
    view.is_passive = True  # type: ignore[attr-defined]  # the middleware reads it
    return view


def stays_open(view: _View) -> _View:
    """Decorate a page that refreshes itself and is shown for as long as it does."""
    view.stays_open = True  # type: ignore[attr-defined]  # the middleware reads it
    return passive(view)


def seconds_left(request: HttpRequest) -> int | None:
    """Return after how many seconds without activity the user is signed out; None for visitors."""
    session = _session_of_user(request)
    return None if session is None else session.seconds_left()


def idle_minutes(request: HttpRequest) -> int:
    """Return after how many minutes without activity the user of this request is signed out."""
    return cast(SessionStore, request.session).idle_minutes


def is_over(request: HttpRequest) -> bool:
    """Return whether the session is one that opens nothing but a page that stays open."""
    session = _session_of_user(request)
    return session is not None and session.seconds_left() == 0


def extend(request: HttpRequest, *, at_once: bool = False) -> None:
    """Note an activity of the user, if there is one, also one within a minute if `at_once`."""
    session = _session_of_user(request)
    if session is not None and not is_over(request):
        session.extend(is_activity=True, at_once=at_once)


class IdleMiddleware:
    """End idle sessions, and note activities; it stands between the sign-in and the second factor.

    A session that is over stays in the database for the page that stays open. For all other pages
    its user is nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        signed_in = request.user
        # As late as the sign-in itself: a page that asks for nobody reads no session.
        request.user = SimpleLazyObject(partial(_user_now, request, signed_in))  # type: ignore[assignment]  # stands for a user
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        if not getattr(view, "is_passive", False):
            extend(request)
        elif getattr(view, "stays_open", False) and (session := _session_of_user(request)):
            session.extend(is_activity=False)


def _session_of_user(request: HttpRequest) -> SessionStore | None:
    """Return the session if somebody has signed in to it; without a cookie nothing is read."""
    session = cast(SessionStore, request.session)
    return session if session.session_key and SESSION_KEY in session else None


def _user_now(request: HttpRequest, signed_in: User | AnonymousUser) -> User | AnonymousUser:
    return AnonymousUser() if is_over(request) and not _stays_open(request) else signed_in


def _stays_open(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "stays_open", False)
