"""The waiting list: who waits for a time, and the offers that are made to them."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.appointments import Appointment
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow
from appointments.models.slots import Slot
from appointments.offer_hours import is_too_soon
from core.accounts.models import Identity, User
from core.accounts.rights import Acting, Parties, is_lost
from core.catalogue.models import Region, Service
from core.reference_data import ReferenceForeignKey


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def displaced(self) -> Self:
        """Return the entries of displaced appointments that have not been told of another time."""
        displaced = self.open().filter(appointment__status=Appointment.Status.DISPLACED)
        return displaced.order_by("appointment__slot__start", "pk")

    def wishes(self) -> Self:
        """Return the entries of people who have no appointment yet."""
        return self.filter(appointment=None)

    def owned_by(self, acting: Acting) -> Self:
        """Return the entries of the holder as whom a user acts, and those passed to them."""
        return self.filter(acting.owned(Waiting.PARTIES))

    def passed_on(self) -> Self:
        """Return the open wishes whose holder has lost the link."""
        return self.open().wishes().filter(is_lost(Waiting.PARTIES))

    def held_again(self) -> Self:
        """Return the open entries that had passed on, and whose holder has the link back."""
        return self.open().exclude(passed_on_to=[]).exclude(is_lost(Waiting.PARTIES))

    def offered(self) -> Self:
        """Return the wishes for which a time is kept that can still be accepted."""
        return self.wishes().filter(offers__status="open", offers__expires_at__gt=timezone.now())

    def latest_first(self) -> Self:
        """Return those who still wait before the others, each in the order of their beginning."""
        return self.order_by(F("ended_at").desc(nulls_first=True), "-pk")

    def with_offers(self) -> Self:
        """Annotate each entry with the number of times that were `offered`."""
        rows = self.annotate(offered=Count("offers"))
        return rows.select_related("attendee", "appointment")

    def at(self, office_id: object) -> Self:
        """Return the entries that wait for a time at this office, or in its region."""
        here = Q(office=None) | Q(office_id=office_id)
        return self.open().filter(here, region__office=office_id)

    def fitting(self, slot: Slot) -> Self:
        """Return the entries to which the slot can be offered now, the longest waiting first."""
        if slot.is_closed or is_too_soon(slot.start, timezone.now()):
            return self.none()
        offers = Offer.objects.filter(waiting=OuterRef("pk"))
        live = Appointment.objects.live().filter(attendee=OuterRef("attendee"))
        same_service = live.filter(service=OuterRef("service"))
        # The appointment is none for who has none yet, and NOT IN would then find nothing.
        others = live.exclude(pk=Coalesce(OuterRef("appointment"), 0))
        displaced = Appointment.objects.filter(
            status=Appointment.Status.DISPLACED,
            attendee=OuterRef("attendee"),
            service=OuterRef("service"),
        )
        # An offer may be left from an entry that has ended since.
        open_offers = Offer.objects.open().filter(waiting__attendee=OuterRef("attendee"))
        same_or_overlapping = open_offers.filter(
            Q(waiting__service=OuterRef("service"))
            | Q(slot__start__lt=slot.end, slot__end__gt=slot.start)
        )
        named = OpeningWindow.objects.filter(pk=slot.window_id, services__isnull=False)
        return (
            self.at(slot.office_id)
            .filter(before__gt=slot.start, operations__lte=slot.capacity - slot.kept)
            .filter(service__is_active=True, service__can_be_booked=True)
            .filter(
                Q(appointment=None) & ~Exists(same_service) & ~Exists(displaced)
                | Q(appointment__status=Appointment.Status.CONFIRMED)
            )
            .exclude(Exists(others.at_the_same_time_as(slot)))
            .exclude(Exists(offers.filter(slot=slot)))
            .exclude(Exists(same_or_overlapping))
            .filter(~Exists(named) | Exists(named.filter(services=OuterRef("service"))))
            .order_by("since", "pk")
        )


def somebody_waits(now: datetime.datetime) -> Q:
    """Return a condition on slots: somebody waits to whom places of it may be offered.

    It looks at what is quickly seen; the allocator looks at the rest.
    """
    waiting = Waiting.objects.at(OuterRef("office_id")).filter(before__gt=OuterRef("start"))
    return Q(Exists(waiting), start__gt=now)


class Waiting(models.Model):
    """An entry on the waiting list.

    With an `appointment` that is confirmed, it waits for an earlier time; with one that is
    displaced, for another time; without one, it is a wish for any time that comes free. The time
    has to begin `before` a moment, which is none for a displaced appointment.
    """

    PARTIES = Parties(author="user", person="attendee")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="waitings")
    holder = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    attendee = models.ForeignKey(
        Identity, verbose_name=_("attendee"), on_delete=models.PROTECT, related_name="waitings"
    )
    service = ReferenceForeignKey(Service, verbose_name=_("service"), on_delete=models.PROTECT)
    operations = models.PositiveSmallIntegerField(_("operations"), default=1)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="waitings"
    )
    region = ReferenceForeignKey(
        Region, verbose_name=_("region"), on_delete=models.PROTECT, related_name="+"
    )
    office = ReferenceForeignKey(
        Office, verbose_name=_("office"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    before = models.DateTimeField(null=True)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    passed_on_to = models.JSONField(
        default=list, help_text="the keys of the successors who were told that it is theirs now"
    )

    objects = WaitingQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting")
        verbose_name_plural = _("waiting list")
        constraints = [
            models.UniqueConstraint(
                fields=["attendee", "service"],
                condition=Q(ended_at=None, before__isnull=False),
                name="waiting_once",
            ),
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(ended_at=None), name="waiting_once_each"
            ),
        ]
        indexes = [
            models.Index(fields=["since", "id"], condition=Q(ended_at=None), name="waiting_open"),
            models.Index(
                fields=["region", "before"], condition=Q(ended_at=None), name="waiting_in_region"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id or ''} {self.office_id or ''}"

    def was_continued_by(self, user: User) -> bool:
        """Return False: a wish has no history that somebody could read on."""
        return False

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which a wish can be met."""
        return self.before and timezone.localdate(self.before - datetime.timedelta(seconds=1))


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> Self:
        return self.filter(status=Offer.Status.OPEN)

    def lapsed(self, now: datetime.datetime) -> Self:
        """Return offers that were not answered in time, whose places still count as taken."""
        return self.open().filter(expires_at__lte=now)

    def answerable(self) -> Self:
        return self.open().filter(expires_at__gt=timezone.now())


