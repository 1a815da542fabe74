"""Steps that the tests of invitations share."""

import datetime
import uuid

from core.messaging.models import Message
from requests_app.models import Inquiry
from tawasul.portal import actions
from tests import factories
from tests.appointments import places

DAY = datetime.timedelta(days=1)
TO_BRING = "The old passport too."


def chosen(inquiry, **changes):
    """Return what an officer chooses for the inquiry: its service, in the region of an office."""
    inquiry.refresh_from_db()
    return {
        "expected_version": inquiry.version,
        "service": inquiry.service,
        "region": places.region(),
        "until": actions.last_days()[5],
        "documents": [factories.document_type()],
        "what_to_bring": TO_BRING,
        "idempotency_key": uuid.uuid4(),
        **changes,
    }


def invited(inquiry, officer=None, **changes):
    """Ask the person of the inquiry to come, as the officer who has it."""
    fields = chosen(inquiry, **changes)
    return actions.invite(actor=officer or inquiry.assignee, inquiry=inquiry, **fields)


def withdrawn(inquiry, officer=None):
    inquiry = Inquiry.objects.get(pk=inquiry.pk)
    return actions.withdraw_invitation(
        actor=officer or inquiry.assignee, inquiry=inquiry, expected_version=inquiry.version
    )


def form_of(inquiry, **changes):
    """Return what the form of an officer sends."""
    fields = chosen(inquiry)
    return {
        **fields,
        "service": fields["service"].slug,
        "region": fields["region"].slug,
        "until": fields["until"].isoformat(),
        "documents": [each.slug for each in fields["documents"]],
        **changes,
    }


def events_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))[2:]


def texts_about(inquiry):
    about = Message.objects.about(inquiry.reference).filter(channel="sms")
    return [(each.recipient, each.text) for each in about.order_by("pk")][1:]


def booked(inquiry, slot, **changes):
    criteria = {"slot": slot, "service": inquiry.service, **changes}
    return places.confirmed(inquiry.applicant, **criteria)


def link_on(page, text):
    markup = page.content.decode().partition(f">{text}</a>")[0]
    return markup.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
