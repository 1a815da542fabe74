"""How long answers take, in working days from the day of filing to the day of the answer."""

from collections import Counter, defaultdict

from django.db.models import Count
from django.db.models.functions import TruncDate

from core.catalogue.working_days import number_days
from requests_app.models.lists import InquiryQuerySet


def days_to_answer(answered: InquiryQuerySet) -> dict[int, Counter[int]]:
    """Return {key of a service: {working days: how many took so many}} of answered inquiries.

    What was answered on the day on which it was filed took 0. The days on which an inquiry waited
    for its applicant do not count.
    """
    by_days = answered.order_by().values_list(
        "service", "days_waited", TruncDate("submitted_at"), TruncDate("processed_at")
    )
    rows = list(by_days.annotate(Count("pk")))
    if not rows:
        return {}
    numbers = number_days(
        min(filed for _service, _waited, filed, _answered, _number in rows),
        max(answered for _service, _waited, _filed, answered, _number in rows),
    )
    times: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for service, waited, filed_on, answered_on, number in rows:
        times[service][numbers[answered_on] - numbers[filed_on] - waited] += number
    return dict(times)


def within(times: Counter[int], percent: int) -> int | None:
    """Return within how many days at least so many percent were answered; None if none was."""
    answered, so_far = times.total(), 0
    for days in sorted(times):
        so_far += times[days]
        if 100 * so_far >= percent * answered:
            return days
    return None
