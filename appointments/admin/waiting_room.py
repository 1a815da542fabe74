"""The screen of the waiting room, with the numbers that are called."""

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.admin.desk_access import desk_view, render_desk
from appointments.models import Appointment, Office
from core.accounts.access import StaffRequest
from core.accounts.idle import stays_open

MAX_CALLED = 6
CALLED_FOR = timedelta(hours=3)
REFRESH_SECONDS = 10


@desk_view
@stays_open
def calls(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """Show the numbers that are called, and nothing about the people they belong to."""
    here = Appointment.objects.filter(slot__office=office)
    called = here.called_since(timezone.now() - CALLED_FOR).values_list("reference", flat=True)
    response = render_desk(
        request, "calls", title=_("Now calling"), office=office, called=called[:MAX_CALLED]
    )
    # The header has the effect of a `meta` tag; no page that a person reads is refreshed like this.
    response["Refresh"] = str(REFRESH_SECONDS)
    return response
