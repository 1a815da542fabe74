"""A database from before the columns had the field's names opens, goes on, and verifies.

`rows.json` was written by the portal at commit 710984c: inquiries and appointments in every status,
with their events, slips, an offer, reminders that wait and a code on its way.
"""

import datetime
import json
import uuid
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from appointments import actions as booking
from appointments.models import Appointment, AppointmentEvent, Offer
from core.accounts.models import User
from core.events import chain_is_whole
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from requests_app import actions as inquiries
from requests_app.models import Inquiry, InquiryEvent
from tests.delivery import deliver_due

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]

ROWS = json.loads(Path(__file__).with_name("rows.json").read_text(encoding="utf-8"))
BEFORE = [
    ("messaging", "0003_owners"),
    ("catalogue", "0004_regions"),
    ("accounts", "0003_codes_for_the_mobile_of_an_inquiry"),
    ("requests_app", "0003_search"),
    ("appointments", "0003_came_free"),
]
# When the last of the rows was written.
WRITTEN_AT = datetime.datetime(2026, 5, 4, 7, 2, tzinfo=datetime.UTC)


def number_of(model):
    return sum(row["model"] == model for row in ROWS)


def insert(apps):
    """Write the rows into the tables as they were."""
    models = set()
    with transaction.atomic():
        for row in ROWS:
            model = apps.get_model(row["model"])
            models.add(model)
            chosen = {field.name for field in model._meta.many_to_many}
            values = {
                model._meta.get_field(name).attname: model._meta.get_field(name).to_python(value)
                for name, value in row["fields"].items()
                if name not in chosen
            }
            made = model.objects.create(pk=row["pk"], **values)
            for name in chosen:
                getattr(made, name).set(row["fields"][name])
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)


@pytest.fixture(autouse=True)
def upgraded(monkeypatch, settings):
    settings.SMS_GATEWAY = settings.MAIL_GATEWAY = "core.messaging.gateways.DemoPhone"
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        insert(executor.loader.project_state(BEFORE).apps)
    finally:
        call_command("migrate", verbosity=0)
    monkeypatch.setattr(timezone, "now", lambda: WRITTEN_AT)


def booked_by(username):
    return Appointment.objects.get(user__username=username, is_walk_in=False)


def reminders_about(thing):
    return Message.objects.filter(
        about=thing.reference, status="waiting", next_attempt_at__gt=WRITTEN_AT
    )


def test_upgraded_chains_are_whole_and_pending_business_goes_on():
    things = [*Inquiry.objects.all(), *Appointment.objects.all()]
    assert len(things) == number_of("requests_app.inquiry") + number_of("appointments.appointment")
    assert [thing.reference for thing in things if not chain_is_whole(thing)] == []
    for model in (InquiryEvent, AppointmentEvent):
        assert model.objects.count() == number_of(model._meta.label_lower) > 10
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=model.objects.first().pk).update(role="portal")

    appointment = booked_by("confirmed")
    assert appointment.remind_at > WRITTEN_AT
    assert not reminders_about(appointment).exists()
    booking.cancel(actor=appointment.user, appointment=appointment)

    Offer.objects.update(expires_at=WRITTEN_AT + datetime.timedelta(minutes=5))
    offer = Offer.objects.open().get(appointment=booked_by("displaced"))
    booking.accept(actor=offer.appointment.user, offer=offer)
    assert booked_by("displaced").slot == offer.slot

    inquiry = Inquiry.objects.get(status="returned_to_applicant")
    assert inquiry.remind_at > WRITTEN_AT
    inquiries.answer_return(
        actor=inquiry.applicant,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text="Here it is.",
        idempotency_key=uuid.uuid4(),
    )
    assert not reminders_about(inquiry).exists()
    inquiry = Inquiry.objects.get(pk=inquiry.pk)
    assert inquiry.remind_at is None
    for thing in (booked_by("confirmed"), booked_by("displaced"), inquiry):
        assert chain_is_whole(thing)

    code = User.objects.get(username="waits").onetimecode_set.latest("created_at")
    deliver_due()
    (arrived,) = (text for text in DemoPhone().received() if text["key"] == str(code.pk))
    assert any(len(word) == 6 and word.isdigit() for word in arrived["text"].split())
