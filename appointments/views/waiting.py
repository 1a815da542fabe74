"""Views of the waiting list, and of the answers to offers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from appointments import actions
from appointments.actions import Deed
from appointments.criteria import Criteria
from appointments.forms import OfficeChoice, WaitForm, WishForm
from appointments.models import Appointment, Offer, Waiting
from appointments.views.access import get_appointment_for, get_offer_for, get_wish_for, verified
from core.accounts.access import SignedInRequest
from core.accounts.models import Identity, User
from core.accounts.session_holder import holder_of
from core.exceptions import RuleViolation
from core.methods import takes_form


def button(
    get: Callable[..., Any], page: Callable[[Any], str]
) -> Callable[[Callable[..., str]], Callable[..., HttpResponse]]:
    """Decorate a function as the view of a button on `page` of the object that `get` finds.

    The function returns the message for the page that follows.
    """

    def decorate(act: Callable[..., str]) -> Callable[..., HttpResponse]:
        @takes_form
        @verified
        @wraps(act)
        def press(request: SignedInRequest, **key: str | int) -> HttpResponse:
            found = get(request.user, **key)
            if request.method == "POST":
                try:
                    messages.success(request, act(request, found))
                except RuleViolation as violation:
                    messages.error(request, violation.message)
            # A user who had to sign in again on the way comes back without the POST: the page has
            # the button.
            return redirect(page(found))

        return press

    return decorate


def _get_appointment(user: User, reference: str) -> Appointment:
    return get_appointment_for(user, reference)[0]


def _page_of_appointment(appointment: Appointment) -> str:
    return reverse("appointments:detail", args=[appointment.reference])


def _page_of_wish(wish: Waiting) -> str:
    return reverse("appointments:wish", args=[wish.pk])


def _page_of_offer(offer: Offer) -> str:
    """Return the page of the appointment, also of one that has just been made by accepting."""
    offer.refresh_from_db(fields=["appointment"])
    return (
        _page_of_appointment(offer.appointment)
        if offer.appointment
        else _page_of_wish(offer.waiting)
    )


@button(_get_appointment, _page_of_appointment)
def wait(request: SignedInRequest, appointment: Appointment) -> str:
    form = WaitForm(request.POST)
    if not form.is_valid():
        raise RuleViolation(str(form.errors["where"][0]), code="where")
    here = form.cleaned_data["where"] == WaitForm.HERE
    office = appointment.slot.office if here else None
    actions.wait(actor=request.user, appointment=appointment, office=office)
    return _("We will text you when an earlier time comes free.")


@button(_get_appointment, _page_of_appointment)
def stop_waiting(request: SignedInRequest, appointment: Appointment) -> str:
    for waiting in appointment.waitings.open():
        actions.stop_waiting(actor=request.user, waiting=waiting)
    return _("You are no longer waiting for an earlier time.")


@button(get_wish_for, _page_of_wish)
def stop_wish(request: SignedInRequest, wish: Waiting) -> str:
    actions.stop_waiting(actor=request.user, waiting=wish)
    return _("You are no longer on the waiting list.")


@button(get_offer_for, _page_of_offer)
def accept(request: SignedInRequest, offer: Offer) -> str:
    appointment = actions.accept(actor=request.user, offer=offer)
    if appointment.is_held:
        return _("This time is yours for some minutes. Confirm it now.")
    return _("Your appointment has been moved.")


@button(get_offer_for, _page_of_offer)
def decline(request: SignedInRequest, offer: Offer) -> str:
    actions.decline(actor=request.user, offer=offer)
    return _("The time will be offered to somebody else.")


@takes_form
def new_wish(request: SignedInRequest, criteria: Criteria) -> HttpResponse:
    """Ask where and until when a time is wanted, and put the person on the waiting list."""
    choice = OfficeChoice(request.GET)
    choice.is_valid()
    initial: dict[str, Any] = {"office": choice.cleaned_data.get("office")}
    if criteria.until and criteria.until in actions.horizon():
        initial["last_day"] = criteria.until.isoformat()
    form = WishForm(
        request.POST if request.method == "POST" or request.POST else None,
        region=criteria.region,
        days=actions.horizon(),
        initial=initial,
    )
    if form.is_valid():
        try:
            wish = actions.wait_for_any_time(
                actor=request.user,
                holder=holder_of(request),
                attendee=cast(Identity, criteria.attendee),
                service=criteria.service,
                operations=criteria.operations,
                region=criteria.region,
                **form.cleaned_data,
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(request, _("We will text you when a time comes free."))
            return redirect(_page_of_wish(wish))
    return render(request, "appointments/new_wish.html", {"criteria": criteria, "form": form})


@verified
def wish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what somebody without an appointment waits for, and what was offered."""
    found = get_wish_for(request.user, pk)
    offers = list(found.offers.select_related("slot", "appointment").order_by("-pk"))
    context = {
        "wish": found,
        "why_not_give_up": actions.rights_of(request.user, found).why_closed(Deed.GIVE_UP),
        "offer": next((offer for offer in offers if offer.can_be_answered), None),
        "offers": offers,
    }
    return render(request, "appointments/wish.html", context)
