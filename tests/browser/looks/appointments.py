"""The looks of appointments for applicants: booking, following and checking the slip."""

import datetime
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from appointments import actions
from appointments.actions.offers import make_offer
from appointments.actions.places import move_places
from appointments.actions.waiting import entry_of
from appointments.models import Appointment, Office, OpeningWindow, Slot
from core.catalogue.models import Service
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import criteria_of, verified
from tests.browser.looks import Group, look, people
from tests.browser.looks.people import BORN
from tests.browser.looks.steps import (
    enter,
    open_all,
    press,
    read_picture,
    send,
    send_code,
    send_nothing,
)
from tests.browser.looks.tables import looks

MANY = 30
NEW, VERIFY = "appointments/new/", "appointments/verify/"
OFFICES, DAYS, TIMES = (f"{NEW}{step}/?{{criteria}}" for step in ("office", "day", "time"))
# The addresses of the prepared appointments, by their names.
CONFIRMED, HELD, OFFERED, REPLACED, OF_BENEFICIARY = (
    f"appointments/{{{name}.reference}}/"
    for name in ("confirmed", "held", "offered", "replaced", "of_beneficiary")
)
MOVE, CANCEL = f"{CONFIRMED}move/", f"{CONFIRMED}cancel/"
Status = Appointment.Status
HOUR = datetime.timedelta(hours=1)


def prepare(language):
    times = free_times()
    resident = people.resident(language, email="aslam@example.com")
    palm = people.establishment(resident.identity)
    idle = people.person("7000000025", "مؤسسة السدرة", "Sidra Trading", birth_date=None)
    factories.link(idle, resident.identity, "representative")
    beneficiary = people.beneficiary(language, employer=resident)
    appointments = in_every_status(resident, iter(times))
    booked = {"service": Service.objects.get(slug="resident-services"), "slot": times[-1]}
    of_beneficiary = places.confirmed(resident, attendee=beneficiary.identity, **booked)
    worker = people.former_worker(language, resident)
    passed_on = places.confirmed(resident, attendee=worker.identity, **booked)
    people.leave(worker)
    waiting = wishes(language, times[-3:])
    people.many_like(appointments["served"], MANY)
    people.deliver_everything()
    return {
        "browsers": {
            "resident": people.acting_for(None, resident),
            "newcomer": verified(people.newcomer(language)),
            "employer": people.acting_for(palm, resident),
            "idle": people.acting_for(idle, resident),
            "beneficiary": verified(beneficiary),
            "former_worker": verified(worker),
            "employer_of_many": verified(people.employer_of_many(language)),
            **{
                name: verified(waiting[f"user_{name}"])
                for name in ("waits", "is_offered", "waited")
            },
        },
        **appointments,
        **waiting,
        **chosen_so_far(resident, times[0]),
        **{f"slip_of_{name}": slip_of(appointments[name]) for name in SLIPS},
        "of_beneficiary": of_beneficiary,
        "passed_on": passed_on,
        "number": resident.identity.current_number,
    }


def free_times():
    """Return the slots of one day at one of two offices of Riyadh, which have slots for weeks."""
    call_command("load_reference", verbosity=0)
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.exclude(office__in=offices_of_riyadh()).delete()
    call_command("make_slots", verbosity=0)
    slots = Slot.objects.filter(office=offices_of_riyadh()[0])
    soon = timezone.localdate() + datetime.timedelta(days=3)
    day = slots.filter(day__gte=soon).order_by("start").first().day
    return slots.filter(day=day).distinct_starts()


def offices_of_riyadh():
    return list(Office.objects.filter(region__slug="riyadh").order_by("slug")[:2])


def chosen_so_far(resident, slot):
    """Return the query strings for the addresses of the steps."""
    criteria = criteria_of(resident.identity, Service.objects.get(slug="resident-id-issue"))
    elsewhere = Office.objects.exclude(region=slot.office.region).first()
    full = Slot.objects.filter(office=slot.office, day__gt=slot.day).order_by("start").first()
    Slot.objects.filter(office=slot.office, day=full.day).update(is_closed=True)
    return {
        "criteria": urlencode(criteria),
        "elsewhere": urlencode({**criteria, "region": elsewhere.region.slug}),
        "at_office": urlencode({"office": slot.office.slug}),
        "at_office_elsewhere": urlencode({"office": elsewhere.slug}),
        "on_day": urlencode({"office": slot.office.slug, "day": slot.day}),
        "on_full_day": urlencode({"office": slot.office.slug, "day": full.day}),
    }


