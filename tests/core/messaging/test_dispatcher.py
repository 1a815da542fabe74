"""Sending several messages at once: a gateway that hangs keeps no code waiting."""

import threading

import pytest

from core.messaging.dispatcher import Dispatcher
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.core.messaging.test_delivery import CODE_TEXT, texts_arrived, write_code
from tests.races.together import until

pytestmark = pytest.mark.both_engines


class HangingPhone(DemoPhone):
    """A gateway that hangs over ordinary messages until `is_back` is set."""

    is_back = threading.Event()
    begun = []

    def send(self, *, text, **message):
        self.begun.append(text)
        if text != CODE_TEXT:
            assert self.is_back.wait(60)
        super().send(text=text, **message)


@pytest.fixture
def hanging(settings, monkeypatch):
    monkeypatch.setattr(HangingPhone, "is_back", threading.Event())
    monkeypatch.setattr(HangingPhone, "begun", [])
    settings.SMS_GATEWAY = f"{__name__}.HangingPhone"
    return HangingPhone


@pytest.fixture
def dispatcher():
    """Return a dispatcher with four senders; one of them is for codes alone."""
    dispatcher = Dispatcher(4)
    yield dispatcher
    dispatcher.finish()


def codes_waiting():
    return Message.objects.filter(is_encrypted=True, status="waiting").exists()


def test_several_messages_are_sent_at_once_and_codes_pass_a_gateway_that_hangs(
    db, dispatcher, hanging
):
    messages = factories.MessageFactory.create_batch(10)
    dispatcher.turn()
    until(lambda: len(hanging.begun) == 3)
    dispatcher.turn()
    for number in (1, 2):
        write_code()
        until(lambda: dispatcher.turn() or not codes_waiting())
        assert texts_arrived() == [CODE_TEXT] * number
    ordinary = [text for text in hanging.begun if text != CODE_TEXT]
    assert ordinary == [message.text for message in messages[:3]]

    hanging.is_back.set()
    until(lambda: dispatcher.turn() or not Message.objects.exclude(status="sent").exists())
    assert sorted(texts_arrived()[2:]) == sorted(message.text for message in messages)
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_result_waits_for_the_database(db, dispatcher, monkeypatch):
    message = factories.MessageFactory()
    dispatcher.turn()
    until(texts_arrived)
    with monkeypatch.context() as without:
        without.setattr("core.messaging.dispatcher.record", lambda *_result: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            until(dispatcher.turn)
    until(lambda: dispatcher.turn() or Message.objects.get(pk=message.pk).status == "sent")
    assert texts_arrived() == [message.text]
