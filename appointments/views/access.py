"""The doors: whose appointment it is, and whether somebody has shown that they know their data."""

from functools import wraps
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from appointments.models import Appointment
from core.accounts.access import resident_required

_VERIFIED = "data_verified"


def verified(view):
    """Only for who has verified their data in this session; others do it first and come back."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.session.get(_VERIFIED):
            back = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('appointments:verify')}?{back}")
        return view(request, *args, **kwargs)

    return resident_required(guarded)


def remember_verified(request):
    request.session[_VERIFIED] = True


def get_appointment_for(user, reference):
    """The appointment that `user` may see; 404 for any other as for none."""
    return get_object_or_404(_with_all(Appointment.objects.visible_to(user)), reference=reference)


def get_booked_by(user, reference):
    """The appointment that `user` has booked; 404 for any other as for none."""
    booked = Appointment.objects.filter(user=user, is_walk_in=False)
    return get_object_or_404(_with_all(booked), reference=reference)


def _with_all(appointments):
    return appointments.select_related(
        "user__identity", "holder", "attendee", "service", "slot__office__region"
    )
