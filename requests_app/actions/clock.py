"""The clock of an inquiry: it stands while the applicant has to answer, and ends what waits long.

The days are working days, and those of an answer and of the end are whole days of the Kingdom.
"""

import datetime
from typing import Any, cast

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from core.catalogue.working_days import add_working_days, count_working_days
from requests_app.models import Inquiry
from requests_app.models.days import DAY, start_of

Status = Inquiry.Status
# A return that waits for an answer is followed by a reminder so long after it, and by another one
# so long before it ends.
WEEK = datetime.timedelta(days=7)


def clock_after(inquiry: Inquiry, before: str, after: str) -> dict[str, Any]:
    """Return the fields of the clock of an inquiry that goes from one status to another.

    A return keeps the working days that are left, and at least one. Its answer makes the inquiry
    due so many days from today.
    """
    today = timezone.localdate()
    changes: dict[str, Any] = {"remind_at": None, "ends_at": _end(after, today), "days_left": None}
    if after == Status.RETURNED_TO_APPLICANT:
        left = count_working_days(today, cast(datetime.date, inquiry.due_on))
        return changes | {"remind_at": timezone.now() + WEEK, "days_left": max(1, left)}
    if before == Status.RETURNED_TO_APPLICANT:
        returned = inquiry.events.filter(event_type="returned").order_by("-seq")
        since = timezone.localdate(returned.values_list("at", flat=True)[0])
        changes["days_waited"] = F("days_waited") + count_working_days(since, today)
    if after == Status.RETURNED_BY_APPLICANT and inquiry.days_left:
        changes["due_on"] = add_working_days(today, inquiry.days_left)
    return changes


def clock_of_question(*, is_open: bool) -> dict[str, Any]:
    """Return the fields of the clock of a processed inquiry, which an open question keeps open.

    With its answer the days until the end begin anew.
    """
    return {"ends_at": None if is_open else _end(Status.PROCESSED, timezone.localdate())}


def next_reminder(inquiry: Inquiry) -> datetime.datetime | None:
    """Return when to remind again of a return after the reminder of now; None if that was the last.

    It comes at the same time of day as the one before.
    """
    last = cast(datetime.datetime, inquiry.remind_at)
    time = timezone.localtime(last).timetz()
    then = datetime.datetime.combine(cast(datetime.date, inquiry.last_day) - WEEK, time)
    return then if then > last else None


def _end(status: str, today: datetime.date) -> datetime.datetime | None:
    days = {
        Status.RETURNED_TO_APPLICANT: settings.INQUIRIES["RETURN_DAYS"],
        Status.PROCESSED: settings.INQUIRIES["CLOSING_DAYS"],
    }.get(Status(status))
    return start_of(today + (days + 1) * DAY) if days else None
