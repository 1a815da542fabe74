"""The limits on wrong passwords, per account and per network, with django-axes.

Wrong passwords from a browser in which the owner has signed in before are counted apart from all
others, and a new password set with a texted code clears the count: an attacker who guesses at an
account locks out only themselves.
"""

import secrets
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.core import signing
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from core.accounts.models import User, canonical_login
from core.cookies import read_cookie, set_cookie

REFUSAL = gettext_lazy(
    "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
)
STAFF_REFUSAL = gettext_lazy("Too many wrong passwords. Try again in 15 minutes.")

# One address may be that of a whole office or a mobile network, so it has ten times the tries.
NETWORK_LIMIT_FACTOR = 10

MAX_ACCOUNTS_PER_BROWSER = 5  # the cookie drops the least recent one

_COOKIE = "known-browser"
_COOKIE_AGE = 400 * 24 * 60 * 60  # seconds; browsers keep no cookie longer


class Handler(AxesDatabaseHandler):
    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Count the account's wrong passwords, or a tenth of the network's if that is more."""
        of_account, from_network = (
            attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(of_account, from_network // NETWORK_LIMIT_FACTOR)


def keep_the_response(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Return the view's own response, which shows the refusal on the form and keeps the input."""
    return response


def is_locked_out(request: HttpRequest) -> bool:
    """Return whether django-axes refused this request, or refuses the next, for its failures."""
    return getattr(request, "axes_locked_out", False)


def status_of(request: HttpRequest) -> int:
    """Return the HTTP status of the sign-in page: 429 while no further try is allowed, else 200."""
    return 429 if is_locked_out(request) else 200


def axes_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name under which wrong passwords are counted: a keyed hash that reveals no login.

    The username and all identity numbers of one account have the same name. A login that no account
    has gets a name of its own.
    """
    login = (credentials or {}).get("username") or ""
    user = User.objects.by_login(login).values_list("pk", flat=True).first()
    if user is None:
        return _name("login", canonical_login(login))
    return _name("account", user, _browser_token(request, user))


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Set the cookie by which wrong passwords from this browser are counted as the owner's."""
    known = _browser_tokens(request)
    known[str(user.pk)] = known.pop(str(user.pk), "") or secrets.token_urlsafe(12)
    value = signing.dumps(dict(list(known.items())[-MAX_ACCOUNTS_PER_BROWSER:]), salt=_COOKIE)
    set_cookie(response, _COOKIE, value, _COOKIE_AGE)


def forget_guesses(request: HttpRequest, user: User) -> None:
    """Clear the counts of wrong passwords, after the owner has set a new password with a code."""
    names = [_name("account", user.pk, known) for known in ("", _browser_token(request, user.pk))]
    AccessAttempt.objects.filter(username__in=names).delete()


def _browser_token(request: HttpRequest, user: int) -> str:
    return _browser_tokens(request).get(str(user), "")


def _browser_tokens(request: HttpRequest) -> dict[str, str]:
    """Return the token of this browser for each account that has signed in with it.

    The keys are the primary keys as strings. A missing or forged cookie gives an empty dict.
    """
    try:
        return signing.loads(read_cookie(request, _COOKIE), salt=_COOKIE)
    except signing.BadSignature:
        return {}


def _name(*parts: str | int) -> str:
    name = ":".join(map(str, parts))
    return salted_hmac("accounts.guesses", name, algorithm="sha256").hexdigest()
