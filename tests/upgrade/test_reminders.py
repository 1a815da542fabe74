"""Reminders that wait in the outbox before the upgrade become the moments at which they are due."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from core.messaging.models import Message
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.requests_app.people import after

pytestmark = pytest.mark.django_db
OF_APPOINTMENTS = "appointments.migrations.0010_reminders_when_due"
OF_RETURNS = "requests_app.migrations.0006_reminders_when_due"


def reminder(subject, moment, **fields):
    return factories.MessageFactory(about=subject.reference, next_attempt_at=moment, **fields)


@pytest.mark.both_engines
def test_waiting_reminders_are_taken_over_and_other_messages_stay(officer):
    booked, cancelled = places.confirmed(), places.confirmed()
    places.cancel(cancelled)
    returned = after(factories.filed(), officer, "claimed", "returned")
    now = timezone.now()
    tomorrow, soon, week = (now + timedelta(hours=ahead) for ahead in (10, 20, 168))
    for subject in (booked, returned, cancelled):
        type(subject).objects.update(remind_at=None)
    Message.objects.all().delete()
    for moment in (soon, tomorrow):
        reminder(booked, moment)
    reminder(returned, week)
    kept = [
        reminder(booked, now),  # due when it was written
        reminder(booked, soon, attempts=1),  # tried again
        reminder(cancelled, soon),
        factories.MessageFactory(next_attempt_at=soon),  # about nothing
    ]
    for module in (OF_APPOINTMENTS, OF_RETURNS):
        import_module(module).take_over(apps, None)
    for subject, moment in ((booked, tomorrow), (cancelled, None)):
        subject.refresh_from_db()
        assert subject.remind_at == moment
    assert Inquiry.objects.get(pk=returned.pk).remind_at == week
    assert list(Message.objects.order_by("pk")) == kept
