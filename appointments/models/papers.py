"""What is left of every deed: its event, and the slip that is printed."""

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.booking import Appointment, Slot
from core.accounts.models import User
from core.digests import digest_of


class AppointmentEvent(models.Model):
    """One thing that happened to an appointment; the database refuses to change or delete it.

    It holds ids and digests and no personal text, so that erasing a text never touches it.
    """

    class Deed(models.TextChoices):
        HELD = "held", pgettext_lazy("what happened to an appointment", "Time held")
        CONFIRMED = "confirmed", pgettext_lazy("what happened to an appointment", "Confirmed")
        MOVED = "moved", pgettext_lazy("what happened to an appointment", "Moved")
        CANCELLED = "cancelled", pgettext_lazy("what happened to an appointment", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("what happened to an appointment", "Hold expired")
        CHECKED_IN = "checked_in", pgettext_lazy("what happened to an appointment", "Checked in")
        SERVED = "served", pgettext_lazy("what happened to an appointment", "Served")
        NO_SHOW = "no_show", pgettext_lazy("what happened to an appointment", "Did not come")
        DISPLACED = "displaced", pgettext_lazy("what happened to an appointment", "Office closed")
        OFFERED = "offered", pgettext_lazy("what happened to an appointment", "Time offered")
        CALLED = "called", pgettext_lazy("what happened to an appointment", "Called")
        WALKED_IN = (
            "walked_in",
            pgettext_lazy("what happened to an appointment", "Came without one"),
        )

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("who booked it")
        CLERK = "clerk", _("clerk")
        PORTAL = "portal", _("the portal")

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    deed = models.CharField(max_length=12, choices=Deed)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    operations = models.PositiveSmallIntegerField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["appointment", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "seq"], name="appointment_event_seq_once"
            ),
        ]

    def __str__(self):
        return f"{self.appointment_id} {self.seq}"

    def computed_digest(self):
        """What `digest` has to be for these contents at this place of the chain."""
        return digest_of(
            [
                self.appointment_id,
                self.seq,
                self.at.isoformat(),
                self.actor_id,
                self.role,
                self.deed,
                self.slot_id,
                self.operations,
                self.previous_digest,
            ]
        )


def new_check_code():
    """What a slip's QR holds: 80 random bits, in letters and digits that nobody mistakes."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _place in range(16))


class Slip(models.Model):
    """What is printed for an appointment at one time; a move issues another and keeps this one."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="slips")
    check_code = models.CharField(
        max_length=16, unique=True, default=new_check_code, editable=False
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("slip")
        verbose_name_plural = _("slips")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.appointment_id} {self.pk}"

    def state(self):
        """What whoever holds it in their hands has to know."""
        appointment = self.appointment
        if appointment.state == Appointment.State.CANCELLED:
            return "cancelled"
        if appointment.is_displaced:
            return "displaced"
        if appointment.slips.filter(pk__gt=self.pk).exists():
            return "moved"
        if appointment.slot.end <= timezone.now() or not appointment.is_live:
            return "passed"
        return "valid"
