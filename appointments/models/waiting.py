"""The waiting list for earlier times, and the offers that are made."""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.appointments import Appointment
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow
from appointments.models.slots import Slot


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def fitting(self, slot: Slot, operations: int) -> Self:
        """Return the entries that can have `operations` of `slot`, the longest waiting first.

        The slot has to leave the applicant time to be reached, and to change their mind: one that
        begins within the hours in which nothing can be changed any more is offered to nobody.
        """
        soonest = timezone.now() + datetime.timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])
        if slot.is_closed or slot.start <= soonest:
            return self.none()
        offers = Offer.objects.filter(appointment=OuterRef("appointment"))
        overlapping = Appointment.objects.live().at_the_same_time_as(slot)
        of_attendee = overlapping.filter(attendee=OuterRef("appointment__attendee"))
        overlapping_offers = Offer.objects.open().filter(
            appointment__attendee=OuterRef("appointment__attendee"),
            slot__start__lt=slot.end,
            slot__end__gt=slot.start,
        )
        named = OpeningWindow.objects.filter(pk=slot.window_id, services__isnull=False)
        including_service = named.filter(services=OuterRef("appointment__service"))
        return (
            self.open()
            .filter(
                Q(office=slot.office_id)
                | Q(office=None, appointment__slot__office__region=slot.office.region_id),
                appointment__status=Appointment.Status.CONFIRMED,
                appointment__slot__start__gt=slot.start,
                appointment__operations__lte=operations,
            )
            .exclude(Exists(offers.filter(Q(slot=slot) | Q(status=Offer.Status.OPEN))))
            .exclude(Exists(of_attendee.exclude(pk=OuterRef("appointment"))))
            .exclude(Exists(overlapping_offers))
            .filter(~Exists(named) | Exists(including_service))
            .order_by("since", "pk")
        )


class Waiting(models.Model):
    """An entry on the waiting list: an appointment to which an earlier day is to be offered."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="waitings")
    office = models.ForeignKey(
        Office, verbose_name=_("office"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting")
        verbose_name_plural = _("waiting list")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(ended_at=None), name="waiting_once"
            )
        ]
        indexes = [
            models.Index(fields=["since", "id"], condition=Q(ended_at=None), name="waiting_open")
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.office_id or ''}"


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> Self:
        return self.filter(status=Offer.Status.OPEN)

    def lapsed(self, now: datetime.datetime) -> Self:
        """Return offers that were not answered in time, whose places still count as taken."""
        return self.open().filter(expires_at__lte=now)


class Offer(models.Model):
    """A slot kept for an appointment in place of its present one, until the applicant answers."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("an offer", "Open")
        ACCEPTED = "accepted", pgettext_lazy("an offer", "Accepted")
        DECLINED = "declined", pgettext_lazy("an offer", "Declined")
        LAPSED = "lapsed", pgettext_lazy("an offer", "Not answered in time")
        WITHDRAWN = "withdrawn", pgettext_lazy("an offer", "Withdrawn")

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="offers")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="offers")
    operations = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status="open"), name="offer_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="open"), name="offer_open")
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.slot_id} {self.status}"

    @property
    def hours(self) -> int:
        """The hours for which the place is kept; rounded, as `expires_at` is set a moment early."""
        return round((self.expires_at - self.created_at) / datetime.timedelta(hours=1))

    @property
    def can_be_answered(self) -> bool:
        return self.status == self.Status.OPEN and timezone.now() < self.expires_at
