"""Offices, their hours, and what is booked there, made the way the portal makes them.

People come from `tests.factories`.
"""

import datetime
import uuid

import factory
from django.contrib.auth.models import Permission
from django.utils import timezone
from factory.django import DjangoModelFactory

from appointments import actions
from appointments.models import Appointment, Office, OpeningWindow
from tawasul.catalogue.models import Region
from tawasul.display import moment_in_words
from tawasul.messaging.models import Message
from tests.factories import ServiceFactory, UserFactory

NOON = datetime.time(12)


def region(slug="riyadh"):
    texts = {"iso": "SA-01", "name_ar": "منطقة الرياض", "name_en": "Riyadh Region"}
    return Region.objects.get_or_create(slug=slug, defaults=texts)[0]


class OfficeFactory(DjangoModelFactory):
    class Meta:
        model = Office

    region = factory.LazyFunction(region)
    slug = factory.Sequence(lambda n: f"office-{n}")
    name_ar = "جوازات العليا"
    name_en = "Olaya passports office"
    city_ar = "الرياض"
    city_en = "Riyadh"
    address_ar = "طريق العليا"
    address_en = "Olaya Road"


def day_after_tomorrow():
    """Far enough that, at any time of day, an appointment has both its reminders before it."""
    return timezone.localdate() + datetime.timedelta(days=2)


def window(office=None, *, day=None, opens=NOON, slots=1, services=(), **others):
    """Hours on a single day, in the Kingdom's time, with so many slots."""
    day = day or day_after_tomorrow()
    others = {"slot_minutes": 30, "capacity": 1, **others}
    length = datetime.timedelta(minutes=slots * others["slot_minutes"])
    window = OpeningWindow.objects.create(
        office=office or OfficeFactory(),
        weekdays=[day.weekday()],
        valid_from=day,
        valid_until=day,
        opens=opens,
        closes=(datetime.datetime.combine(day, opens) + length).time(),
        **others,
    )
    window.services.set(services)
    return window


def slots(office=None, **hours):
    """The slots of a window of their own."""
    made_from = window(office, **hours)
    actions.make_slots()
    return list(made_from.slots.all())


def slot(office=None, **hours):
    """A slot of half an hour, from noon on the day after tomorrow, with one place unless told."""
    return slots(office, **hours)[0]


def held(at=None, user=None, *, attendee=None, service=None, operations=1, **others):
    """A place of the slot `at` that `user` holds, for themselves unless told."""
    user = user or UserFactory()
    return actions.hold(
        actor=user,
        holder=user.identity,
        attendee=attendee or user.identity,
        service=service or ServiceFactory(),
        slot=at or slot(capacity=operations),
        operations=operations,
        key=uuid.uuid4(),
        **others,
    )


def confirmed(*args, **kwargs):
    """An appointment: a place held as `held` does, and confirmed."""
    appointment = held(*args, **kwargs)
    return actions.confirm(actor=appointment.user, appointment=appointment)


def lapse(*holds):
    """As if their minutes were over, and no worker had seen them yet.

    All at once: whoever holds a place ends the holds of that slot that have lapsed.
    """
    for each in holds:
        each.expires_at = timezone.now() - datetime.timedelta(seconds=1)
        Appointment.objects.filter(pk=each.pk).update(expires_at=each.expires_at)
    return list(holds)


def texts(appointment):
    """What is texted about it, the reminders among it."""
    about = Message.objects.filter(about=appointment.reference)
    return sorted(about.values_list("text", flat=True))


def notice_of_confirmation(appointment):
    at, office = moment_in_words(appointment.slot.start), appointment.slot.office.name
    return f"Tawasul: appointment {appointment.reference} is confirmed: {at}, {office}."


def notice_of_cancellation(appointment):
    at = moment_in_words(appointment.slot.start)
    return f"Tawasul: appointment {appointment.reference} on {at} has been cancelled."


def texts_of_a_confirmation(appointment):
    """The notice and both reminders, in the order of `texts`."""
    at, office = moment_in_words(appointment.slot.start), appointment.slot.office.name
    number = appointment.reference
    return [
        f"Tawasul: appointment {number} begins in two hours: {at}, {office}.",
        notice_of_confirmation(appointment),
        f"Tawasul: do not forget appointment {number} tomorrow: {at}, {office}.",
    ]


def permissions_of_a_clerk():
    codenames = ["view_appointment", "receive_appointment"]
    return Permission.objects.filter(codename__in=codenames)
