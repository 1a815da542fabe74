"""Messages that wait go to the mobile and the address that are current when they are sent."""

from datetime import timedelta

import pytest

from appointments.actions import remind_of_appointments
from core.accounts.models import User
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in
from tests.core.accounts import pages
from tests.delivery import deliver_due
from tests.worlds import undone

OLD_ADDRESS = "old@example.org"


@pytest.fixture
def appointment(person):
    """Create a confirmed appointment whose confirmation is sent and whose reminders are pending."""
    person.email = OLD_ADDRESS
    person.save(update_fields=["email"])
    appointment = places.confirmed(person)
    deliver_due()
    return appointment


def remind(clock, appointment):
    """Let the worker send both reminders; return when this began."""
    since = clock.now
    for ahead in (timedelta(days=1), timedelta(hours=3)):
        clock.now = appointment.slot.start - ahead
        remind_of_appointments()
        deliver_due()
    return since


def recipients(**which):
    return list(Message.objects.filter(**which).order_by("pk").values_list("recipient", flat=True))


def received_since(moment):
    """Return the recipients of texts about appointments since `moment`."""
    texts = [text for text in DemoPhone().received() if "appointment" in text["text"]]
    return {text["recipient"] for text in texts if text["at"] > moment.isoformat()}


def test_reminders_go_only_to_new_mobile(browser, person, appointment, clock):
    pages.change_mobile(browser, person)
    changed = remind(clock, appointment)
    assert received_since(changed) == {pages.NEW_MOBILE, OLD_ADDRESS}
    told = Message.objects.filter(about=appointment.reference, channel="sms").order_by("pk")
    assert list(told.values_list("recipient", "status")) == [
        (pages.MOBILE, "sent"),
        (pages.NEW_MOBILE, "sent"),
        (pages.NEW_MOBILE, "sent"),
    ]


def test_reminders_go_only_to_current_email(browser, person, appointment, clock):
    began = clock.now
    with undone():
        pages.remove_email(signed_in(person))
        assert received_since(remind(clock, appointment)) == {pages.MOBILE}
    clock.now = began
    pages.ask_for_email(browser)
    pages.give_email_code(browser, person)
    assert received_since(remind(clock, appointment)) == {pages.MOBILE, pages.NEW_ADDRESS}


def test_pending_texts_of_other_user_of_mobile_stay(browser, person):
    other = factories.UserFactory(mobile=pages.MOBILE)
    for owner in (person.pk, other.pk, None):
        factories.MessageFactory(owner=owner, recipient=pages.MOBILE, about="800000000006")
    pages.change_mobile(browser, person)
    assert recipients(about="800000000006") == [pages.NEW_MOBILE, pages.MOBILE, pages.MOBILE]


def test_codes_and_account_notices_keep_their_recipient(browser, person):
    code = factories.MessageFactory(owner=person.pk, recipient=pages.MOBILE, is_encrypted=True)
    pages.change_mobile(browser, person)
    assert recipients(pk=code.pk) == [pages.MOBILE]
    # A second change must not readdress the notice of the first one.
    person.refresh_from_db()
    factories.let_a_minute_pass(person)
    pages.ask_for_mobile(browser, "0550000999")
    pages.give_mobile_code(browser, person)
    assert str(User.objects.get(pk=person.pk).mobile) == "+966550000999"
    assert recipients(is_encrypted=False) == [pages.MOBILE, pages.NEW_MOBILE]


def test_wrong_code_readdresses_nothing(browser, person, appointment):
    pages.ask_for_mobile(browser)
    browser.post(pages.MOBILE_CODE, {"code": "000000"})
    assert set(recipients(about=appointment.reference, channel="sms")) == {pages.MOBILE}
