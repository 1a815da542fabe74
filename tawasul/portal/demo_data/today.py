"""The people whom the clerk of the demo expects today, at whatever hour it is started."""

from datetime import datetime
from functools import partial
from typing import Any

from appointments.actions import make_slots
from appointments.models import Appointment, OpeningWindow, Slot
from tawasul.portal.demo_data.appointment_stories import STORIES
from tawasul.portal.demo_data.bookings import MINUTE, Booking
from tawasul.portal.demo_data.chronicle import Chronicle
from tawasul.portal.demo_data.clock import clock_at
from tawasul.portal.demo_data.days import DAY, Days, moment
from tawasul.portal.demo_data.people import named
from tawasul.portal.management.commands.load_demo import AROUND_THE_CLOCK, OFFICE

ELSEWHERE = "riyadh"


def is_empty(now: datetime) -> bool:
    """Return whether nobody is expected at the clerk's office today."""
    return not Appointment.objects.of_today(now).filter(slot__office__slug=OFFICE).exists()


def add_today(chronicle: Chronicle, days: Days) -> None:
    """Add those of today, and when they were booked: on the days before."""
    with clock_at(days.now - DAY):
        # In the night, the evening of yesterday is still at the desk.
        make_slots(OpeningWindow.objects.filter(office__slug=OFFICE))
    starts = _starts(days.now)
    for number, story in enumerate(STORIES["today"]):
        start = starts.get(story["at"])
        # On a holiday the office is closed; and who has another appointment comes to that.
        if start and not _is_booked(story["who"]):
            _add(chronicle, days, number, story, start)
    for number, story in enumerate(STORIES["today_at_riyadh"]):
        start = moment(days.today, story["hour"] * 60)
        is_open = Slot.objects.filter(office__slug=ELSEWHERE, start=start, is_closed=False).exists()
        if is_open and not _is_booked(story["who"]):
            _add_elsewhere(chronicle, days, number, story, start)


def _starts(now: datetime) -> dict[int, datetime]:
    """Return {0: the start of the time that runs now, 1: of the next one, -1: of the last one}."""
    at_office = Slot.objects.filter(
        office__slug=OFFICE, window__opens=AROUND_THE_CLOCK["opens"], is_closed=False
    )
    begun = at_office.filter(start__lte=now, start__gt=now - DAY).order_by("-start")
    to_come = at_office.filter(start__gt=now, start__lt=now + DAY).order_by("start")
    starts = {-before: slot.start for before, slot in enumerate(begun)}
    return starts | {after: slot.start for after, slot in enumerate(to_come, 1)}


def _add_elsewhere(
    chronicle: Chronicle, days: Days, number: int, story: dict[str, Any], start: datetime
) -> None:
    """Add somebody at the office that is open on working days alone: served by now, or due."""
    name, now = f"{ELSEWHERE} {days.today.isoformat()} {number}", days.now
    booking = Booking(name, story["who"], story["service"])
    booked_at = now - (1 + number % 3) * DAY - number * 11 * MINUTE
    chronicle.add(booked_at, partial(booking.book, ELSEWHERE, start))
    if start + 30 * MINUTE > now:
        return
    if story.get("missed"):
        chronicle.add(start + 20 * MINUTE, booking.miss)
        return
    chronicle.add(start - 5 * MINUTE, booking.check_in)
    chronicle.add(start + 4 * MINUTE, booking.call)
    chronicle.add(start + 15 * MINUTE, booking.serve)


def _is_booked(name: str) -> bool:
    return Appointment.objects.live_now().filter(attendee=named(name)).exists()


def _add(
    chronicle: Chronicle, days: Days, number: int, story: dict[str, Any], start: datetime
) -> None:
    name, now = f"{days.today.isoformat()} {number}", days.now
    booking = Booking(name, story["who"], story["service"])
    standing = story["standing"]
    came_at = min(start, now - 10 * MINUTE) - (8 - number % 5) * MINUTE
    if story.get("walk_in"):
        came_at = min(start + 3 * MINUTE, now - MINUTE)
        chronicle.add(came_at, partial(booking.walk_in, OFFICE))
    else:
        book = booking.book_by_phone if story.get("by_phone") else booking.book
        booked_at = now - (1 + number % 4) * DAY - number * 7 * MINUTE
        chronicle.add(booked_at, partial(book, OFFICE, start))
        if standing in ("here", "called", "served"):
            chronicle.add(came_at, booking.check_in)
    if standing == "served":
        chronicle.add(start + 6 * MINUTE, booking.call)
        chronicle.add(start + (14 + number % 9) * MINUTE, booking.serve)
    elif standing == "called":
        chronicle.add(now - (4 + number % 3 * 3) * MINUTE, booking.call)
    elif standing == "missed":
        chronicle.add(start + 18 * MINUTE, booking.miss)
