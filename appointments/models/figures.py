"""Figures of an office: its places and their use, counted in operations."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, ExtractHour, Greatest, TruncDate
from django.utils import timezone

from appointments.models.appointments import Appointment, AppointmentQuerySet
from appointments.models.offices import Office
from appointments.models.slots import Slot
from core.catalogue.models import Service

Status = Appointment.Status
# What has been an appointment until its time was over.
OVER = (Status.SERVED, Status.NO_SHOW, Status.UNMARKED)
# A day, and the hours since its midnight.
_Cell = tuple[datetime.date, int]


@dataclass(frozen=True)
class Figures:
    """Figures of one office by day, by hour of the day and by service.

    Each field is {key: Counter of operations}. A slot after midnight in the hours of an evening
    belongs to the day of that evening, and its hour comes last.
    """

    days: dict[datetime.date, Counter[str]]
    hours: dict[int, Counter[str]]
    services: dict[Service, Counter[str]]


def figures_of(office: Office, first: datetime.date, last: datetime.date) -> Figures:
    """Return the Figures of these days, in four queries for any number of appointments."""
    now = timezone.now()
    days: dict[datetime.date, Counter[str]] = {
        first + datetime.timedelta(days=n): Counter() for n in range((last - first).days + 1)
    }
    hours: defaultdict[int, Counter[str]] = defaultdict(Counter)
    cells = _cells(office, first, last, now)
    for day, hour in sorted(cells, key=lambda cell: cell[1]):
        days[day].update(cells[day, hour])
        hours[hour % 24].update(cells[day, hour])
    used = {hour: row for hour, row in hours.items() if row["places"] or row["booked"]}
    return Figures(days, used, _services(office, first, last, now))


def total(figures: Iterable[Counter[str]]) -> Counter[str]:
    """Return the sum of all these figures."""
    together: Counter[str] = Counter()
    for each in figures:
        together.update(each)
    return together


def load(figures: Counter[str]) -> int | None:
    """Return the percentage of the places that is booked, or None without places."""
    return round(100 * figures["booked"] / figures["places"]) if figures["places"] else None


def _cells(
    office: Office, first: datetime.date, last: datetime.date, now: datetime.datetime
) -> defaultdict[_Cell, Counter[str]]:
    """Return {(day, hours since its midnight): figures}."""
    cells: defaultdict[_Cell, Counter[str]] = defaultdict(Counter)
    is_open = Q(is_closed=False)
    slots = Slot.objects.with_free(now).filter(office=office, day__range=(first, last))
    here = Appointment.objects.filter(_stands(now), slot=OuterRef("pk")).order_by()
    booked = here.values("slot").annotate(all=Sum("operations")).values("all")
    slots = slots.annotate(booked=Coalesce(Subquery(booked), Value(0)))
    # A place that was served early, or at a time that was closed later, was a place all the same.
    given = Case(When(is_open, then=Greatest("capacity", "booked")), default=F("booked"))
    for cell, row in _by_hour(
        slots,
        places=Sum(given, default=0),
        left=Sum("free", filter=is_open, default=0),
    ):
        cells[cell].update(places=row["places"], free=row["left"])
    over = Q(status__in=OVER, slot__is_closed=False)
    for cell, row in _by_hour(
        _appointments(office, first, last),
        "slot__",
        **_sums(now),
        cancelled=_sum(Q(status=Status.CANCELLED, confirmed_at__isnull=False)),
        over=_sum(over),
    ):
        # Each that is over has given its place back, but nobody else can have it.
        free = max(cells[cell]["free"] - row.pop("over"), 0)
        cells[cell].update(row)
        cells[cell]["free"] = free
    return cells


def _services(
    office: Office, first: datetime.date, last: datetime.date, now: datetime.datetime
) -> dict[Service, Counter[str]]:
    """Return {service: figures}, the most booked service first."""
    sums: Any = _appointments(office, first, last).values("service").annotate(**_sums(now))
    rows: dict[int, Counter[str]] = {
        row.pop("service"): Counter(row) for row in sums.filter(booked__gt=0)
    }
    services = Service.objects.in_bulk(rows).values()
    most_booked_first = sorted(services, key=lambda each: (-rows[each.pk]["booked"], each.pk))
    return {service: rows[service.pk] for service in most_booked_first}


def _appointments(office: Office, first: datetime.date, last: datetime.date) -> AppointmentQuerySet:
    return Appointment.objects.filter(
        slot__office=office, slot__day__range=(first, last)
    ).order_by()


def _sums(now: datetime.datetime) -> dict[str, Sum]:
    """Return the sums; appointments ahead and past are booked, a hold only while it lasts."""
    return {
        "booked": _sum(_stands(now)),
        "served": _sum(Q(status=Status.SERVED)),
        "missed": _sum(Q(status=Status.NO_SHOW)),
    }


def _stands(now: datetime.datetime) -> Q:
    stands = Q(status__in=(*Appointment.LIVE, *OVER))
    return stands & ~Q(status=Status.HELD, expires_at__lte=now)


def _sum(condition: Q) -> Sum:
    return Sum("operations", filter=condition, default=0)


def _by_hour(rows: QuerySet, slot: str = "", **sums: Sum) -> Iterator[tuple[_Cell, dict[str, Any]]]:
    """Yield ((day, hours since its midnight), {name: sum}) of the rows.

    `slot` is the prefix of lookups from a row to its slot.
    """
    zone = timezone.get_default_timezone()
    grouped = rows.order_by().values(
        of_day=F(f"{slot}day"),
        on_date=TruncDate(f"{slot}start", tzinfo=zone),
        at_hour=ExtractHour(f"{slot}start", tzinfo=zone),
    )
    for row in grouped.annotate(**sums):
        day, date, hour = (row.pop(name) for name in ("of_day", "on_date", "at_hour"))
        yield (day, hour + 24 * (date - day).days), row
