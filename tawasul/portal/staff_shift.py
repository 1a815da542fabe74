"""How long staff stay signed in: while they work, and no longer than a shift."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

_MAX_SHIFT = timedelta(hours=12)
# Each time the session is written anew.
_BETWEEN_EXTENSIONS = timedelta(minutes=5)


def extend(request):
    """Whoever works stays signed in, but no longer than a shift lasts since they came."""
    session = request.session
    if "signed_in_at" not in session:
        return
    since = datetime.fromisoformat(session["signed_in_at"])
    until = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    until = min(until, since + _MAX_SHIFT)
    if until - session.get_expiry_date(modification=since) >= _BETWEEN_EXTENSIONS:
        session.set_expiry(until)