def in_every_status(resident, times):
    """Return an appointment in every status.

    The ended ones are made first: a person has one live appointment per service.
    """
    services = filter(is_for_residents_themselves, Service.objects.order_by("slug"))
    first = next(services)

    def booked(service=None, action=places.confirmed):
        return action(resident, slot=next(times), service=service or next(services))

    def ended(status):
        return set_status(booked(first), status)

    # A displaced appointment would prevent the next one, so these two get their status last.
    closed = [ended(Status.SERVED) for _time in range(2)]
    found = {
        "cancelled": ended(Status.CANCELLED),
        "expired": ended(Status.EXPIRED),
        "served": ended(Status.SERVED),
        "missed": ended(Status.NO_SHOW),
        "over": begun_ago(ended(Status.CONFIRMED), HOUR),
    }
    Appointment.objects.filter(pk=found["over"].pk).update(status=Status.SERVED)
    displaced, replaced = (set_status(each, Status.DISPLACED) for each in closed)
    found |= {
        "displaced": displaced,
        "replaced": offered(replaced, next(times), "appointment_displaced"),
        "confirmed": booked(),
        "late": begun_ago(booked(), -HOUR),
        "offered": offered(booked(), next(times), "appointment_offered"),
        "moved": actions.move(actor=resident, appointment=booked(), slot=next(times)),
        "held": booked(action=places.held),
    }
    (lapsed,) = places.lapse(booked(action=places.held))
    return {**found, "lapsed": lapsed}


def is_for_residents_themselves(service):
    is_for_them = "resident" in service.beneficiary_kinds and "oneself" in service.through
    return service.can_be_booked and is_for_them


def begun_ago(appointment, passed):
    """Move the slot of `appointment` to today, to the time `passed` ago."""
    start = timezone.now() - passed
    times = {"day": timezone.localdate(), "start": start, "end": start + HOUR / 4}
    Slot.objects.filter(pk=appointment.slot_id).update(**times)
    appointment.refresh_from_db()
    return appointment


def set_status(appointment, status):
    """Give `appointment` this status, without the events that lead to it."""
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    appointment.refresh_from_db()
    return appointment


def offered(appointment, slot, template):
    """Offer `slot` to `appointment`."""
    offer_to(entry_of(appointment), slot, template)
    return appointment


def offer_to(waiting, slot, template):
    """Offer `slot` to who waits."""
    with transaction.atomic():
        waiting.save()
        make_offer(waiting, slot, until=timezone.now() + HOUR, template=template)
        move_places({}, into=slot, operations=waiting.operations)
    return waiting


def wishes(language, slots):
    """Return people who wait without an appointment: without an offer, with one, and no more."""
    service = Service.objects.get(slug="resident-id-issue")
    made = {}
    for n, name in enumerate(("waits", "is_offered", "waited")):
        person = people.person(f"200000004{n}", "يوسف حمدان", "Yusuf Hamdan")
        user = factories.UserFactory(identity=person, language=language)
        made[name] = places.wish(user, service, region=slots[0].office.region)
        made[f"user_{name}"] = user
    offer_to(made["is_offered"], slots[0], "time_free")
    actions.stop_waiting(actor=made["user_waited"], waiting=made["waited"])
    return made


def choose_taken(visitor, _things):
    """Close the first time on the page, and press it."""
    chosen = visitor.page.locator("[name=slot]").first
    Slot.objects.filter(pk=chosen.get_attribute("value")).update(is_closed=True)
    visitor.click(chosen)


def choose_the_last(visitor, _things):
    visitor.click(visitor.page.locator("[name=slot]").last)


SLIPS = ("confirmed", "moved", "cancelled", "displaced", "over")


def slip_of(appointment):
    """Return the code of the first slip; after a move there is a newer one."""
    return appointment.slips.first().check_code


