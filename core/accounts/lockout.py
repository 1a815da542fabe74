"""How often a password may be guessed: per account and per network, by django-axes.

Guesses from a browser in which the owner has signed in before are counted apart from everybody
else's, and a new password set with a texted code clears the count: whoever guesses at somebody
else's account shuts out themselves.
"""

import secrets

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.core import signing
from django.db.models import Sum
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from core.accounts.models import User, canonical_login

REFUSAL = gettext_lazy(
    "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
)
STAFF_REFUSAL = gettext_lazy("Too many wrong passwords. Try again in 15 minutes.")

# Behind one address there may be a whole office, or a mobile network: it has ten times the tries.
PEOPLE_BEHIND_AN_ADDRESS = 10

MAX_KNOWN = 5  # accounts in one browser

_COOKIE = "known-browser"
_COOKIE_AGE = 400 * 24 * 60 * 60  # seconds; browsers keep none longer


class Handler(AxesDatabaseHandler):
    def get_failures(self, request, credentials=None):
        """Wrong passwords for this account; or from this network, where ten count as one."""
        of_account, from_network = (
            attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(of_account, from_network // PEOPLE_BEHIND_AN_ADDRESS)


def keep_the_response(request, response, credentials):
    """The view says what is wrong itself: on the form, and keeping what was typed."""
    return response


def is_locked_out(request):
    """Whether this request was refused, or made the next one be refused, for too many guesses."""
    return getattr(request, "axes_locked_out", False)


def status_of(request):
    """Of the page that answers a sign-in: 429 for one that may not be tried again yet."""
    return 429 if is_locked_out(request) else 200


def axes_username(request, credentials):
    """Under which name wrong passwords are counted: a keyed hash, which says nothing to a reader.

    All the names of one person are one; a name that nobody has stands for itself.
    """
    login = (credentials or {}).get("username") or ""
    user = User.objects.by_login(login).values_list("pk", flat=True).first()
    if user is None:
        return _name("login", canonical_login(login))
    return _name("account", user, _known_as(request, user))


def remember_browser(request, response, user):
    """From now on, guesses from this browser at this account are the owner's own."""
    known = _known_here(request)
    known[str(user.pk)] = known.pop(str(user.pk), None) or secrets.token_urlsafe(12)
    response.set_cookie(
        _COOKIE,
        signing.dumps(dict(list(known.items())[-MAX_KNOWN:]), salt=_COOKIE),
        max_age=_COOKIE_AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def forget_guesses(request, user):
    """Open the account to guesses again; for when its owner has set a new password."""
    names = [_name("account", user.pk, known) for known in ("", _known_as(request, user.pk))]
    AccessAttempt.objects.filter(username__in=names).delete()


def _known_as(request, user):
    return _known_here(request).get(str(user), "")


def _known_here(request):
    """What this browser is called for each account, by id, whose owner has signed in in it."""
    try:
        return signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_COOKIE)
    except signing.BadSignature:
        return {}


def _name(*parts):
    name = ":".join(map(str, parts))
    return salted_hmac("accounts.guesses", name, algorithm="sha256").hexdigest()
