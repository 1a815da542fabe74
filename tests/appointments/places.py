"""Offices, hours, slots and appointments for the tests.

The days below are fixed, for tests with the `clock` fixture; `some_slot` is always ahead of now.
"""

import datetime
import uuid
from itertools import count

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from appointments import actions
from appointments.actions.offers import make_offer
from appointments.actions.places import move_places
from appointments.actions.waiting import entry_of
from appointments.models import Appointment, Assistance, Office, OpeningWindow, Slot
from appointments.models.slots import ALLOCATOR
from core.catalogue.models import Region
from core.chores.models import Chore
from core.exceptions import RuleViolation
from core.messaging.models import Message
from core.references import grouped_reference
from core.template_filters import moment_in_text, time_of_day
from tests import factories

# An ordinary week: 16 to 19 Dhu al-Qadah 1447 in the Umm al-Qura calendar.
SUNDAY = datetime.date(2026, 5, 3)
MONDAY = datetime.date(2026, 5, 4)
TUESDAY = datetime.date(2026, 5, 5)
WEDNESDAY = datetime.date(2026, 5, 6)
ON_SUNDAY = "3 May 2026 CE (16 Dhu al-Qadah 1447 AH)"
ON_MONDAY = "4 May 2026 CE (17 Dhu al-Qadah 1447 AH)"
ON_TUESDAY = "5 May 2026 CE (18 Dhu al-Qadah 1447 AH)"
ON_WEDNESDAY = "6 May 2026 CE (19 Dhu al-Qadah 1447 AH)"
# As components/when.html shows them.
WHEN_MONDAY = "Monday 4 May 2026 CE 17 Dhu al-Qadah 1447 AH"
WHEN_TUESDAY = "Tuesday 5 May 2026 CE 18 Dhu al-Qadah 1447 AH"
# As the list of days shows them.
SHORT_MONDAY, SHORT_TUESDAY = "Monday 4 May 17 Dhu al-Qadah", "Tuesday 5 May 18 Dhu al-Qadah"
WORKING_DAYS = [6, 0, 1, 2, 3]
SECOND = datetime.timedelta(seconds=1)
MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def at(day, time):
    """Return the moment of this day and time in the time zone of the Kingdom."""
    zone = timezone.get_default_timezone()
    return datetime.datetime.combine(day, datetime.time.fromisoformat(time), zone)


class Clock:
    """A clock that stands still until it is set; it begins on Sunday at nine."""

    def __init__(self):
        self.now = at(SUNDAY, "09:00")

    def __call__(self):
        return self.now


def region(slug="riyadh", iso="SA-01", name="Riyadh"):
    return Region.objects.get_or_create(
        slug=slug, defaults={"iso": iso, "name_ar": name, "name_en": name}
    )[0]


def office(slug="al-rimal", name="Al-Rimal", **fields):
    fields = {"region": fields.pop("region", None) or region(), **fields}
    texts = {"name_ar": name, "name_en": name, "city_ar": "Riyadh", "city_en": "Riyadh"}
    texts |= {"short_name_ar": name[:30], "short_name_en": name[:30]}
    return Office.objects.get_or_create(slug=slug, defaults={**texts, **fields})[0]


def window(opens="08:00", closes="15:00", services=(), **fields):
    """Make opening hours from Sunday to Thursday, four operations every quarter of an hour."""
    made = OpeningWindow.objects.create(
        office=fields.pop("office", None) or office(),
        weekdays=fields.pop("weekdays", WORKING_DAYS),
        opens=datetime.time.fromisoformat(opens),
        closes=datetime.time.fromisoformat(closes),
        **fields,
    )
    made.services.set(services)
    return made


def slot(day=MONDAY, time="10:00", *, of=None, capacity=4, minutes=15, belongs_to=None, kept=0):
    """Make a single slot of the window `of`, on Monday at ten by default."""
    of = of or OpeningWindow.objects.first() or window()
    return Slot.objects.create(
        office=of.office,
        window=of,
        day=belongs_to or day,
        start=at(day, time),
        end=at(day, time) + minutes * MINUTE,
        capacity=capacity,
        kept=kept,
    )


