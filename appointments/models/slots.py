"""The start times that offices have, and how much each still takes."""

import datetime

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.office_day import of_office_day
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow


def _appointments():
    # By its name: appointments refer to slots, so neither file can import both ways.
    return apps.get_model("appointments.Appointment").objects


class SlotQuerySet(models.QuerySet):
    def with_free(self, now=None):
        """Each with its `free` operations: those of holds that have lapsed count as free."""
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

    def bookable(self, service, operations, now=None):
        """Those that somebody can still book for so many operations of this service."""
        now = now or timezone.now()
        last_day = timezone.localdate(now) + datetime.timedelta(
            days=settings.BOOKING["HORIZON_DAYS"]
        )
        return self._that_take(service, operations, now).filter(start__gt=now, day__lte=last_day)

    def left_today(self, service, operations, now=None):
        """Those that run now or come later today, and still take so many operations of it."""
        now = now or timezone.now()
        left = self._that_take(service, operations, now).filter(end__gt=now)
        return left.filter(of_office_day(now))

    def _that_take(self, service, operations, now):
        return (
            self.with_free(now)
            .filter(is_closed=False, free__gte=operations, office__is_active=True)
            .exclude(Q(window__in=_windows_without(service)))
        )

    def that_came_free(self, since):
        """Those with places that came free after that, and before which somebody is booked."""
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

    def distinct_starts(self):
        """Of an office's slots that begin together, in hours side by side, the first."""
        before = self.order_by().filter(start=OuterRef("start"), pk__lt=OuterRef("pk"))
        return self.exclude(Exists(before))

    def days(self):
        """Each day with its earliest start and the operations that are free on it."""
        return self.order_by("day").values("day").annotate(first=Min("start"), places=Sum("free"))


def _windows_without(service):
    """Windows that name their services, and not this one."""
    named = OpeningWindow.objects.filter(services__isnull=False)
    return named.exclude(services=service).values("pk")


class Slot(models.Model):
    """A start time at an office, and how many operations it takes.

    `day` is the day on which its window began: a slot at half past midnight belongs to the evening
    before. `taken` changes in `move_places` alone.
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="slots")
    window = models.ForeignKey(OpeningWindow, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField(_("day"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    # When it last took more than before: somebody gave a place back, or its hours changed.
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

    def __str__(self):
        return f"{self.office_id} {self.start:%Y-%m-%d %H:%M}"
