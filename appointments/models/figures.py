"""What an office has to give and what has become of it, counted in operations."""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import F, Q, Sum
from django.db.models.functions import ExtractHour, TruncDate
from django.utils import timezone

from appointments.models.appointments import Appointment
from appointments.models.slots import Slot
from core.catalogue.models import Service

Status = Appointment.Status


@dataclass(frozen=True)
class Figures:
    """{day: figures}, {hour of the day: figures} and {service: figures} of one office.

    Figures are a Counter of operations. What begins after midnight in the hours of an evening
    belongs to the day of that evening, and its hours come last.
    """

    days: dict
    hours: dict
    services: dict


def figures_of(office, first, last):
    """The Figures of these days, in four queries, however many appointments they have."""
    now = timezone.now()
    days = {first + datetime.timedelta(days=n): Counter() for n in range((last - first).days + 1)}
    hours = defaultdict(Counter)
    cells = _cells(office, first, last, now)
    for day, hour in sorted(cells, key=lambda cell: cell[1]):
        days[day].update(cells[day, hour])
        hours[hour % 24].update(cells[day, hour])
    used = {hour: row for hour, row in hours.items() if row["places"] or row["booked"]}
    return Figures(days, used, _services(office, first, last, now))


def total(figures):
    """The figures of all of them together."""
    together = Counter()
    for each in figures:
        together.update(each)
    return together


def load(figures):
    """How many per cent of the places are booked; None where there are none."""
    return round(100 * figures["booked"] / figures["places"]) if figures["places"] else None


def _cells(office, first, last, now):
    """{(day, hours since its midnight): figures}."""
    cells = defaultdict(Counter)
    is_open = Q(is_closed=False)
    slots = Slot.objects.with_free(now).filter(office=office, day__range=(first, last))
    for cell, row in _by_hour(
        slots,
        places=Sum("capacity", filter=is_open, default=0),
        left=Sum("free", filter=is_open, default=0),
    ):
        cells[cell].update(places=row["places"], free=row["left"])
    over = Q(status__in=(Status.SERVED, Status.NO_SHOW), slot__is_closed=False)
    for cell, row in _by_hour(
        _appointments(office, first, last),
        "slot__",
        **_sums(now),
        cancelled=_sum(Q(status=Status.CANCELLED, confirmed_at__isnull=False)),
        over=_sum(over),
    ):
        # Who has come or stayed away has given the place back, but nobody else can have it.
        free = max(cells[cell]["free"] - row.pop("over"), 0)
        cells[cell].update(row)
        cells[cell]["free"] = free
    return cells


def _services(office, first, last, now):
    """{service: figures}, the one that is booked most first."""
    rows = _appointments(office, first, last).values("service").annotate(**_sums(now))
    rows = {row.pop("service"): Counter(row) for row in rows.filter(booked__gt=0)}
    services = Service.objects.in_bulk(rows).values()
    most_booked_first = sorted(services, key=lambda each: (-rows[each.pk]["booked"], each.pk))
    return {service: rows[service.pk] for service in most_booked_first}


def _appointments(office, first, last):
    return Appointment.objects.filter(
        slot__office=office, slot__day__range=(first, last)
    ).order_by()


def _sums(now):
    """Booked are those still to come and those that are over; a hold is booked while it lasts."""
    stands = Q(status__in=(*Appointment.LIVE, Status.SERVED, Status.NO_SHOW))
    return {
        "booked": _sum(stands & ~Q(status=Status.HELD, expires_at__lte=now)),
        "served": _sum(Q(status=Status.SERVED)),
        "missed": _sum(Q(status=Status.NO_SHOW)),
    }


def _sum(condition):
    return Sum("operations", filter=condition, default=0)


def _by_hour(rows, slot="", **sums):
    """((day, hours since its midnight), {name: sum}) of rows whose slots are found at `slot`."""
    zone = timezone.get_default_timezone()
    grouped = rows.order_by().values(
        of_day=F(f"{slot}day"),
        on_date=TruncDate(f"{slot}start", tzinfo=zone),
        at_hour=ExtractHour(f"{slot}start", tzinfo=zone),
    )
    for row in grouped.annotate(**sums):
        day, date, hour = (row.pop(name) for name in ("of_day", "on_date", "at_hour"))
        yield (day, hour + 24 * (date - day).days), row
