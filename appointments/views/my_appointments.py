"""A user's appointments: the list, the details, confirming and cancelling."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import actions
from appointments.actions import Deed, Rights
from appointments.criteria import same_again
from appointments.forms import WaitForm
from appointments.models import Appointment, Closure, Waiting
from appointments.views.access import booked_page, get_appointment_for, verified
from core.accounts.access import SignedInRequest
from core.accounts.rights import Acting, refusal
from core.accounts.session_holder import holder_of
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.pages import UncountedPaginator

ROWS = 20
# Whoever has lost a time in one of these ways can choose another for the same before it begins.
_LOST = (Appointment.Status.EXPIRED, Appointment.Status.CANCELLED)


@verified
def appointment_list(request: SignedInRequest) -> HttpResponse:
    acting = Acting(request.user, holder_of(request))
    mine = Appointment.objects.listed_for(acting).select_related("attendee")
    waiting = Waiting.objects.owned_by(acting).with_offers().latest_first()
    lists = {
        "upcoming": mine.readable().unsettled().select_related("slot"),
        "waiting": waiting,
        # To join what is over with its slots, PostgreSQL may read all slots that ever were.
        "past": mine.over().prefetch_related("slot"),
    }
    context = {
        name: UncountedPaginator(rows, ROWS).get_page(request.GET.get(name))
        for name, rows in lists.items()
    }
    return render(request, "appointments/list.html", context)


@verified
def detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show a held time with the minutes left, or the appointment as it stands.

    Somebody to whom it no longer belongs sees what they booked, and nothing else.
    """
    appointment, rights = get_appointment_for(request.user, reference)
    if not rights.may(Deed.READ):
        return _former(request, appointment, rights)
    offers = list(appointment.offers.select_related("slot").order_by("-pk"))
    context = {
        "appointment": appointment,
        "is_mine": rights.may(Deed.CHANGE),
        "why_not_give_up": rights.why_closed(Deed.GIVE_UP),
        "offer": next((offer for offer in offers if offer.can_be_answered), None),
        "offers": offers,
        "waiting": appointment.waitings.open().first(),
        "wait_form": WaitForm(),
        "seconds_left": _seconds_left(appointment),
        "documents": appointment.service.documents.all(),
        "why_closed": appointment.is_displaced and Closure.objects.why_closed(appointment.slot),
        "named": rights.named_of(appointment),
        "by_office": appointment.events.on_behalf() if appointment.is_helped else [],
    }
    # What is held may be lost while the page is open.
    is_lost = appointment.status in _LOST and not appointment.has_begun
    if appointment.is_held or is_lost:
        context["again"] = _days_for_same(appointment)
    return render(request, "appointments/detail.html", context)


def _former(request: SignedInRequest, appointment: Appointment, rights: Rights) -> HttpResponse:
    own = appointment.events.filter(actor=request.user).select_related("slot").last()
    context = {
        "appointment": appointment,
        "why": refusal(request.user, appointment, rights.relation).message,
        "slot": own and own.slot,
    }
    return render(request, "appointments/former.html", context)


@takes_form
@booked_page(Deed.CHANGE)
def confirm(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    if request.method == "POST":
        try:
            actions.confirm(actor=request.user, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
    # A user who had to sign in again on the way comes back without the POST: the page has the
    # button.
    return redirect("appointments:detail", appointment.reference)


@takes_form
@booked_page(Deed.GIVE_UP)
def cancel(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    """Ask first, then give the place back."""
    page = redirect("appointments:detail", appointment.reference)
    was_held = appointment.is_held
    if request.method == "POST":
        try:
            actions.cancel(actor=request.user, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            if was_held:
                messages.success(request, _("You have let that time go. Choose another one."))
                return redirect(_days_for_same(appointment))
            messages.success(request, _("The appointment has been cancelled."))
        return page
    if not appointment.can_be_cancelled:
        return page
    return render(request, "appointments/cancel.html", {"appointment": appointment})


def _days_for_same(appointment: Appointment) -> str:
    """Return the address of the days of the same office, with the same criteria."""
    return f"{reverse('appointments:days')}?{same_again(appointment)}"


def _seconds_left(appointment: Appointment) -> int:
    """Return the seconds until the hold expires, or 0."""
    if not appointment.is_held:
        return 0
    left = appointment.expires_at - timezone.now()
    return max(0, -(-left // timedelta(seconds=1)))
