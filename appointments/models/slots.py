"""Slots: the start times of offices, and the operations that each still takes."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.office_day import office_day_q
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow
from core.catalogue.models import Service

if TYPE_CHECKING:
    from appointments.models.appointments import AppointmentQuerySet


def _appointments() -> "AppointmentQuerySet":
    # Looked up by name, because appointments.py imports this file.
    return apps.get_model("appointments.Appointment").objects.all()


class SlotQuerySet(models.QuerySet["Slot"]):
    def with_free(self, now: datetime.datetime | None = None) -> Self:
        """Annotate each slot with its `free` operations; lapsed holds count as free."""
        lapsed = (
            _appointments()
            .lapsed(now or timezone.now())
            .filter(slot=OuterRef("pk"))
            .order_by()
            .values("slot")
            .annotate(operations_of_all=Sum("operations"))
            .values("operations_of_all")
        )
        return self.annotate(free=F("capacity") - F("taken") + Coalesce(Subquery(lapsed), Value(0)))

    def bookable(
        self, service: Service, operations: int, now: datetime.datetime | None = None
    ) -> Self:
        """Return the slots that can still be booked for `operations` of this service."""
        now = now or timezone.now()
        last_day = timezone.localdate(now) + datetime.timedelta(
            days=settings.BOOKING["HORIZON_DAYS"]
        )
        return self._that_take(service, operations, now).filter(start__gt=now, day__lte=last_day)

    def left_today(
        self, service: Service, operations: int, now: datetime.datetime | None = None
    ) -> Self:
        """Return the slots that run now or come later today, and still take `operations`."""
        now = now or timezone.now()
        left = self._that_take(service, operations, now).filter(end__gt=now)
        return left.filter(office_day_q(now))

    def _that_take(self, service: Service, operations: int, now: datetime.datetime) -> Self:
        return (
            self.with_free(now)
            .filter(is_closed=False, free__gte=operations, office__is_active=True)
            .exclude(Q(window__in=_windows_without(service)))
        )

    def freed_since(self, since: datetime.datetime) -> Self:
        """Return the slots with places freed after `since` for which an appointment waits.

        It is a later appointment on the waiting list, in the same region.
        """
        later = Exists(
            _appointments().filter(
                waitings__ended_at=None,
                waitings__isnull=False,
                slot__office__region=OuterRef("office__region"),
                slot__start__gt=OuterRef("start"),
            )
        )
        free = self.filter(later, came_free_at__gt=since, taken__lt=F("capacity"), is_closed=False)
        return free.select_related("office").order_by("start", "pk")

    def distinct_starts(self) -> Self:
        """Return the first of an office's slots that begin together, in parallel windows."""
        before = self.order_by().filter(start=OuterRef("start"), pk__lt=OuterRef("pk"))
        return self.exclude(Exists(before))

    def days(self) -> "models.QuerySet[Slot, dict[str, Any]]":
        """Return each day with its earliest start and its free operations."""
        return self.order_by("day").values("day").annotate(first=Min("start"), places=Sum("free"))


def _windows_without(service: Service) -> models.QuerySet[OpeningWindow, Any]:
    """Return the windows that name their services, but not this service."""
    named = OpeningWindow.objects.filter(services__isnull=False)
    return named.exclude(services=service).values("pk")


class Slot(models.Model):
    """A start time at an office, and the operations that it takes.

    `day` is the day on which its window began: a slot at half past midnight belongs to the evening
    before. `taken` is changed by `move_places` alone.
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="slots")
    window = models.ForeignKey(OpeningWindow, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField(_("day"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    # This is when it last took more than before: a place was given back, or its hours changed.
    came_free_at = models.DateTimeField(null=True)
    is_closed = models.BooleanField(default=False)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["start", "pk"]
        indexes = [
            models.Index(fields=["office", "day", "start"], name="slot_by_office"),
            models.Index(
                fields=["came_free_at"],
                name="slot_came_free",
                condition=Q(came_free_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["window", "start"], name="slot_once"),
            models.CheckConstraint(
                name="slot_never_oversold",
                condition=Q(taken__gte=0, taken__lte=F("capacity")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {self.start:%Y-%m-%d %H:%M}"
