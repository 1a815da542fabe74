"""The limits on wrong passwords as a request meets them, and the browsers that an account knows.

Wrong passwords from a browser in which the owner has signed in before are counted apart from all
others, and a new password set with a texted code clears the count: an attacker who guesses at an
account locks out only themselves. What is counted, and when, stands in `guesses`.
"""

import secrets

from django.contrib.auth.backends import ModelBackend
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from core.accounts import guesses
from core.accounts.guesses import Limit
from core.accounts.models import User
from core.cookies import read_cookie, set_cookie
from core.http import client_network

REFUSAL = gettext_lazy(
    "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
)
STAFF_REFUSAL = gettext_lazy("Too many wrong passwords. Try again in 15 minutes.")

MAX_ACCOUNTS_PER_BROWSER = 5  # the cookie drops the least recent one

_COOKIE = "known-browser"
_COOKIE_AGE = 400 * 24 * 60 * 60  # seconds; browsers keep no cookie longer


class Backend(ModelBackend):
    """Django's own, with each guess counted before it is compared."""

    @sensitive_variables("password")
    def authenticate(  # type: ignore[override]  # all that this portal's pages give
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        *,
        judges_network: bool = False,
        staff_only: bool = False,
    ) -> User | None:
        """Return the user of this login and password, or None: `limit_of` says by which limit.

        `judges_network` refuses an unknown browser on a network with too many wrong passwords,
        which has to solve a picture first. On a page for `staff_only`, the right password of
        somebody else counts as a wrong one: a count that stays where it is would give it away.
        """
        if username is None or password is None:
            return None
        user = User.objects.by_login(username).first()
        guess = guesses.count(
            username,
            user,
            browser=_browser_token(request, user),
            network=client_network(request) if request else "",
            network_is_judged=judges_network,
        )
        if guess.limit in (Limit.LOCKED_OUT, Limit.PICTURE):
            _set_limit(request, guess.limit)
            return None
        # Where nothing is compared, a hash is computed all the same, as it takes most of the time.
        owner = user if user and guess.limit is None else User()
        is_right = owner.check_password(password) and self.user_can_authenticate(owner)
        if is_right and (owner.is_staff or not staff_only):
            guesses.take_back(guess)
        else:
            _set_limit(request, Limit.LOCKED_OUT if guess.is_last else guess.limit)
        return owner if is_right else None


def limit_of(request: HttpRequest) -> Limit | None:
    """Return the limit that refused this request's password, or that it has reached."""
    return getattr(request, "password_limit", None)


def is_locked_out(request: HttpRequest) -> bool:
    """Return whether the account pauses, and the page says so."""
    return limit_of(request) == Limit.LOCKED_OUT


def status_of(request: HttpRequest) -> int:
    """Return the HTTP status of the sign-in page: 429 while no further try is allowed, else 200."""
    return 429 if is_locked_out(request) else 200


def costs_picture(request: HttpRequest) -> bool:
    """Return whether a password from this browser costs a picture, for what is typed so far.

    It does for an account that does not know the browser, on a network with too many wrong ones.
    """
    login = request.POST.get("login")
    known = _browser_tokens(request)
    if known and login is None:
        return False
    if known:
        user = User.objects.by_login(login or "").values_list("pk", flat=True).first()
        if str(user) in known:
            return False
    return guesses.is_slowed(client_network(request))


def is_known(request: HttpRequest, user: User) -> bool:
    """Return whether `user` has signed in, or set a password, with this browser before."""
    return bool(_browser_token(request, user))


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Set the cookie by which wrong passwords from this browser are counted as the owner's."""
    known = _browser_tokens(request)
    known[str(user.pk)] = known.pop(str(user.pk), "") or secrets.token_urlsafe(12)
    value = signing.dumps(dict(list(known.items())[-MAX_ACCOUNTS_PER_BROWSER:]), salt=_COOKIE)
    set_cookie(response, _COOKIE, value, _COOKIE_AGE)


def end_row_of_unknown(request: HttpRequest, user: User) -> None:
    """End the row of wrong passwords, if `user` has just signed in from an unknown browser."""
    if not _browser_token(request, user):
        guesses.end_row(user)


def forget_guesses(request: HttpRequest, user: User) -> None:
    """Clear the count of this browser, after the owner has set a new password with a code."""
    if token := _browser_token(request, user):
        guesses.forget(user, token)


def _set_limit(request: HttpRequest | None, limit: Limit | None) -> None:
    if request is not None:
        request.password_limit = limit  # type: ignore[attr-defined]  # for `limit_of`


def _browser_token(request: HttpRequest | None, user: User | None) -> str:
    """Return the token by which `user` knows this browser; "" if they do not."""
    return _browser_tokens(request).get(str(user.pk), "") if request and user else ""


def _browser_tokens(request: HttpRequest) -> dict[str, str]:
    """Return the token of this browser for each account that has signed in with it.

    The keys are the primary keys as strings. A missing or forged cookie gives an empty dict.
    """
    try:
        return signing.loads(read_cookie(request, _COOKIE), salt=_COOKIE)
    except signing.BadSignature:
        return {}
