"""Invitations: from an inquiry, an officer asks its person to come to an office."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment
from core.accounts.models import User
from core.catalogue.models import DocumentType, Region, Service
from core.reference_data import ReferenceForeignKey
from requests_app.models import Inquiry

_BOOKED = "inquiry__beneficiary__appointments"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Return those on which the person still has to come."""
        return self.filter(
            withdrawn_at=None, until__gte=timezone.localdate(), inquiry__status__in=Inquiry.OPEN
        )

    def to_book(self) -> Self:
        """Return the open ones without an appointment, or whose one was cancelled or missed."""
        booked = Appointment.objects.filter(
            attendee=OuterRef("inquiry__beneficiary"),
            service=OuterRef("service"),
            confirmed_at__gte=OuterRef("created_at"),
        ).exclude(status__in=Invitation.CALLED_OFF)
        return self.open().exclude(Exists(booked))

    def with_visit(self) -> Self:
        """Set the `visit` of each, in one query: what was last booked by it, or None.

        That is what anybody who may has booked of this service for this person, from when the
        invitation was made until its last day, or until it was withdrawn. One that can be read with
        several comes several times, the latest first.
        """
        of_service = Q(**{f"{_BOOKED}__service": F("service")})
        since = Q(**{f"{_BOOKED}__confirmed_at__gte": F("created_at")})
        until_the_end = Q(**{f"{_BOOKED}__confirmed_at__date__lte": F("until")})
        still = Q(withdrawn_at=None) | Q(**{f"{_BOOKED}__confirmed_at__lt": F("withdrawn_at")})
        booked = FilteredRelation(_BOOKED, condition=of_service & since & until_the_end & still)
        latest = F("visit__confirmed_at").desc(nulls_last=True)
        return self.alias(visit=booked).select_related("visit__slot").order_by("-pk", latest)

    def of_visit(self, visit: Appointment) -> Self:
        """Return those by which this confirmed appointment was booked, as in `with_visit`."""
        at = visit.confirmed_at
        return self.filter(
            Q(withdrawn_at=None) | Q(withdrawn_at__gt=at),
            inquiry__beneficiary=visit.attendee_id,
            service=visit.service_id,
            created_at__lte=at,
            until__gte=timezone.localdate(at),
        ).order_by("-pk")


class Invitation(models.Model):
    """Until when the person of an inquiry is asked to come, where, about what and with what.

    Who comes is the beneficiary of the inquiry, and it belongs to those whose the inquiry is.
    """

    MAX_WORDS = 300  # characters
    # What leaves the person to come still: they can book again.
    CALLED_OFF = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)

    idempotency_key = models.UUIDField(unique=True, editable=False)
    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="invitations")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    service = ReferenceForeignKey(Service, verbose_name=_("service"), on_delete=models.PROTECT)
    region = ReferenceForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT)
    until = models.DateField()
    documents = models.JSONField(default=list, help_text="the keys of the document types to bring")
    what_to_bring = models.CharField(max_length=MAX_WORDS, blank=True)
    created_at = models.DateTimeField(editable=False)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    visit: Appointment | None = None  # set by `with_visit`

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.inquiry_id} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the person still has to come, or is expected."""
        is_in_time = timezone.localdate() <= self.until
        return self.withdrawn_at is None and is_in_time and self.inquiry.is_open

    @property
    def is_to_book(self) -> bool:
        """Whether an appointment is still to be booked, or again."""
        return self.is_open and (self.visit is None or self.visit.status in self.CALLED_OFF)

    @property
    def document_types(self) -> list[DocumentType]:
        """The documents to bring, without those that the catalogue has no more."""
        return [each for each in DocumentType.cached.all() if each.pk in self.documents]

    @property
    def is_late(self) -> bool:
        """Whether the visit is on a day after the last one that was asked for."""
        return self.visit is not None and _day_of(self.visit) > self.until


def _day_of(visit: Appointment) -> datetime.date:
    return timezone.localdate(visit.slot.start)
