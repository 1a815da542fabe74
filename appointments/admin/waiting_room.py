"""The screen of the waiting room: the numbers that are called."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.admin.desk_access import desk_view, render_desk
from appointments.models import Appointment

MAX_CALLED = 6
CALLED_FOR = timedelta(hours=3)
REFRESH_SECONDS = 10


@desk_view
def calls(request, office, *, offices):
    """For the waiting room: the numbers that are called, and nothing about whose they are."""
    here = Appointment.objects.filter(slot__office=office)
    called = here.called_since(timezone.now() - CALLED_FOR).values_list("reference", flat=True)
    response = render_desk(
        request, "calls", title=_("Now calling"), office=office, called=called[:MAX_CALLED]
    )
    # A header does what a `meta` would, and no page is refreshed under somebody who reads it.
    response["Refresh"] = str(REFRESH_SECONDS)
    return response
