"""Slots: the start times of offices, and the operations that each still takes."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, Min, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.office_day import office_day_q
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow
from core.accounts.people import keys_in
from core.catalogue.models import Service
from core.chores.models import Chore
from core.reference_data import ReferenceForeignKey

# The chore that hands out reserved places, and when it counts as gone.
ALLOCATOR = "allocate"
ALLOCATOR_MISSED_AFTER = datetime.timedelta(minutes=15)

if TYPE_CHECKING:
    from appointments.models.appointments import Appointment, AppointmentQuerySet
    from core.accounts.models import Identity


def _appointments() -> "AppointmentQuerySet":
    # Looked up by name, because appointments.py imports this file.
    return apps.get_model("appointments.Appointment").objects.all()


class SlotQuerySet(models.QuerySet["Slot"]):
    def with_free(
        self, now: datetime.datetime | None = None, *, for_walk_ins: bool = False
    ) -> Self:
        """Annotate each slot with its `free` operations, of which walk-ins find more than others.

        Lapsed holds count as free, and so do reserved places while no worker hands them out, and
        what is left of the places for walk-ins from hours before the start.
        """
        now = now or timezone.now()
        lapsed = (
            _appointments()
            .lapsed(now)
            .filter(slot=OuterRef("pk"))
            .order_by()
            .values("slot")
            .annotate(operations_of_all=Sum("operations"))
            .values("operations_of_all")
        )
        taken = F("taken") + kept_from_others(now)
        if not for_walk_ins:
            taken += kept_from_bookings(now)
        return self.annotate(free=F("capacity") - taken + Coalesce(Subquery(lapsed), Value(0)))

    def bookable(
        self, service: Service, operations: int, now: datetime.datetime | None = None
    ) -> Self:
        """Return the slots that can still be booked for `operations` of this service."""
        now = now or timezone.now()
        free = self.with_free(now).filter(free__gte=operations)
        return free._ahead(now)._open_to(service)

    def offered(self, service: Service, operations: int) -> Self:
        """Return what `bookable` does, for a page: by the hours that the process has cached."""
        now = timezone.now()
        free = self.with_free(now).filter(free__gte=operations, is_closed=False)
        elsewhere = [each.pk for each in OpeningWindow.cached.all() if not each.serves(service)]
        return free._ahead(now).exclude(window__in=elsewhere)

    def without_other_appointment(
        self, attendee: "Identity", besides: "Appointment | None" = None
    ) -> Self:
        """Return the slots at whose time the attendee has no live appointment.

        `besides` is one that does not count, because it is being moved.
        """
        others = _appointments().live_now().filter(attendee=attendee)
        if besides:
            others = others.exclude(pk=besides.pk)
        at_the_same_time = {"slot__start__lt": OuterRef("end"), "slot__end__gt": OuterRef("start")}
        return self.exclude(Exists(others.filter(**at_the_same_time)))

    def bookable_before_others(self, service: Service, operations: int) -> Self:
        """Return the slots with room for `operations`, places reserved for others among it.

        Places kept for walk-ins are none of it, nor is room that there is through lapsed holds
        alone, as those are still taken.
        """
        now = timezone.now()
        room = self.filter(capacity__gte=F("taken") + kept_from_bookings(now) + operations)
        return room._ahead(now)._open_to(service)

    def left_today(
        self, service: Service, operations: int, now: datetime.datetime | None = None
    ) -> Self:
        """Return the slots that run now or come later today, and take a walk-in of `operations`."""
        now = now or timezone.now()
        free = self.with_free(now, for_walk_ins=True).filter(free__gte=operations)
        return free._open_to(service).filter(office_day_q(now), end__gt=now)

    def _ahead(self, now: datetime.datetime) -> Self:
        """Return the slots that begin after `now`, and not later than can be booked."""
        # What begins after midnight belongs to the day before. `start__gt` alone reads the index of
        # an office from its first slot ever; beside the days, PostgreSQL takes it for a condition
        # of its own, and expects hardly any slots.
        today = timezone.localdate(now)
        yesterday = today - datetime.timedelta(days=1)
        later = Q(day__gt=today, day__lte=last_bookable_day(now))
        return self.filter(later | Q(day__gte=yesterday, day__lte=today, start__gt=now))

    def _open_to(self, service: Service) -> Self:
        """Return the slots that are not closed, in windows for this service."""
        open_slots = self.filter(is_closed=False, office__is_active=True)
        return open_slots.exclude(Q(window__in=_windows_without(service)))

    def reserved(self) -> Self:
        """Return the slots with places to hand out to the waiting list, the earliest first."""
        return self.filter(reserved__gt=0).order_by("start", "pk")

    def with_keys(self, sent: Iterable[str]) -> Self:
        """Return those whose keys were sent, in whichever form."""
        return self.filter(pk__in=keys_in(sent))

    def distinct_starts(self) -> list["Slot"]:
        """Return the first of an office's slots that begin together, in parallel windows."""
        by_start: dict[datetime.datetime, Slot] = {}
        for slot in self.order_by("start", "pk"):
            by_start.setdefault(slot.start, slot)
        return list(by_start.values())

    def days(self) -> "models.QuerySet[Slot, dict[str, Any]]":
        """Return each day with its earliest start and its free operations."""
        return self.order_by("day").values("day").annotate(first=Min("start"), places=Sum("free"))


