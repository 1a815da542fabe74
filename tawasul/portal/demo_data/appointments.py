"""The appointments of the demo's past weeks and of those ahead, with a closing and who waits."""

import random
from functools import partial
from itertools import count

from django.db.models import QuerySet

from appointments import actions
from appointments.models import Closure, Office, OpeningWindow
from core.accounts.models import User
from core.catalogue.models import Region, Service
from core.identity_numbers import IdentityKind
from tawasul.portal.demo_data.appointment_stories import STORIES
from tawasul.portal.demo_data.bookings import MINUTE, Booking
from tawasul.portal.demo_data.chronicle import Chronicle
from tawasul.portal.demo_data.days import Days
from tawasul.portal.demo_data.people import identity_of, invented, named

# Working days before today.
FIRST, SLOTS_AGAIN, UNMARKED, CLOSED = -20, -9, -2, 3
OPENED = FIRST - 6
A_DAY = 4  # appointments
OPEN = 10 * 60  # minutes after midnight: the offices are open from then on, in Ramadan too
OFFICES = ("riyadh", "al-rimal", "riyadh", "qasr-al-hukm")
CLOSED_OFFICE = "qasr-al-hukm"
SERVICES: dict[str, tuple[str, ...]] = {
    IdentityKind.CITIZEN: ("passport-renew", "passport-issue", "passport-extend"),
    IdentityKind.RESIDENT: ("iqama-renew", "resident-services", "resident-id-issue"),
}
# Of ten appointments.
CANCELLED, MISSED, LEFT_TO_THE_NIGHT = 3, 6, 8


def add_appointments(chronicle: Chronicle, days: Days) -> None:
    for number in (OPENED, SLOTS_AGAIN):
        chronicle.add(days.at(number, 6 * 60), partial(actions.make_slots, _windows()))
    _add_past(chronicle, days)
    _add_walk_ins(chronicle, days)
    _add_ahead(chronicle, days)


def _windows() -> "QuerySet[OpeningWindow]":
    return OpeningWindow.objects.filter(office__slug__in=OFFICES)


# The past


def _add_past(chronicle: Chronicle, days: Days) -> None:
    """Add some for each working day, each of another person or for another service."""
    chance = random.Random(1)  # noqa: S311 - the same at each start
    pairs = _people_and_services()
    chance.shuffle(pairs)
    numbers = count()
    for day in range(FIRST, 0):
        for place in range(A_DAY):
            number = next(numbers)
            name, service = pairs[number % len(pairs)]
            booking = Booking(f"past {number}", name, service)
            office = OFFICES[(place + day) % len(OFFICES)]
            minutes = OPEN + 15 + 75 * place
            _add_one(chronicle, days, booking, number, day, office, minutes)


def _people_and_services() -> list[tuple[str, str]]:
    """Return whom the past can be about: those of today and of the days ahead come later."""
    later = [*STORIES["today"], *STORIES["today_at_riyadh"], *STORIES["ahead"], *STORIES["wishes"]]
    taken = {(story["who"], story["service"]) for story in later}
    return [
        (person.name_en, service)
        for person in map(identity_of, invented())
        for service in SERVICES[str(person.kind)]
        if (person.name_en, service) not in taken
    ]


def _add_one(
    chronicle: Chronicle,
    days: Days,
    booking: Booking,
    number: int,
    day: int,
    office: str,
    minutes: int,
) -> None:
    start = days.at(day, minutes)
    booked_at = days.at(day - 1 - number % 5, 9 * 60 + number * 37 % 660)
    chronicle.add(booked_at, partial(booking.book, office, start))
    if number % 10 == CANCELLED:
        chronicle.add(days.at(day - 1, 20 * 60 + number % 50), booking.cancel)
    elif number % 10 == MISSED:
        chronicle.add(start + 25 * MINUTE, booking.miss)
    elif number % 10 != LEFT_TO_THE_NIGHT:
        chronicle.add(start - (12 - number % 9) * MINUTE, booking.check_in)
        chronicle.add(start + (3 + number % 5) * MINUTE, booking.call)
        chronicle.add(start + (11 + number % 13) * MINUTE, booking.serve)


def _add_walk_ins(chronicle: Chronicle, days: Days) -> None:
    """Add one every second day; the last one is received, and then never marked."""
    names = STORIES["walk_ins"]
    for number, day in enumerate(range(FIRST, UNMARKED + 1, 2)):
        booking = Booking(f"walk-in {number}", names[number % len(names)], "resident-services")
        office = OFFICES[number % 2]
        came_at = days.at(day, OPEN + 10 + number * 17 % 200)
        chronicle.add(came_at, partial(booking.walk_in, office))
        if day < UNMARKED:
            chronicle.add(came_at + 12 * MINUTE, booking.call)
            chronicle.add(came_at + 21 * MINUTE, booking.serve)


# What is ahead


def _add_ahead(chronicle: Chronicle, days: Days) -> None:
    closed_at = days.at(-1, 14 * 60)
    for number, story in enumerate(STORIES["ahead"]):
        booking = Booking(
            f"ahead {number}", story["who"], story["service"], attendee=story.get("for", "")
        )
        start = days.at(story["in"], story["hour"] * 60)
        booked_at = days.at(-2 - number % 4, 9 * 60 + number * 41)
        chronicle.add(booked_at, partial(booking.book, story["office"], start))
        then_at = closed_at + (30 + number) * MINUTE
        match story.get("then"):
            case "wait":
                chronicle.add(then_at, booking.wait)
            case "cancel":
                chronicle.add(then_at, booking.cancel)
            case "move":
                later = days.at(CLOSED + 1, story["hour"] * 60)
                chronicle.add(then_at, partial(booking.move, story["office"], later))
    chronicle.add(closed_at, partial(_close, days))
    for number, story in enumerate(STORIES["wishes"]):
        chronicle.add(closed_at + (60 + number) * MINUTE, partial(_wish, days, story))


def _close(days: Days) -> None:
    """Close an office for a day ahead, as its manager does, and offer those booked other times."""
    office = Office.objects.get(slug=CLOSED_OFFICE)
    day = days.day(CLOSED)
    Closure.objects.create(
        office=office,
        first_day=day,
        last_day=day,
        reason_ar=STORIES["closing"]["ar"],
        reason_en=STORIES["closing"]["en"],
    )
    actions.make_slots(OpeningWindow.objects.filter(office=office))
    actions.displace_due()
    actions.allocate()


def _wish(days: Days, story: dict[str, str | int]) -> None:
    person = named(str(story["who"]))
    office = Office.objects.filter(slug=story["office"]).first()
    actions.wait_for_any_time(
        actor=User.objects.select_related("identity").get(identity=person),
        holder=person,
        attendee=person,
        service=Service.objects.get(slug=story["service"]),
        operations=1,
        region=Region.objects.get(slug="riyadh"),
        office=office,
        last_day=days.day(int(story["until"])),
    )
