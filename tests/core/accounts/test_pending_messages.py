"""Pending messages go to the mobile and the e-mail address that are current when they are sent."""

from datetime import timedelta

import pytest

from core.accounts.models import User
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in
from tests.core.accounts.test_new_mobile_and_mail import (
    ADDRESS,
    EMAIL,
    NEW_NUMBER,
    OLD_NUMBER,
    ask_for_email,
    ask_for_mobile,
    give_email_code,
    give_mobile_code,
)

OLD_ADDRESS = "old@example.org"
DAY, TWO_HOURS = timedelta(days=1), timedelta(hours=2)


@pytest.fixture
def person(db):
    return factories.UserFactory(mobile=OLD_NUMBER, email=OLD_ADDRESS)


@pytest.fixture
def browser(person):
    return signed_in(person)


@pytest.fixture
def appointment(person):
    """Create a confirmed appointment whose confirmation is sent and whose reminders are pending."""
    appointment = places.confirmed(person)
    deliver_due()
    return appointment


def change_mobile(browser, person):
    ask_for_mobile(browser)
    give_mobile_code(browser, person)


def remind(clock, appointment):
    """Let the worker send the reminders a day and two hours before; return when this began."""
    since = clock.now
    for ahead in (DAY, TWO_HOURS):
        clock.now = appointment.slot.start - ahead
        deliver_due()
    return since


def recipients(**which):
    return list(Message.objects.filter(**which).order_by("pk").values_list("recipient", flat=True))


def received_since(moment):
    """Return the recipients of texts about appointments since `moment`."""
    texts = [text for text in DemoPhone().received() if "appointment" in text["text"]]
    return {text["recipient"] for text in texts if text["at"] > moment.isoformat()}


def test_reminders_go_only_to_new_mobile(browser, person, appointment, clock):
    change_mobile(browser, person)
    changed = remind(clock, appointment)
    assert received_since(changed) == {NEW_NUMBER, OLD_ADDRESS}
    told = Message.objects.filter(about=appointment.reference, channel="sms").order_by("pk")
    assert list(told.values_list("recipient", "status")) == [
        (OLD_NUMBER, "sent"),
        (NEW_NUMBER, "sent"),
        (NEW_NUMBER, "sent"),
    ]


def test_reminders_go_only_to_new_email(browser, person, appointment, clock):
    ask_for_email(browser)
    give_email_code(browser, person)
    changed = remind(clock, appointment)
    assert received_since(changed) == {OLD_NUMBER, ADDRESS}


def test_removed_email_gets_no_pending_mail(browser, person, appointment, clock):
    browser.post(EMAIL, {"remove": "1"})
    changed = remind(clock, appointment)
    assert received_since(changed) == {OLD_NUMBER}


def test_pending_texts_of_other_user_of_mobile_stay(browser, person):
    other = factories.UserFactory(mobile=OLD_NUMBER)
    for owner in (person.pk, other.pk, None):
        factories.MessageFactory(owner=owner, recipient=OLD_NUMBER, about="800000000006")
    change_mobile(browser, person)
    assert recipients(about="800000000006") == [NEW_NUMBER, OLD_NUMBER, OLD_NUMBER]


def test_codes_and_account_notices_keep_their_recipient(browser, person):
    code = factories.MessageFactory(owner=person.pk, recipient=OLD_NUMBER, is_encrypted=True)
    change_mobile(browser, person)
    assert recipients(pk=code.pk) == [OLD_NUMBER]
    # A second change must not readdress the notice of the first one.
    person.refresh_from_db()
    factories.let_a_minute_pass(person)
    ask_for_mobile(browser, "0550000999")
    give_mobile_code(browser, person)
    assert str(User.objects.get(pk=person.pk).mobile) == "+966550000999"
    assert recipients(is_encrypted=False) == [OLD_NUMBER, NEW_NUMBER]


def test_wrong_code_readdresses_nothing(browser, person, appointment):
    ask_for_mobile(browser)
    browser.post("/en/account/mobile/code/", {"code": "000000"})
    assert set(recipients(about=appointment.reference, channel="sms")) == {OLD_NUMBER}
