"""Outages of the SMS gateway: texts are delayed once none has left for two minutes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.messaging.actions import texts_are_delayed
from core.messaging.gateways import DemoPhone, GatewayError, Refused
from core.messaging.models import Message, Outage
from tests import factories
from tests.delivery import deliver_due

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


class Phone(DemoPhone):
    """A gateway that fails while `error` is set."""

    error = None

    def send(self, **message):
        if Phone.error and "@" not in message["recipient"]:
            raise Phone.error("status")
        super().send(**message)


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = timezone.now() + timedelta(hours=1)

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture(autouse=True)
def _phone(settings, monkeypatch):
    settings.SMS_GATEWAY = settings.MAIL_GATEWAY = f"{__name__}.Phone"
    monkeypatch.setattr(Phone, "error", GatewayError)


def attempt(clock, *, after, recipient=None):
    """Let so many seconds pass, and let the worker send whatever waits; return the number sent."""
    clock.now += timedelta(seconds=after)
    Message.objects.update(next_attempt_at=clock.now)
    if recipient:
        factories.MessageFactory(recipient=recipient, channel="email", next_attempt_at=clock.now)
    return deliver_due(limit=3)


def test_texts_are_delayed_two_minutes_after_the_first_failure(clock):
    factories.MessageFactory()
    assert not texts_are_delayed()
    for seconds, is_delayed in ((0, False), (60, False), (59, False), (1, True), (3600, True)):
        attempt(clock, after=seconds)
        assert texts_are_delayed() == is_delayed, seconds


def test_one_text_that_leaves_ends_it(clock, monkeypatch):
    factories.MessageFactory()
    attempt(clock, after=0)
    attempt(clock, after=120)
    assert texts_are_delayed()
    monkeypatch.setattr(Phone, "error", None)
    assert attempt(clock, after=1) == 1
    assert not texts_are_delayed()
    # A later failure begins anew.
    monkeypatch.setattr(Phone, "error", GatewayError)
    factories.MessageFactory()
    attempt(clock, after=600)
    assert not texts_are_delayed()


def test_mails_that_leave_do_not_end_it(clock):
    factories.MessageFactory()
    attempt(clock, after=0)
    assert attempt(clock, after=120, recipient="a@example.org") == 1
    assert texts_are_delayed()


def test_text_that_is_refused_begins_none(clock, monkeypatch):
    for error in (Refused, ValueError):
        monkeypatch.setattr(Phone, "error", error)
        factories.MessageFactory()
        attempt(clock, after=0)
        attempt(clock, after=200)
        assert not Outage.objects.exists(), error
