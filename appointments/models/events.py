"""Events of appointments."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.appointments import Appointment
from appointments.models.slots import Slot
from core.accounts.models import User
from core.events import Event


class AppointmentEventQuerySet(models.QuerySet["AppointmentEvent"]):
    def on_behalf(self) -> Self:
        """Return what clerks have done in the name of the person whose appointment it is."""
        types = AppointmentEvent.EventType
        done = (types.CONFIRMED, types.MOVED, types.CANCELLED)
        return self.filter(role=AppointmentEvent.Role.CLERK, event_type__in=done)


class AppointmentEvent(Event):
    """An event in the history of an appointment."""

    SUBJECT = "appointment"
    DIGESTED = ("slot_id", "operations")

    class EventType(models.TextChoices):
        HELD = "held", pgettext_lazy("what happened to an appointment", "Time held")
        CONFIRMED = "confirmed", pgettext_lazy("what happened to an appointment", "Confirmed")
        MOVED = "moved", pgettext_lazy("what happened to an appointment", "Moved")
        CANCELLED = "cancelled", pgettext_lazy("what happened to an appointment", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("what happened to an appointment", "Hold expired")
        CHECKED_IN = "checked_in", pgettext_lazy("what happened to an appointment", "Checked in")
        SERVED = "served", pgettext_lazy("what happened to an appointment", "Served")
        NO_SHOW = "no_show", pgettext_lazy("what happened to an appointment", "Did not come")
        DISPLACED = "displaced", pgettext_lazy("what happened to an appointment", "Office closed")
        RESTORED = "restored", pgettext_lazy("what happened to an appointment", "Office open again")
        OFFERED = "offered", pgettext_lazy("what happened to an appointment", "Time offered")
        PASSED_ON = (
            "passed_on",
            pgettext_lazy("what happened to an appointment", "Passed on to the attendee"),
        )
        CALLED = "called", pgettext_lazy("what happened to an appointment", "Called")
        WALKED_IN = (
            "walked_in",
            pgettext_lazy("what happened to an appointment", "Came without one"),
        )
        TAKEN_BACK = "taken_back", pgettext_lazy("what happened to an appointment", "Taken back")
        UNMARKED = (
            "unmarked",
            pgettext_lazy("what happened to an appointment", "Not marked by the office"),
        )

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("who booked it")
        CLERK = "clerk", _("clerk")
        PORTAL = "portal", _("the portal")

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="events")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    event_type = models.CharField(max_length=12, choices=EventType)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    operations = models.PositiveSmallIntegerField()

    objects = AppointmentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["appointment", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "seq"], name="appointment_event_seq_once"
            ),
        ]