_offices = count(1)


def some_slots(number=1, *, time="12:00", capacity=1):
    """Make consecutive slots of half an hour at an office of their own.

    They are so far ahead that, at any time of day, both reminders of an appointment are still due.
    """
    day = timezone.localdate() + datetime.timedelta(days=2)
    opens = at(day, time)
    hours = window(
        opens=time,
        closes=f"{opens + number * 30 * MINUTE:%H:%M}",
        office=office(f"office-{next(_offices)}", "Olaya"),
        weekdays=[day.weekday()],
        slot_minutes=30,
        capacity=capacity,
    )
    return [
        slot(day, f"{start:%H:%M}", of=hours, capacity=capacity, minutes=30)
        for start in hours.starts_on(day)
    ]


def some_slot(**hours):
    return some_slots(**hours)[0]


def held(user=None, *, slot=None, **criteria):
    """Hold a place of `slot` as `user`, for themselves by default."""
    user = user or factories.UserFactory()
    slot = slot or some_slot()
    holder = criteria.pop("holder", user.identity)
    return actions.hold(
        actor=user,
        holder=holder,
        attendee=criteria.pop("attendee", holder),
        service=criteria.pop("service", None) or factories.ServiceFactory(),
        slot=slot,
        operations=criteria.pop("operations", 1),
        idempotency_key=criteria.pop("idempotency_key", None) or uuid.uuid4(),
        **criteria,
    )


def confirmed(user=None, **criteria):
    """Make a confirmed appointment."""
    kept = held(user, **criteria)
    return actions.confirm(actor=kept.user, appointment=kept)


def in_status(status, *, slot, **criteria):
    """Make an appointment of this status, without the events that lead to it."""
    appointment = confirmed(slot=slot, **criteria)
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    appointment.refresh_from_db()
    return appointment


def move(appointment, slot):
    return actions.move(actor=appointment.user, appointment=appointment, slot=slot)


def cancel(appointment):
    return actions.cancel(actor=appointment.user, appointment=appointment)


def wait(appointment, office=None):
    return actions.wait(actor=appointment.user, appointment=appointment, office=office)


def allocate():
    """Let the allocator hand out what is reserved, as the worker does; return how many offers."""
    made = actions.allocate()
    note_worker()
    return made


def offered_to(slot):
    """Allocate; return the appointments with an open offer of the slot, in order of the offers."""
    allocate()
    return [offer.appointment for offer in slot.offers.open().order_by("pk")]


def note_worker():
    """Note that the allocator has just run, so that reserved places are kept from others."""
    Chore.objects.update_or_create(name=ALLOCATOR, defaults={"ran_at": timezone.now()})


def displace():
    """Displace appointments whose office has closed, and tell each; return how many."""
    displaced = actions.displace_due()
    allocate()
    return displaced


