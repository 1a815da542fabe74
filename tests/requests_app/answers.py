"""Inquiries that were filed and answered on given days, quickly."""

import datetime
import uuid

from core.references import new_reference
from requests_app.models import Inquiry
from requests_app.models.days import start_of
from tests import factories

NOON = datetime.timedelta(hours=12)


def at_noon(day):
    return start_of(day) + NOON


def copies_of(inquiry, number, **changes):
    """Return so many inquiries like this one, with these fields and without its events."""
    fields = {field.attname: getattr(inquiry, field.attname) for field in Inquiry._meta.fields}
    del fields["id"]
    return Inquiry.objects.bulk_create(
        Inquiry(
            **{
                **fields,
                "idempotency_key": uuid.uuid4(),
                "reference": new_reference(),
                **changes,
            }
        )
        for _each in range(number)
    )


def answered(inquiry, filed_on, answered_on, number=1, **changes):
    """Return so many inquiries like this one that were filed and answered on these days."""
    fields = {
        "status": "processed",
        "outcome": "approved",
        "submitted_at": at_noon(filed_on),
        "processed_at": at_noon(answered_on),
        "due_on": answered_on,
    }
    return copies_of(inquiry, number, **{**fields, **changes})


def filed_for(service):
    return factories.filed(service=service)
