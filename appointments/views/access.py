"""Access to appointments: whose they are, and the check of the user's own data."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from appointments import actions
from appointments.actions import Deed, Rights
from appointments.models import Appointment, Offer, Waiting
from core.accounts.access import SignedInRequest, not_theirs, resident_required
from core.accounts.models import User
from core.accounts.rights import set_known_people
from core.exceptions import RuleViolation

_VERIFIED = "data_verified"


def verified(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Allow users who have verified their data in this session; send others to do it first."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.session.get(_VERIFIED):
            back = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('appointments:verify')}?{back}")
        return view(request, *args, **kwargs)

    return resident_required(guarded)


def remember_verified(request: HttpRequest) -> None:
    request.session[_VERIFIED] = True


def get_appointment_for(user: User, reference: str) -> tuple[Appointment, Rights]:
    """Return the appointment and the rights of `user`, who may read at least what was booked.

    Raise the same Http404 for somebody else's appointment as for a missing one.
    """
    appointments = Appointment.objects.with_help().select_related("slot", "attendee")
    appointment = get_object_or_404(appointments, reference=reference)
    set_known_people(user, appointment)
    rights = actions.rights_of(user, appointment)
    if not rights.may(Deed.READ_TEXT):
        raise not_theirs(user, "appointment", reference)
    return appointment, rights


def get_wish_for(user: User, pk: int) -> Waiting:
    """Return what `user` waits for without an appointment; raise Http404 for any other."""
    wishes = Waiting.objects.wishes().select_related("holder", "attendee")
    return _if_theirs(user, get_object_or_404(wishes, pk=pk))


def get_offer_for(user: User, pk: int) -> Offer:
    """Return an offer that was made to `user`; raise Http404 for any other."""
    offers = Offer.objects.select_related("appointment", "waiting__holder", "waiting__attendee")
    offer = get_object_or_404(offers, pk=pk)
    _if_theirs(user, offer.waiting)
    return offer


def booked_page(
    deed: Deed,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorate a page of an appointment for those who may do `deed`.

    Others who may read what was booked are led to that, with the reason.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: SignedInRequest, reference: str, **kwargs: Any) -> HttpResponse:
            appointment, rights = get_appointment_for(request.user, reference)
            try:
                rights.check_may(deed)
            except RuleViolation as violation:
                # The page of what was booked gives the reason itself.
                if rights.may(Deed.READ):
                    messages.error(request, violation.message)
                return redirect("appointments:detail", reference)
            return view(request, appointment, **kwargs)

        return verified(page)

    return decorate


def _if_theirs(user: User, waiting: Waiting) -> Waiting:
    if not actions.may(user, Deed.READ, waiting):
        raise not_theirs(user, "waiting")
    return waiting
