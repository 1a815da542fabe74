"""The holder in whose name a user acts in this session: their own identity or an establishment."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest
from core.accounts.models import Identity


def act_as(request: HttpRequest, holder: Identity | None) -> None:
    """Let the user act for `holder` for the rest of this session; None is their own identity."""
    if holder is None:
        request.session.pop("acting_as", None)
    else:
        request.session["acting_as"] = holder.pk


def holder_of(request: SignedInRequest) -> Identity:
    """Return the holder the user acts as: their own identity or the establishment they chose.

    A mandate that has ended is dropped from the session at once, with a message to the user.
    """
    if not hasattr(request, "holder"):
        request.holder = _chosen_holder(request) or request.user.identity  # type: ignore[assignment]  # a resident
    return request.holder


def _chosen_holder(request: SignedInRequest) -> Identity | None:
    chosen = request.session.get("acting_as")
    if chosen is None:
        return None
    mandates = Identity.objects.establishments_represented_by(request.user.identity)
    holder = mandates.filter(pk=chosen).first()
    if holder is None:
        act_as(request, None)
        messages.warning(
            request,
            _("You no longer represent the establishment you acted for. You now act as yourself."),
        )
    return holder
