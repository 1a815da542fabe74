"""The page on which a manager says what became of those whom the desk has left unmarked."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext as _

from appointments.admin.buttons import OF_MANAGERS, buttons_of
from appointments.admin.desk_access import RIGHTS, render_desk
from appointments.models import Appointment
from core.accounts.access import StaffRequest

ROWS = 50


def unmarked(request: StaffRequest) -> HttpResponse:
    """List who was checked in and not marked at the manager's offices, the earliest first."""
    if not request.user.has_perms((*RIGHTS, "appointments.manage_office")):
        raise PermissionDenied
    left = Appointment.objects.managed_by(request.user).unmarked()
    left = left.select_related("attendee", "slot").order_by("slot__start", "pk")
    return render_desk(
        request,
        "unmarked",
        title=_("Not marked by the office"),
        page=Paginator(left, ROWS).get_page(request.GET.get("page")),
        buttons=buttons_of(OF_MANAGERS),
        days=settings.BOOKING["UNMARKED_DAYS"],
    )