def last_bookable_day(now: datetime.datetime) -> datetime.date:
    return timezone.localdate(now) + datetime.timedelta(days=settings.BOOKING["HORIZON_DAYS"])


def kept_from_others(now: datetime.datetime) -> Case:
    """Return an expression for the reserved places that nobody else can take.

    They are none once the allocator has not run for 15 minutes: without a worker nobody hands them
    out, so that everybody can take them.
    """
    alive = Chore.objects.filter(name=ALLOCATOR, ran_at__gt=now - ALLOCATOR_MISSED_AFTER)
    return Case(When(Exists(alive), then=F("reserved")), default=Value(0))


def still_kept(now: datetime.datetime) -> Q:
    """Return the condition for slots whose places for walk-ins nobody else can take yet."""
    hours = datetime.timedelta(hours=settings.BOOKING["KEPT_UNTIL_HOURS"])
    return Q(start__gt=now + hours)


def kept_from_bookings(now: datetime.datetime) -> Case:
    """Return an expression for the places that only walk-ins can take.

    They are none from hours before the start, so that what is left goes to everybody by itself.
    """
    return Case(When(still_kept(now), then=F("kept")), default=Value(0))


def _windows_without(service: Service) -> models.QuerySet[OpeningWindow, Any]:
    """Return the windows that name their services, but not this service."""
    named = OpeningWindow.objects.filter(services__isnull=False)
    return named.exclude(services=service).values("pk")


class Slot(models.Model):
    """A start time at an office, and the operations that it takes.

    `day` is the day on which its window began: a slot at half past midnight belongs to the evening
    before. `taken` counts the operations of live appointments and open offers. `reserved` counts
    those that came free where somebody waits: the allocator offers them to the waiting list, or
    lets them go. `kept` counts those for walk-ins, until everybody can take them.
    """

    office = ReferenceForeignKey(Office, on_delete=models.PROTECT, related_name="slots")
    window = ReferenceForeignKey(OpeningWindow, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField(_("day"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    reserved = models.PositiveSmallIntegerField(default=0)
    kept = models.PositiveSmallIntegerField(default=0)
    # The first of the reserved places came free then.
    reserved_at = models.DateTimeField(null=True)
    is_closed = models.BooleanField(default=False)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["start", "pk"]
        indexes = [
            models.Index(fields=["office", "day", "start"], name="slot_by_office"),
            models.Index(fields=["start"], name="slot_reserved", condition=Q(reserved__gt=0)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["window", "start"], name="slot_once"),
            models.CheckConstraint(
                name="slot_never_oversold",
                condition=Q(
                    taken__gte=0,
                    reserved__gte=0,
                    kept__gte=0,
                    capacity__gte=F("taken") + F("reserved") + F("kept"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {self.start:%Y-%m-%d %H:%M}"
