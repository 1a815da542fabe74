"""Printed slips of appointments, with their check codes."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.appointments import Appointment
from appointments.models.check_codes import new_check_code
from appointments.models.slots import Slot


class Slip(models.Model):
    """A printed slip for one time of an appointment; a move issues another and keeps this one."""

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

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.pk}"

    def status(self) -> str:
        """Return whether it is `valid`, `moved`, `displaced`, `cancelled` or `passed`."""
        appointment = self.appointment
        if appointment.status == Appointment.Status.CANCELLED:
            return "cancelled"
        if appointment.is_displaced:
            return "displaced"
        if appointment.slips.filter(pk__gt=self.pk).exists():
            return "moved"
        if appointment.slot.end <= timezone.now() or not appointment.is_live:
            return "passed"
        return "valid"
