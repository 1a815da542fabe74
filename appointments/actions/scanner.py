"""Checking in a person by a scanned slip or a typed number."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.actions.desk import check_in
from appointments.actions.events import Status
from appointments.models import Appointment, Office, Slip
from appointments.models.check_codes import check_codes_in
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.references import grouped_reference
from core.template_filters import full_moment, ltr, time_of_day

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# Nobody has more appointments on one day at one office.
MAX_PER_DAY = 50
GONE = {
    Status.CANCELLED: gettext_lazy("This appointment, for {moment}, has been cancelled."),
    Status.DISPLACED: gettext_lazy(
        "The office was closed at the time of this appointment, {moment}, and no other time has "
        "been chosen for it yet."
    ),
}


def receive(*, actor: User, office: Office, scanned: str, is_early: bool = False) -> Appointment:
    """Check in the attendee of the slip, appointment number or ID number scanned at this office.

    Raise RuleViolation `nothing` if no appointment is found that the clerk may see, `moved` for an
    old slip, `elsewhere` for an appointment at another of the clerk's offices, `several`, `here`,
    `gone` for a cancelled or displaced one, or as `check_in` does.
    """
    mine = Appointment.objects.visible_to_clerk(actor).select_related("slot__office")
    found = mine.matching_scan(scanned).order_by("slot__start", "pk")
    if slip := _superseded_slip(scanned, office):
        raise RuleViolation(_moved_message(mine.filter(pk=slip.appointment_id).first()), "moved")
    here = found.filter(slot__office=office)
    today = list(here.of_today()[:MAX_PER_DAY])
    going_on = [each for each in today if each.is_live]
    missed = [each for each in today if each.status == Status.NO_SHOW]
    if len(going_on or missed) > 1:
        raise RuleViolation(_several_message(going_on or missed), code="several")
    appointment = next(iter(going_on or missed or today), None) or here.last()
    if appointment is None:
        raise _not_here(found.of_today().first() or found.last())
    if going_on and appointment.status == Status.CHECKED_IN:
        raise RuleViolation(_("This person is checked in already."), code="here")
    if gone := GONE.get(Status(appointment.status)):
        message = format_html(str(gone), moment=full_moment(appointment.slot.start))
        raise RuleViolation(message, code="gone")
    return check_in(actor=actor, appointment=appointment, is_early=is_early)


def _superseded_slip(scanned: str, office: Office) -> Slip | None:
    """Return an old slip of an appointment that was, or is now, at this office."""
    newer = Slip.objects.filter(appointment=OuterRef("appointment"), pk__gt=OuterRef("pk"))
    here = Q(slot__office=office) | Q(appointment__slot__office=office)
    old = Slip.objects.filter(here, Exists(newer))
    return old.filter(check_code__in=check_codes_in(scanned)).first()


def _moved_message(now: Appointment | None) -> "_StrOrPromise":
    """Tell where the appointment of an old slip is now, if the clerk may see it."""
    if now is None or not now.is_confirmed:
        return _(
            "This slip is old: the appointment has been moved to another time. "
            "Ask for the newer slip, or look for the appointment by the ID number."
        )
    return format_html(
        _("This slip is old: appointment {reference} has been moved to {moment}, {office}."),
        reference=ltr(grouped_reference(now.reference)),
        moment=full_moment(now.slot.start),
        office=now.slot.office.name,
    )


def _not_here(elsewhere: Appointment | None) -> RuleViolation:
    if elsewhere is None:
        return RuleViolation(
            _(
                "No appointment at this office is found by this. Scan the slip again, or type the "
                "appointment number or the ID number."
            ),
            code="nothing",
        )
    message = format_html(
        _("This appointment is at another of your offices: {office}, {moment}."),
        office=elsewhere.slot.office.name,
        moment=full_moment(elsewhere.slot.start),
    )
    return RuleViolation(message, code="elsewhere")


def _several_message(appointments: Iterable[Appointment]) -> SafeString:
    times = (
        (time_of_day(each.slot.start), ltr(grouped_reference(each.reference)))
        for each in appointments
    )
    return format_html(
        _("This person has several appointments today. Check in the right one in the list: {}"),
        format_html_join(" · ", '<bdi dir="ltr">{}</bdi> {}', times),
    )
