"""Filling the desks of the demo: once with a past, and each day anew with the people of today."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from appointments.actions import (
    allocate,
    displace_due,
    expire_due,
    lapse_due,
    remind_of_appointments,
    settle_past,
)
from appointments.models import Appointment
from core.exceptions import RuleViolation
from core.messaging.actions import expire_late
from requests_app.actions import escalate_overdue, remind_of_returns
from requests_app.models import Inquiry
from tawasul.portal.demo_data.appointments import OPENED, add_appointments
from tawasul.portal.demo_data.chronicle import Chronicle
from tawasul.portal.demo_data.days import DAY, Days, moment
from tawasul.portal.demo_data.inquiries import add_inquiries
from tawasul.portal.demo_data.notices import add_notices
from tawasul.portal.demo_data.people import add_people, are_there
from tawasul.portal.demo_data.today import add_today, is_empty

# The worker of the past, once a day: before the hours end in which people may be told of something.
ROUND = 21 * 60  # minutes after midnight
CHORES = (
    expire_late,
    expire_due,
    lapse_due,
    displace_due,
    allocate,
    remind_of_appointments,
    remind_of_returns,
    escalate_overdue,
    settle_past,
)
# What is told of the past was told before the worker of the demo starts.
JUST_NOW = timedelta(seconds=20)


def is_untouched() -> bool:
    """Return whether nobody has filed or booked anything yet, so that the past can be made."""
    return not (Inquiry.objects.exists() or Appointment.objects.exists())


def fill() -> None:
    """Make the past, in a demo that has none. The decoder has to run.

    All of it is one transaction: a start that is interrupted leaves nothing behind.
    """
    now = timezone.now()
    chronicle, days = Chronicle(), Days(now)
    with _at_once():
        add_people()
        add_inquiries(chronicle, days)
        add_appointments(chronicle, days)
        add_notices(chronicle, days)
        _add_rounds(chronicle, days)
        add_today(chronicle, days)
        chronicle.add(now - JUST_NOW, _do_chores)
        chronicle.play()


def renew_today() -> None:
    """Let people come to the clerk today as well, if nobody is expected.

    It is left as it is where staff of the demo may not receive them any more.
    """
    now = timezone.now()
    settle_past()
    if not (are_there() and is_empty(now)):
        return
    chronicle = Chronicle()
    with suppress(RuleViolation), _at_once():
        add_today(chronicle, Days(now))
        chronicle.play()


def _add_rounds(chronicle: Chronicle, days: Days) -> None:
    day, now = days.day(OPENED), days.now
    while day <= days.today:
        if (at := moment(day, ROUND)) < now - JUST_NOW:
            chronicle.add(at, _do_chores)
        day += DAY


def _do_chores() -> None:
    for chore in CHORES:
        chore()


@contextmanager
def _at_once() -> Iterator[None]:
    block = transaction.atomic()
    # The one-time codes count tries in a transaction that has to be the outermost, as a failure
    # must not take the count back. Here the failure ends all of it, as in Django's TestCase.
    block._from_testcase = True  # type: ignore[attr-defined]  # Django's own
    with block:
        yield
