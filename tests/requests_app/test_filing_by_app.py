"""Filing with a code of the authenticator app, which confirms the content as a texted one does."""

import pytest

from core.accounts import authenticators
from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, words
from tests.requests_app.steps import confirm, page_of, save_details
from tests.requests_app.test_code_and_content import CHANGED

SPENT = "A wrong code was entered too many times. Start again."
ENTER = "Enter the six digits that your authenticator app shows now."


@pytest.fixture
def app(resident):
    return factories.authenticator(resident)


@pytest.fixture
def inquiry(resident, as_resident, app):
    """Return a draft for which the app's code is asked."""
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    return inquiry


def is_filed(inquiry):
    return Inquiry.objects.filed().filter(pk=inquiry.pk).exists()


def test_inquiry_is_filed_with_what_the_app_shows(as_resident, inquiry, app):
    page = words(as_resident.get(page_of(inquiry, "confirm")))
    assert ENTER in page
    assert "Send another code" not in page
    assert not Message.objects.exists()
    response = confirm(as_resident, inquiry, factories.shown_by(app))
    assert response.url == page_of(inquiry, "receipt")
    assert is_filed(inquiry)


def test_changed_content_is_not_filed_with_it(as_resident, inquiry, app):
    asked_for = OneTimeCode.objects.get()
    assert asked_for.confirms == inquiry.content_digest()
    save_details(as_resident, inquiry, description="Something else than what was read before.")
    assert errors_on(confirm(as_resident, inquiry, factories.shown_by(app))) == [CHANGED]
    assert not is_filed(inquiry)
    # Once the new content has been read, the code that the app still shows is good.
    inquiry.refresh_from_db()
    ask_for_code(as_resident, inquiry)
    assert confirm(as_resident, inquiry, factories.shown_by(app)).status_code == 302
    assert is_filed(inquiry)


def test_five_tries_and_then_a_new_request(as_resident, inquiry, app):
    shown = {factories.shown_by(app, steps) for steps in range(-3, 4)}
    wrong = next(code for code in (f"{n:06}" for n in range(9)) if code not in shown)
    for _try in range(5):
        assert SPENT not in errors_on(confirm(as_resident, inquiry, wrong))
    assert errors_on(confirm(as_resident, inquiry, factories.shown_by(app))) == [SPENT]
    ask_for_code(as_resident, inquiry)
    assert confirm(as_resident, inquiry, factories.shown_by(app)).status_code == 302


def test_recovery_code_files_once(as_resident, inquiry, resident):
    code, *_others = authenticators.renew_recovery_codes(resident)
    assert confirm(as_resident, inquiry, code).status_code == 302
    another = factories.draft(resident)
    ask_for_code(as_resident, another)
    assert confirm(as_resident, another, code).status_code == 200
    assert not is_filed(another)


def test_other_mobile_of_the_inquiry_is_confirmed_by_text(as_resident, resident, app):
    inquiry = factories.draft(resident)
    save_details(as_resident, inquiry, mobile="+966512345678")
    code = factories.code_sent_to(resident, "contact")
    assert as_resident.post(page_of(inquiry, "mobile"), {"code": code}).status_code == 302
