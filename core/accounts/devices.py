"""Signing somebody in on a device, and what it is called in the list of those."""

from django.contrib import auth
from django.utils import timezone
from ua_parser import parse

from core.text import clean

_MAX_READ = 300  # characters: a browser's name for itself is shorter


def start_session(request, user):
    """Begin a session in which `user` is signed in, and note on which device."""
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["browser"] = browser_of(request)
    request.session["signed_in_at"] = timezone.now().isoformat()


def browser_of(request):
    """Its family and its system, as "Chrome Mobile, Android"; nothing for an unknown one."""
    result = parse(request.headers.get("User-Agent", "")[:_MAX_READ])
    families = [part.family for part in (result.user_agent, result.os) if part]
    return clean(", ".join(families))[:80]
