"""Who is signed in to a request: the user that was read with the session."""

from typing import cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth import middleware as django_middleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from core.accounts.models import User
from core.accounts.sessions import SessionStore


class AuthenticationMiddleware(django_middleware.AuthenticationMiddleware):
    """Django's own, which reads no user that came with the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]  # stands for a user


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    session = cast(SessionStore, request.session)
    signed_in = session.get(SESSION_KEY)
    user = session.user
    if user is not None and str(user.pk) == signed_in and _holds(session, user):
        return user
    # Django decides about everything else: nobody, another key of the settings, a session that a
    # new password has ended.
    return cast(User | AnonymousUser, get_user(request))


def _holds(session: SessionStore, user: User) -> bool:
    """Return whether the session opens the account as it is now, as Django asks it."""
    return (
        session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and user.is_active
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )
