"""What the desk prints: the slip of somebody who is there, and the list of the day."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.admin.desk_access import RIGHTS, desk_address, desk_view, render_desk
from appointments.models import Appointment, Office
from core.accounts.access import StaffRequest, get_visible
from core.accounts.audience import contacts_of
from core.accounts.models import Identity
from core.methods import READ, takes
from core.qr_codes import qr_code
from core.security_log import Event, note

LANGUAGES = ("ar", "en")
# The paper that a slip is printed on. Without another word it is the roll of the desk's printer.
ROLL, A4 = "roll", "a4"
COLUMNS = (
    *("time", "number", "person", "service", "operations", "status"),
    *("came", "served", "missed", "hour"),
)


@takes(*READ)
def slip(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the slip of an appointment of today, to print it on a roll of 80 mm or on A4.

    Raise PermissionDenied without the rights of the desk, and Http404 for another office's.
    """
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    appointments = Appointment.objects.visible_to_clerk(request.user)
    appointments = appointments.select_related("attendee", "slot")
    appointment = get_visible(appointments, request.user, "appointment", pk=pk)
    desk = reverse("admin:appointments_appointment_change", args=[pk])
    current = appointment.slips.last()
    if current is None or not has_slip(appointment):
        return redirect(desk)
    address = request.build_absolute_uri(reverse("check", args=[current.check_code]))
    return _paper(
        request,
        "slip",
        title=_("Slip to print"),
        office=appointment.slot.office,
        paper=A4 if request.GET.get("paper") == A4 else ROLL,
        appointment=appointment,
        languages=_languages_of(appointment.attendee),
        code=qr_code(address),
        address=address,
        desk=desk,
    )


@takes(*READ)
@desk_view
def day_list(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """Show everybody of today on one page, to go on by on paper without a network.

    It tells of each no more than the desk needs to know them by their document. Who has shown it is
    noted, as it is made to be taken out.
    """
    note(Event.EXPORT, account=request.user.pk, kind="paper")
    mine = Appointment.objects.visible_to_clerk(request.user).filter(slot__office=office)
    people = mine.of_today().with_standing().select_related("attendee", "slot")
    return _paper(
        request,
        "day_list",
        title=_("List on paper"),
        office=office,
        paper="list",
        desk=desk_address(office),
        people=people.prefetch_related("attendee__numbers").order_by("slot__start", "pk"),
        languages=LANGUAGES,
        columns=COLUMNS,
    )


def has_slip(appointment: Appointment) -> bool:
    """Return whether the appointment is one of today whose person is here or still to come."""
    of_today = Appointment.objects.of_today().filter(pk=appointment.pk)
    return appointment.is_live and of_today.exists()


def _languages_of(person: Identity) -> list[str]:
    """Return both languages, the person's own first."""
    own = [to.language for to in contacts_of(person)]
    return sorted(LANGUAGES, key=lambda language: language not in own)


def _paper(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render_desk(request, name, printed_at=timezone.now(), **context)
