"""Concurrent submissions of an inquiry: twenty clicks file it once and show one receipt."""

from functools import partial

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from requests_app.actions import submission
from requests_app.models import Inquiry, InquiryQuerySet
from requests_app.views import access
from tests import factories
from tests.races.together import at_once, look_before_writing, take_out_row_locks, wait_after

pytestmark = [
    pytest.mark.both_engines,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
]


def send(inquiry, session_key, code):
    """Post the code; return the chain of redirects, the status and the page."""
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key
    address = f"/en/inquiries/{inquiry.reference}/confirm/"
    response = browser.post(address, {"code": code}, follow=True)
    return response.redirect_chain, response.status_code, response.content.decode()


def send_many_times(browser, resident, times):
    """Draft an inquiry and submit it with its code, `times` times at once."""
    inquiry = factories.draft(resident)
    session_key = browser.session.session_key
    code = factories.confirmation(inquiry, session_key)
    answers = at_once(*[partial(send, inquiry, session_key, code)] * times)
    inquiry.refresh_from_db()
    return inquiry, answers


def event_types_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))


def receipt_texts(inquiry):
    return list(Message.objects.about(inquiry.reference).values_list("text", flat=True))


@pytest.mark.parametrize("_round", range(3))
def test_submit_twenty_times_files_once_and_shows_receipt(
    as_resident, resident, monkeypatch, _round
):
    # All twenty requests have loaded the draft before the first of them uses its code.
    wait_after(monkeypatch, access, "get_inquiry_for", parties=20)

    inquiry, answers = send_many_times(as_resident, resident, 20)

    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(inquiry) == ["submitted"]
    assert receipt_texts(inquiry) == [
        f"Tawasul: we have received your inquiry {inquiry.reference}, "
        "Services for residents. We will text you when it is answered."
    ]
    assert OneTimeCode.objects.get().tries == 20
    receipt = f"/en/inquiries/{inquiry.reference}/receipt/"
    assert [(way, status) for way, status, _page in answers] == [([(receipt, 302)], 200)] * 20
    assert all("<h1>Your inquiry has been sent</h1>" in page for *_, page in answers)


def test_control_without_guards_two_submits_file_twice(as_resident, resident, monkeypatch):
    def trust_the_code(*, actor, purpose, session_key, guess, action):
        with transaction.atomic():
            return action(OneTimeCode.objects.get(user=actor))

    monkeypatch.setattr(submission, "use_code", trust_the_code)
    take_out_row_locks(monkeypatch)
    look_before_writing(monkeypatch, InquiryQuerySet, parties=2, only_if_changes="version")

    inquiry, _answers = send_many_times(as_resident, resident, 2)

    assert event_types_of(inquiry) == ["submitted", "submitted"]
    assert len(receipt_texts(inquiry)) == 2