VERIFYING = looks(
    "newcomer",
    ("verify", VERIFY),
    ("verify-empty", VERIFY, send_nothing("Verify my data")),
    (
        "verify-wrong",
        VERIFY,
        enter(number="{number}", **BORN),
        read_picture,
        press("Verify my data"),
    ),
    (
        "verify-without-picture",
        VERIFY,
        press("Text me a code instead"),
        send("Send the code", mobile="0500000099"),
        send_code("Next"),
    ),
)
BOOKING = (
    look("appointment-new", "resident", NEW),
    look("appointment-new-for-oneself-alone", "newcomer", NEW),
    look("appointment-new-empty", "resident", NEW, send_nothing("Next: choose an office")),
    *looks(
        "employer_of_many",
        ("appointment-new-person", NEW),
        ("appointment-new-person-found", NEW, send("Search", words="3")),
    ),
    look("appointment-new-of-many", "resident", f"{NEW}person/?{{criteria}}&for=beneficiaries"),
    look("appointment-new-filled", "resident", f"{NEW}?{{criteria}}&operations=9"),
    look("appointment-new-not-open", "resident", f"{NEW}?{{criteria}}&service=sponsored-services"),
    look("appointment-new-acting", "employer", NEW),
    look("appointment-new-for-nobody", "idle", NEW),
    *looks(
        "resident",
        ("offices", OFFICES),
        ("offices-opened", OFFICES, open_all),
        ("offices-nothing-free", f"{NEW}office/?{{elsewhere}}"),
        ("days", f"{DAYS}&{{at_office}}"),
        ("days-as-calendar", f"{DAYS}&{{at_office}}", open_all),
        ("days-nothing-free", f"{NEW}day/?{{elsewhere}}&{{at_office_elsewhere}}"),
        ("times", f"{TIMES}&{{on_day}}"),
        ("times-nothing-free", f"{TIMES}&{{on_full_day}}"),
        ("times-taken", f"{TIMES}&{{on_day}}", choose_taken),
    ),
)
WAITING = (
    look("wish-new", "resident", f"{NEW}wait/?{{criteria}}"),
    look("wish-new-at-office", "resident", f"{NEW}wait/?{{criteria}}&{{at_office}}"),
    look("wish", "waits", "appointments/waiting/{waits.pk}/"),
    look("wishes", "waits", "appointments/"),
    look("wish-offered", "is_offered", "appointments/waiting/{is_offered.pk}/"),
    look("wish-offered-on-my-page", "is_offered", "my/"),
    look("wish-ended", "waited", "appointments/waiting/{waited.pk}/"),
    look("wish-left", "waits", "appointments/waiting/{waits.pk}/", press("Leave the waiting list")),
    look(
        "wish-accepted",
        "is_offered",
        "appointments/waiting/{is_offered.pk}/",
        press("Accept this time"),
    ),
)
FOLLOWING = (
    look("appointments", "resident", "appointments/"),
    look("appointments-last-page", "resident", "appointments/?page=2"),
    look("appointments-none", "newcomer", "appointments/"),
    *(
        look(f"appointment-{status}", "resident", f"appointments/{{{status}.reference}}/")
        for status in (
            *("confirmed", "held", "lapsed", "late", "moved", "offered", "displaced", "replaced"),
            *("cancelled", "expired", "served", "missed"),
        )
    ),
    look("appointment-of-a-beneficiary", "beneficiary", OF_BENEFICIARY),
    look("appointments-of-a-beneficiary", "beneficiary", "appointments/"),
    look("appointment-just-confirmed", "resident", HELD, press("Confirm the appointment")),
    look("slip", "resident", f"{CONFIRMED}slip/"),
    look("appointment-no-longer-theirs", "resident", "appointments/{passed_on.reference}/"),
    look("appointment-passed-on", "former_worker", "appointments/{passed_on.reference}/"),
    look("slip-of-a-beneficiary", "beneficiary", f"{OF_BENEFICIARY}slip/"),
    look("waiting", "resident", CONFIRMED, press("Tell me")),
    look("not-waiting", "resident", CONFIRMED, press("Stop telling me")),
    look("offer-taken", "resident", OFFERED, press("Accept this time")),
    look("offer-declined", "resident", REPLACED, press("No, thank you")),
)
CHANGING = looks(
    "resident",
    ("move", MOVE),
    ("move-day", f"{MOVE}day/?{{at_office}}"),
    ("move-time", f"{MOVE}time/?{{on_day}}"),
    ("just-moved", f"{MOVE}time/?{{on_day}}", choose_the_last),
    ("cancel", CANCEL),
    ("just-cancelled", CANCEL, press("Cancel the appointment")),
)
CHECKING = tuple(look(f"check-{name}", "anonymous", f"check/{{slip_of_{name}}}/") for name in SLIPS)

APPOINTMENTS = Group(
    "appointments",
    ("en/appointments/", "en/check/"),
    prepare,
    # Moving and cancelling come last, as they invalidate the slip that CHECKING shows as valid.
    (VERIFYING, CHECKING, BOOKING, WAITING, FOLLOWING, CHANGING),
)
