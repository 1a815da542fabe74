"""Why marks of the desk were taken back."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.appointments import Appointment
from appointments.models.events import AppointmentEvent
from appointments.models.offices import Office
from core.accounts.models import User

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

EventType = AppointmentEvent.EventType


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def of_days(self, office: Office, first: datetime.date, last: datetime.date) -> Self:
        """Return the corrections of appointments of these days at the office, the first first."""
        here = {"event__slot__office": office, "event__slot__day__range": (first, last)}
        return self.filter(**here).order_by("event__at", "pk")

    def readable_by(self, user: User) -> Self:
        """Return those that do not concern `user` themselves."""
        return self.exclude(event__appointment__in=Appointment.objects.own_of(user))


class Correction(models.Model):
    """Which mark of the desk an event has taken back, and why; events hold no text themselves."""

    class Reason(models.TextChoices):
        BY_MISTAKE = "by_mistake", pgettext_lazy("why a mark is taken back", "Pressed by mistake")
        WRONG_PERSON = (
            "wrong_person",
            pgettext_lazy("why a mark is taken back", "It was another person"),
        )
        OTHER = "other", pgettext_lazy("why a mark is taken back", "Another reason")

    MIN_WORDS, MAX_WORDS = 3, 200

    event = models.OneToOneField(
        AppointmentEvent, on_delete=models.PROTECT, related_name="correction"
    )
    mark = models.CharField(max_length=12, choices=EventType)
    reason = models.CharField(max_length=20, choices=Reason)
    words = models.CharField(max_length=MAX_WORDS, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.event_id} {self.mark}"

    @property
    def why(self) -> "_StrOrPromise":
        """The reason in words: those of the clerk, if there are any, after the one they chose."""
        if self.reason == self.Reason.OTHER:
            return self.words
        label = self.get_reason_display()
        return f"{label}: {self.words}" if self.words else label
