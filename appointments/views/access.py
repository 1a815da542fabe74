"""Access to appointments: whose they are, and the check of the user's own data."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from appointments.models import Appointment, AppointmentQuerySet, Offer, Waiting
from core.accounts.access import SignedInRequest, resident_required
from core.accounts.models import User

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


def get_appointment_for(user: User, reference: str) -> Appointment:
    """Return the appointment if `user` may see it; raise the same Http404 for any other."""
    return get_object_or_404(_with_all(Appointment.objects.visible_to(user)), reference=reference)


def get_booked_by(user: User, reference: str) -> Appointment:
    """Return the appointment if `user` has booked it; raise the same Http404 for any other."""
    booked = Appointment.objects.filter(user=user, is_walk_in=False)
    return get_object_or_404(_with_all(booked), reference=reference)


def get_wish_for(user: User, pk: int) -> Waiting:
    """Return what `user` waits for without an appointment; raise Http404 for any other."""
    wishes = Waiting.objects.wishes().filter(user=user)
    return get_object_or_404(
        wishes.select_related("attendee", "service", "office", "region"), pk=pk
    )


def get_offer_for(user: User, pk: int) -> Offer:
    """Return an offer that was made to `user`; raise Http404 for any other."""
    offers = Offer.objects.filter(waiting__user=user)
    return get_object_or_404(offers.select_related("appointment", "waiting__attendee"), pk=pk)


def _with_all(appointments: AppointmentQuerySet) -> AppointmentQuerySet:
    return appointments.select_related(
        "user__identity", "holder", "attendee", "service", "slot__office__region"
    )
