"""What the worker measures each night: within how many working days most answers come."""

from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.catalogue.models import Expectation, Service
from requests_app.models import Inquiry
from requests_app.models.answer_times import days_to_answer, within

DAY = timedelta(days=1)
MEASURED = 90 * DAY
# Fewer answers tell nothing about the next one.
MIN_ANSWERS = 20
MOST = 80  # percent


@transaction.atomic
def measure_expectations() -> int:
    """Measure the expectation of each service once a day; return of how many it was measured."""
    today = timezone.localdate()
    if Expectation.objects.filter(measured_on=today).exists():
        return 0
    answered = Inquiry.objects.answered_on(today - MEASURED, today - DAY)
    times = days_to_answer(answered)
    services = Service.objects.values_list("pk", flat=True)
    measured = [
        Expectation(service_id=pk, working_days=_expected(times.get(pk)), measured_on=today)
        for pk in services
    ]
    Expectation.objects.bulk_create(
        measured,
        update_conflicts=True,
        unique_fields=["service"],
        update_fields=["working_days", "measured_on"],
    )
    return len(measured)


def _expected(times: Counter[int] | None) -> int | None:
    """Return within how many working days most were answered; None if too few were."""
    if times is None or times.total() < MIN_ANSWERS:
        return None
    # Nobody who files in the evening has the answer on the same day.
    return max(1, within(times, MOST) or 0)
