"""A mobile other than the account's needs a code of its own before the inquiry is filed."""

import pytest

from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, words

OTHER = "+966512345678"
WRONG = "This is not the code we sent. Check the message and try again."
FIRST = "Confirm the mobile of this inquiry first: we text a code to it."


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident)


def page_of(inquiry, step):
    return f"/en/inquiries/{inquiry.reference}/{step}/"


@pytest.fixture
def type_mobile(as_resident, inquiry):
    """Return a function that saves the details with a mobile and returns the page that follows."""

    def type_mobile(mobile):
        form = factories.details_of(inquiry, mobile=mobile)
        return as_resident.post(page_of(inquiry, "details"), form, follow=True)

    return type_mobile


def test_account_mobile_needs_no_code(type_mobile, resident):
    assert "Add documents" in words(type_mobile(str(resident.mobile)))
    assert not OneTimeCode.objects.exists()


def test_another_mobile_is_sent_a_code(type_mobile, resident, inquiry):
    page = words(type_mobile("0512345678"))
    assert "A code is on its way to •••• 678. It works for 10 minutes." in page
    code = factories.code_sent_to(resident, "contact")
    message = Message.objects.get(idempotency_key=OneTimeCode.objects.get().pk)
    assert message.recipient == OTHER
    assert len(code) == 6


def test_confirmed_mobile_allows_filing(type_mobile, as_resident, resident, inquiry):
    type_mobile(OTHER)
    review = ask_for_code(as_resident, inquiry)
    assert FIRST in words(review)
    assert page_of(inquiry, "mobile") in review.content.decode()
    code = factories.code_sent_to(resident, "contact")
    confirmed = as_resident.post(page_of(inquiry, "mobile"), {"code": code})
    assert confirmed.url == page_of(inquiry, "documents")
    ask_for_code(as_resident, inquiry)
    as_resident.post(
        page_of(inquiry, "confirm"), {"code": factories.code_sent_to(resident, "file")}
    )
    assert Inquiry.objects.filed().get().mobile == OTHER


def test_a_wrong_code_confirms_nothing(type_mobile, as_resident, resident, inquiry):
    type_mobile(OTHER)
    wrong = f"{(int(factories.code_sent_to(resident, 'contact')) + 1) % 10**6:06}"
    assert errors_on(as_resident.post(page_of(inquiry, "mobile"), {"code": wrong})) == [WRONG]
    assert FIRST in words(ask_for_code(as_resident, inquiry))


def test_code_does_not_confirm_another_mobile(type_mobile, as_resident, resident, inquiry):
    type_mobile(OTHER)
    code = factories.code_sent_to(resident, "contact")
    Inquiry.objects.update(mobile="+966598765432")
    refused = as_resident.post(page_of(inquiry, "mobile"), {"code": code})
    assert errors_on(refused) == [
        "The mobile has changed since this code was sent. Ask for a new code."
    ]


def test_code_does_not_confirm_another_inquirys_mobile(type_mobile, as_resident, resident):
    type_mobile(OTHER)
    code = factories.code_sent_to(resident, "contact")
    another = factories.draft(resident)
    Inquiry.objects.filter(pk=another.pk).update(mobile=OTHER)
    refused = as_resident.post(page_of(another, "mobile"), {"code": code})
    assert errors_on(refused) == [
        "The mobile has changed since this code was sent. Ask for a new code."
    ]


def test_changed_mobile_needs_new_confirmation(type_mobile, as_resident, resident, inquiry):
    type_mobile(OTHER)
    code = factories.code_sent_to(resident, "contact")
    as_resident.post(page_of(inquiry, "mobile"), {"code": code})
    assert "Confirm the mobile" in words(type_mobile("0598765432"))
    assert FIRST in words(ask_for_code(as_resident, inquiry))


def test_another_code_is_sent_on_request_once_a_minute(type_mobile, as_resident, resident, inquiry):
    type_mobile(OTHER)
    again = as_resident.post(page_of(inquiry, "mobile/send"), follow=True)
    assert "A code has just been sent." in notices_on(again)[0]
    factories.let_a_minute_pass(resident)
    as_resident.post(page_of(inquiry, "mobile/send"))
    assert OneTimeCode.objects.count() == 2


def test_get_of_send_address_sends_nothing(as_resident, inquiry):
    as_resident.get(page_of(inquiry, "mobile/send"))
    assert not OneTimeCode.objects.exists()
    confirmed = as_resident.get(page_of(inquiry, "mobile"))
    assert confirmed.url == page_of(inquiry, "documents")