class Offer(models.Model):
    """A slot kept for who waits, until they answer.

    It is for the `appointment` in place of its present slot, if there is one; of a wish that was
    accepted, it is the appointment that was then held.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("an offer", "Open")
        ACCEPTED = "accepted", pgettext_lazy("an offer", "Accepted")
        DECLINED = "declined", pgettext_lazy("an offer", "Declined")
        LAPSED = "lapsed", pgettext_lazy("an offer", "Not answered in time")
        WITHDRAWN = "withdrawn", pgettext_lazy("an offer", "Withdrawn")

    waiting = models.ForeignKey(Waiting, on_delete=models.PROTECT, related_name="offers")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="offers"
    )
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
                fields=["waiting"], condition=Q(status="open"), name="offer_one_open"
            ),
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status="open"), name="offer_one_open_each"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="open"), name="offer_open")
        ]

    def __str__(self) -> str:
        return f"{self.waiting_id} {self.slot_id} {self.status}"

    @property
    def status_now(self) -> str | Promise:
        """The label of the status; a lapsed offer counts as lapsed before it is marked so."""
        has_lapsed = self.status == self.Status.OPEN and not self.can_be_answered
        return self.Status.LAPSED.label if has_lapsed else self.get_status_display()

    @property
    def can_be_answered(self) -> bool:
        return self.status == self.Status.OPEN and timezone.now() < self.expires_at
