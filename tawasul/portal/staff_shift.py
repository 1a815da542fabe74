"""The length of a staff session: as long as the user works, and at most one shift."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

_MAX_SHIFT = timedelta(hours=12)
# Each extension writes the session, so shorter ones are skipped.
_MIN_EXTENSION = timedelta(minutes=5)


def extend(request: HttpRequest) -> None:
    """Extend the session of working staff, but not beyond `_MAX_SHIFT` after their sign-in."""
    session = request.session
    if "signed_in_at" not in session:
        return
    since = datetime.fromisoformat(session["signed_in_at"])
    until = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    until = min(until, since + _MAX_SHIFT)
    if until - session.get_expiry_date(modification=since) >= _MIN_EXTENSION:
        session.set_expiry(until)
