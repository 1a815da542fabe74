"""Checking in a person by a scanned slip or a typed number."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from appointments.actions.desk import check_in
from appointments.actions.events import Status
from appointments.models import Appointment, Office, Slip
from appointments.models.check_codes import check_code_in
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.references import grouped_reference
from core.template_filters import ltr, time_of_day

# Nobody has more appointments on one day at one office.
MAX_PER_DAY = 50


def receive(*, actor: User, office: Office, scanned: str) -> Appointment:
    """Check in the attendee of the slip, appointment number or ID number scanned at this office.

    Raise RuleViolation `nothing` if no appointment is found that the clerk may see, `moved` for an
    old slip, `several`, `here`, or as `check_in` does.
    """
    mine = Appointment.objects.visible_to_clerk(actor).filter(slot__office=office)
    found = mine.matching_scan(scanned).select_related("slot").order_by("slot__start", "pk")
    if _is_superseded_slip(scanned, office):
        raise RuleViolation(
            _(
                "This slip is old: the appointment has been moved to another time. "
                "Ask for the newer slip, or look for the appointment by the ID number."
            ),
            code="moved",
        )
    today = list(found.of_today()[:MAX_PER_DAY])
    going_on = [each for each in today if each.is_live]
    if len(going_on) > 1:
        raise RuleViolation(_several_message(going_on), code="several")
    appointment = next(iter(going_on or today), None) or found.last()
    if appointment is None:
        raise RuleViolation(
            _(
                "No appointment at this office is found by this. Scan the slip again, or type the "
                "appointment number or the ID number."
            ),
            code="nothing",
        )
    if going_on and appointment.status == Status.CHECKED_IN:
        raise RuleViolation(_("This person is checked in already."), code="here")
    return check_in(actor=actor, appointment=appointment)


def _is_superseded_slip(scanned: str, office: Office) -> bool:
    """Return whether it is an old slip of an appointment that was, or is now, at this office."""
    code = check_code_in(scanned)
    newer = Slip.objects.filter(appointment=OuterRef("appointment"), pk__gt=OuterRef("pk"))
    here = Q(slot__office=office) | Q(appointment__slot__office=office)
    return code is not None and Slip.objects.filter(here, Exists(newer), check_code=code).exists()


def _several_message(appointments: Iterable[Appointment]) -> SafeString:
    times = (
        (time_of_day(each.slot.start), ltr(grouped_reference(each.reference)))
        for each in appointments
    )
    return format_html(
        _("This person has several appointments today. Check in the right one in the list: {}"),
        format_html_join(" · ", '<bdi dir="ltr">{}</bdi> {}', times),
    )
