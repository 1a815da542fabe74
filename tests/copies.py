"""Copies of rows, which are made quicker than rows of their own by the actions."""

import uuid

from appointments.models import Appointment, Slot
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.appointments.places import MINUTE, MONDAY, at


def copies(inquiry, count, **changes):
    """Create copies of `inquiry`, each with its own reference."""
    fields = {**fields_of(Inquiry.objects.get(pk=inquiry.pk)), **changes}
    rows = [Inquiry(idempotency_key=uuid.uuid4(), **fields) for _row in range(count)]
    return Inquiry.objects.bulk_create(rows)


def copies_of_appointment(appointment, count, **changes):
    """Create copies of `appointment`, each of a service and an attendee of its own."""
    fields = {**fields_of(appointment, "service", "attendee"), **changes}
    made = [
        Appointment.objects.create(
            **fields,
            idempotency_key=uuid.uuid4(),
            service=factories.ServiceFactory(),
            attendee=factories.IdentityFactory(),
        )
        for _row in range(count)
    ]
    for each in made:
        factories.link(each.holder, each.attendee)
    return made


def fields_of(row, *others):
    """Return the values of the row, without the `others` and what is unique to each row."""
    own = ("id", "idempotency_key", "reference", *others)
    names = [field.name for field in row._meta.concrete_fields if field.name not in own]
    return {name: getattr(row, name) for name in names}


def documents_of(inquiry, count, **changes):
    """Create so many documents without files, as no page opens them."""
    kind = factories.document_type()
    number = inquiry.attachments.count()
    Attachment.objects.bulk_create(
        Attachment(
            inquiry=inquiry,
            document_type=kind,
            original_name=f"page {number + row}.jpg",
            stored_name=uuid.uuid4().hex,
            content_type="image/jpeg",
            size=1000,
            sha256=uuid.uuid4().hex,
            **changes,
        )
        for row in range(count)
    )


def slots_of(window, count, *, day=MONDAY, minutes=15):
    """Make `count` consecutive slots of a day, from eight o'clock."""
    start = at(day, "08:00")
    return Slot.objects.bulk_create(
        Slot(
            office=window.office,
            window=window,
            day=day,
            start=start + n * minutes * MINUTE,
            end=start + (n + 1) * minutes * MINUTE,
            capacity=4,
        )
        for n in range(count)
    )
