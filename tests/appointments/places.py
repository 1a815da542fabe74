"""Offices, hours, slots and appointments for the tests, on days that stand still."""

import datetime
import uuid

from django.contrib.auth.models import Permission
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment, Office, OpeningWindow, Slot
from tawasul.catalogue.models import Region
from tests import factories

# An ordinary week: Umm al-Qura 16 Dhu al-Qadah 1447 to 19 Dhu al-Qadah 1447.
SUNDAY = datetime.date(2026, 5, 3)
MONDAY = datetime.date(2026, 5, 4)
TUESDAY = datetime.date(2026, 5, 5)
WORKING_DAYS = [6, 0, 1, 2, 3]
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)


def at(day, time):
    """A moment in the Kingdom."""
    zone = timezone.get_default_timezone()
    return datetime.datetime.combine(day, datetime.time.fromisoformat(time), zone)


class Clock:
    """Stands until it is set; Sunday at nine to begin with."""

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
    return Office.objects.get_or_create(slug=slug, defaults={**texts, **fields})[0]


def window(opens="08:00", closes="15:00", services=(), **fields):
    """Opening hours from Sunday to Thursday, four operations every quarter of an hour."""
    made = OpeningWindow.objects.create(
        office=fields.pop("office", None) or office(),
        weekdays=fields.pop("weekdays", WORKING_DAYS),
        opens=datetime.time.fromisoformat(opens),
        closes=datetime.time.fromisoformat(closes),
        **fields,
    )
    made.services.set(services)
    return made


def slot(day=MONDAY, time="10:00", *, of=None, capacity=4, minutes=15, belongs_to=None):
    """A slot of the window `of`, made by itself: on Monday at ten unless told."""
    of = of or OpeningWindow.objects.first() or window()
    return Slot.objects.create(
        office=of.office,
        window=of,
        day=belongs_to or day,
        start=at(day, time),
        end=at(day, time) + minutes * MINUTE,
        capacity=capacity,
    )


def held(user=None, *, slot, **wish):
    user = user or factories.UserFactory()
    holder = wish.pop("holder", user.identity)
    return actions.hold(
        actor=user,
        holder=holder,
        attendee=wish.pop("attendee", holder),
        service=wish.pop("service", None) or factories.ServiceFactory(),
        slot=slot,
        operations=wish.pop("operations", 1),
        key=wish.pop("key", None) or uuid.uuid4(),
        **wish,
    )


def confirmed(user=None, *, slot, **wish):
    """An appointment that stands."""
    kept = held(user, slot=slot, **wish)
    return actions.confirm(actor=kept.user, appointment=kept)


def in_state(state, *, slot, **wish):
    """An appointment of that state, whatever led to it."""
    appointment = confirmed(slot=slot, **wish)
    Appointment.objects.filter(pk=appointment.pk).update(state=state)
    appointment.refresh_from_db()
    return appointment


def taken(slot):
    return Slot.objects.get(pk=slot.pk).taken


def clerk(*offices, codenames=("view_appointment", "receive_appointment"), **fields):
    """Somebody who receives people at these offices, without an identity unless given."""
    user = factories.OfficerFactory(**fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    user.offices.set(offices)
    return user
