"""The holder in whose name a user acts in this session: their own identity or an establishment."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest
from core.accounts.models import Identity

# Its place in the session: the key of an establishment, None for the user's own identity, or
# _UNDECIDED after the end of a mandate. A session in which nobody was asked has none.
_CHOICE = "acting_as"
_UNDECIDED = ""


def act_as(request: HttpRequest, holder: Identity | None) -> None:
    """Let the user act for `holder` for the rest of this session; None is their own identity."""
    request.session[_CHOICE] = holder.pk if holder else None


def holder_of(request: SignedInRequest) -> Identity:
    """Return the holder the user acts as: their own identity or the establishment they chose.

    A mandate that has ended is dropped from the session at once, with a message to the user.
    """
    if not hasattr(request, "holder"):
        request.holder = _chosen_holder(request) or _own_identity(request)
    return request.holder


def has_chosen(request: HttpRequest) -> bool:
    """Return whether the session knows of a choice, also of one whose mandate has ended."""
    return _CHOICE in getattr(request, "session", {})


def is_representative(request: SignedInRequest) -> bool:
    """Return whether the user represents an establishment today; forget a choice if not."""
    holder_of(request)  # a mandate that has ended is dropped, and told of, before it is forgotten
    if not _own_identity(request).represents:
        request.session.pop(_CHOICE, None)
        return False
    return True


def by_way_of_choice(request: SignedInRequest, target: str) -> str:
    """Return `target`, or the page that leads on to it once the user has chosen a holder."""
    choice = reverse("accounts:acting-as")
    if target.startswith(choice) or not _has_to_choose(request):
        return target
    return f"{choice}?{urlencode({'next': target})}"


def in_chosen_name(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a representative open the view only after they have chosen in whose name they act.

    What is posted goes through: its form says in whose name it was opened.
    """

    @wraps(view)
    def asking(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = request.get_full_path()
        target = here if request.method == "POST" else by_way_of_choice(request, here)
        return view(request, *args, **kwargs) if target == here else redirect(target)

    return asking


def _has_to_choose(request: SignedInRequest) -> bool:
    if request.user.identity_id is None:
        return False
    represents = is_representative(request)
    is_open = request.session.get(_CHOICE, _UNDECIDED) == _UNDECIDED
    return is_open and represents


def _chosen_holder(request: SignedInRequest) -> Identity | None:
    chosen = request.session.get(_CHOICE, _UNDECIDED)
    if chosen in (None, _UNDECIDED):
        return None
    mandates = Identity.objects.establishments_represented_by(_own_identity(request))
    holder = mandates.with_current_number().filter(pk=chosen).first()
    if holder is None:
        request.session[_CHOICE] = _UNDECIDED
        messages.warning(
            request,
            _("You no longer represent the establishment you acted for. You now act as yourself."),
        )
    return holder


def _own_identity(request: SignedInRequest) -> Identity:
    return request.user.identity  # type: ignore[return-value]  # a resident
