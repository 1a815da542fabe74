"""Letting somebody in on a device, for how long, and what it is called in the list of those."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.utils import timezone
from ua_parser import parse

from core.text import clean

_MOST_READ = 300  # characters: a browser's name for itself is shorter
_LONGEST_SHIFT = timedelta(hours=12)
# Each time the session is written anew.
_BETWEEN_EXTENSIONS = timedelta(minutes=5)


def let_in(request, user):
    """Begin a session in which `user` is signed in, and note on which device."""
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["browser"] = browser_of(request)
    request.session["signed_in_at"] = timezone.now().isoformat()


def extend_stay(request):
    """Whoever works stays signed in, but no longer than a shift lasts since they came."""
    session = request.session
    if "signed_in_at" not in session:
        return
    since = datetime.fromisoformat(session["signed_in_at"])
    until = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    until = min(until, since + _LONGEST_SHIFT)
    if until - session.get_expiry_date(modification=since) >= _BETWEEN_EXTENSIONS:
        session.set_expiry(until)


def browser_of(request):
    """Its family and its system, as "Chrome Mobile, Android"; nothing for an unknown one."""
    result = parse(request.headers.get("User-Agent", "")[:_MOST_READ])
    families = [part.family for part in (result.user_agent, result.os) if part]
    return clean(", ".join(families))[:80]