def status_of(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def event_types(appointment):
    return list(appointment.events.values_list("event_type", flat=True))


def taken(slot):
    return Slot.objects.get(pk=slot.pk).taken


def reserved(slot):
    return Slot.objects.get(pk=slot.pk).reserved


def kept(slot):
    """Return the places of the slot that are kept for walk-ins."""
    return Slot.objects.get(pk=slot.pk).kept


def stop_waiting(appointment):
    actions.stop_waiting(actor=appointment.user, waiting=appointment.waitings.open().get())


def lapse(*holds):
    """Let the holds lapse, as if their minutes were over and no worker had expired them yet.

    All of them lapse together, because a new hold expires the lapsed holds of its slot.
    """
    for each in holds:
        each.expires_at = timezone.now() - SECOND
        Appointment.objects.filter(pk=each.pk).update(expires_at=each.expires_at)
    return list(holds)


def texts(appointment):
    """Return the messages about the appointment, with its reminders, in alphabetical order."""
    about = Message.objects.filter(about=appointment.reference)
    return sorted(about.values_list("text", flat=True))


def whose(appointment):
    """Return the number of the appointment and for whom it is, as texts say it."""
    number = grouped_reference(appointment.reference)
    return f"appointment {number} for {appointment.attendee.first_name}"


def facts(appointment, slot=None):
    """Return which service, when and where it is, as texts say it; `slot` is another time."""
    slot = slot or appointment.slot
    when, office = moment_in_text(slot.start), slot.office.short_name
    return f"{appointment.service.short_name}, {when}, {office}."


def notice_of_confirmation(appointment):
    return f"Tawasul: {whose(appointment)} is confirmed: {facts(appointment)}"


def notice_of_cancellation(appointment):
    return f"Tawasul: {whose(appointment)} has been cancelled: {facts(appointment)}"


def reminders_of(appointment):
    """Return both reminders, the one of the day before last."""
    until = time_of_day(appointment.move_until)
    return [
        f"Tawasul: reminder of {whose(appointment)}: {facts(appointment)} "
        f"You can still move it to another time until {until}.",
        f"Tawasul: reminder of {whose(appointment)}: {facts(appointment)}",
    ]


OF_CLERKS = ("view_appointment", "receive_appointment", "assist_person")


def clerk(*offices, codenames=OF_CLERKS, **fields):
    """Make a clerk who receives people at these offices, without an identity by default."""
    user = factories.OfficerFactory(**fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    user.offices.set(offices)
    return user


def manager(*offices):
    """Make a manager who keeps the hours of these offices and receives people there."""
    user = factories.of_role("manager")
    user.offices.set(offices)
    return user


def assistance(clerk, person, aim="book", **fields):
    """Let the clerk have begun to help the person, who has shown their passport."""
    return Assistance.objects.create(
        clerk=clerk,
        office=fields.pop("office", None) or clerk.offices.get(),
        person=person,
        aim=aim,
        **{
            "way": Assistance.Way.COUNTER,
            "document": "passport",
            "document_end": "AB12",
            "proven_at": timezone.now(),
            **fields,
        },
    )


def walked_in(clerk, **changes):
    """Let somebody without an appointment come to the only office of the clerk."""
    given = {
        "office": clerk.offices.get(),
        "number": factories.IdentityFactory().current_number,
        "service": factories.ServiceFactory(),
        "operations": 1,
        "idempotency_key": uuid.uuid4(),
    }
    return actions.walk_in(actor=clerk, **given | changes)


def displace_alone(appointment):
    """Give this appointment the status of one whose office has closed, and its entry."""
    Appointment.objects.filter(pk=appointment.pk).update(status=Appointment.Status.DISPLACED)
    appointment.refresh_from_db()
    entry = entry_of(appointment)
    entry.save()
    return entry


def wish(user, service=None, **changes):
    """Put `user`, by default, on the waiting list of the region, without an appointment."""
    today = timezone.localdate()
    given = {
        "holder": user.identity,
        "attendee": user.identity,
        "service": service or factories.ServiceFactory(),
        "operations": 1,
        "region": region(),
        "office": None,
        "last_day": today + 3 * DAY,
    }
    return actions.wait_for_any_time(actor=user, **given | changes)


def offered(appointment):
    """Offer the appointment a time at an office of its own, for 30 minutes."""
    other = some_slot()
    until = timezone.now() + 30 * MINUTE
    waiting = appointment.waitings.open().first() or entry_of(appointment)
    with transaction.atomic():
        waiting.save()
        offer = make_offer(waiting, other, until=until, template="appointment_offered")
        move_places({}, into=other, operations=appointment.operations)
    return offer


def refused(action, *args, **kwargs):
    """Return the message of the refusal; check that it changed no appointment."""
    sentence = refusal(action, *args, **kwargs)
    assert sentence is not None
    return sentence


def refusal(action, *args, **kwargs):
    """Return the message of the refusal as `refused` does, or None if the action was done."""
    fields = ("pk", "status", "slot", "version")
    before = list(Appointment.objects.order_by("pk").values(*fields))
    try:
        action(*args, **kwargs)
    except RuleViolation as broken:
        assert list(Appointment.objects.order_by("pk").values(*fields)) == before
        return str(broken.message)
    return None
