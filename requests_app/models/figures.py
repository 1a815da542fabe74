"""Figures of inquiries: what is open, what came and went in four weeks, and who works on it."""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Case, Count, Q, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from core.accounts.models import User
from requests_app.models.answer_times import days_to_answer
from requests_app.models.days import DAY, start_of
from requests_app.models.inquiries import Inquiry
from requests_app.models.lists import InquiryQuerySet

# How many days ago an inquiry was filed: {name: (from, to)}, the last without an end.
AGES: dict[str, tuple[int, int | None]] = {
    "2": (0, 2),
    "7": (3, 7),
    "14": (8, 14),
    "30": (15, 30),
    "more": (31, None),
}


@dataclass(frozen=True)
class Figures:
    """Figures of inquiries; each number counts rows that the queue can list."""

    open: dict[int, Counter[str]]  # {service: those open and overdue, and by the names of AGES}
    ages: dict[str, Counter[str]]  # {name of AGES: those open and overdue}
    days: dict[datetime.date, Counter[str]]  # {day: those filed and answered}
    services: dict[int, Counter[str]]  # {service: those filed, answered, in_time and returned}
    times: dict[int, Counter[int]]  # {service: {working days: those answered after so many}}
    officers: dict[int | None, Counter[str]]  # {assignee: those waiting, overdue and returned}


def may_see_figures(user: User) -> bool:
    """Return whether they see figures: supervisors and auditors, who list all officers' work."""
    looks_after_all = user.has_perm("requests_app.assign_inquiry") or user.is_auditor
    return looks_after_all and user.has_perm("requests_app.view_inquiry")


def four_weeks() -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of the four weeks that end today."""
    today = timezone.localdate()
    return today - 27 * DAY, today


def of_age(age: str) -> Q:
    """Return the condition for inquiries of an age of AGES."""
    today, (least, most) = timezone.localdate(), AGES[age]
    filed = Q(submitted_at__lt=start_of(today - (least - 1) * DAY))
    return filed if most is None else filed & Q(submitted_at__gte=start_of(today - most * DAY))


def figures_of(inquiries: InquiryQuerySet) -> Figures:
    """Return the Figures of these inquiries, in five queries and one for the holidays.

    None reads further than what is open, or than four weeks.
    """
    inquiries, period = inquiries.order_by(), four_weeks()
    answered = inquiries.answered_on(*period)
    open_by_service, ages, by_officer = _open(inquiries)
    days: dict[datetime.date, Counter[str]] = {
        period[0] + number * DAY: Counter() for number in range((period[1] - period[0]).days + 1)
    }
    services: defaultdict[int, Counter[str]] = defaultdict(Counter)
    filed = inquiries.filed_on(*period).values_list("service", TruncDate("submitted_at"))
    for service, day, number in filed.annotate(Count("pk")):
        days[day]["filed"] += number
        services[service]["filed"] += number
    by_day = answered.values_list("service", TruncDate("processed_at"))
    for service, day, number, in_time in by_day.annotate(
        number=Count("pk"), in_time=Count("pk", filter=Inquiry.IN_TIME)
    ):
        days[day]["answered"] += number
        services[service].update(answered=number, in_time=in_time)
    returned = inquiries.returned_on(*period).values_list("service")
    for service, number in returned.annotate(Count("pk")):
        services[service]["returned"] += number
    times = days_to_answer(answered)
    return Figures(open_by_service, ages, days, dict(services), times, by_officer)


def _open(inquiries: InquiryQuerySet) -> tuple[dict, dict, dict]:
    """Return `open`, `ages` and `officers` of the Figures, from one look at what is open."""
    by_service: defaultdict[int, Counter[str]] = defaultdict(Counter)
    by_age: dict[str, Counter[str]] = {age: Counter() for age in AGES}
    by_officer: defaultdict[int | None, Counter[str]] = defaultdict(Counter)
    at_the_desk = Q(status__in=Inquiry.AT_THE_DESK)
    rows = inquiries.open().values_list(
        "service", Case(*(When(of_age(name), then=Value(name)) for name in AGES)), "assignee"
    )
    for service, age, assignee, number, waiting, overdue in rows.annotate(
        number=Count("pk"),
        waiting=Count("pk", filter=at_the_desk),
        overdue=Count("pk", filter=at_the_desk & Q(due_on__lt=timezone.localdate())),
    ):
        by_service[service].update({"open": number, "overdue": overdue, age: number})
        by_age[age].update(open=number, overdue=overdue)
        by_officer[assignee].update(waiting=waiting, overdue=overdue, returned=number - waiting)
    return dict(by_service), by_age, dict(by_officer)
