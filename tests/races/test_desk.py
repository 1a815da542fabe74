"""Concurrent answers from officers and tabs: one goes out, and the second is refused."""

import uuid
from functools import partial

import pytest
from django.conf import settings
from django.test import Client

from core.messaging.models import Message
from requests_app.actions import transitions, triage
from requests_app.models import Inquiry, InquiryQuerySet
from tests import factories
from tests.conftest import notices_on, signed_in_staff
from tests.races.together import at_once, look_before_writing
from tests.requests_app.refusals import changed

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

ANSWER = "The fee was found and booked to your iqama."
APPROVED = "The inquiry has been approved."
YOURS = "The inquiry is assigned to you. You can answer it now."


@pytest.fixture
def colleague(db):
    return factories.OfficerFactory()


@pytest.fixture
def as_colleague(colleague):
    return signed_in_staff(colleague)


def in_another_tab(browser):
    tab = Client()
    tab.cookies[settings.SESSION_COOKIE_NAME] = browser.session.session_key
    return tab


def post(browser, inquiry, what, **fields):
    """Post the form `what` on the desk of `inquiry`; return the notices shown to the officer."""
    address = f"/en/staff/requests_app/inquiry/{inquiry.pk}/{what}/"
    response = browser.post(address, fields, follow=True)
    assert response.status_code == 200
    return notices_on(response)


def claim(browser, inquiry):
    return post(browser, inquiry, "claim", expected_version=inquiry.version)


def answer(browser, inquiry, action, *, expected_version, idempotency_key=None):
    idempotency_key = idempotency_key or uuid.uuid4()
    return post(
        browser,
        inquiry,
        "answer",
        decision=action,
        idempotency_key=idempotency_key,
        expected_version=expected_version,
        text=ANSWER,
    )


def event_types_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))


def notices(inquiry):
    """Return the texts to the applicant since the inquiry was filed."""
    texts = Message.objects.about(inquiry.reference).values_list("text", flat=True)
    return list(texts)[1:]


def notice_of_approval(inquiry):
    reference = inquiry.reference
    return f"Tawasul: your inquiry {reference} has been approved. Sign in to read the answer."


def look_before_moving(monkeypatch):
    """Split the conditional update of status, version and assignee into a look and a write."""
    look_before_writing(monkeypatch, InquiryQuerySet, parties=2, only_if_changes="version")


# Claiming


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_claim_by_two_officers_one_wins(as_officer, as_colleague, _round):
    inquiry = factories.filed()

    told = at_once(partial(claim, as_officer, inquiry), partial(claim, as_colleague, inquiry))

    winner = Inquiry.objects.get(pk=inquiry.pk).assignee.username
    assert sorted(told) == [[YOURS], [f"This inquiry is already assigned to {winner}."]]
    assert event_types_of(inquiry) == ["submitted", "claimed"]


@parallel
def test_control_without_conditional_move_both_officers_claim(
    as_officer, as_colleague, monkeypatch
):
    inquiry = factories.filed()
    look_before_moving(monkeypatch)

    told = at_once(partial(claim, as_officer, inquiry), partial(claim, as_colleague, inquiry))

    assert told == [[YOURS], [YOURS]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "claimed"]


# Approving twice


def approve_in_two_tabs(browser, inquiry, *, keys):
    return at_once(
        *(
            partial(
                answer,
                in_another_tab(browser),
                inquiry,
                "approve",
                expected_version=inquiry.version,
                idempotency_key=idempotency_key,
            )
            for idempotency_key in keys
        )
    )


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_approve_twice_with_one_key_approves_once(officer, as_officer, _round):
    inquiry = factories.claimed(officer)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4()] * 2)

    assert told == [[APPROVED], [APPROVED]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)]
    assert [reply.text for reply in inquiry.replies.all()] == [ANSWER]


@parallel
def test_control_without_form_key_second_approval_is_refused(officer, as_officer, monkeypatch):
    inquiry = factories.claimed(officer)
    monkeypatch.setattr(triage, "derive_key", lambda *_content: uuid.uuid4())

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4()] * 2)

    assert sorted(told) == [[APPROVED], [changed(f"Approved ({officer.username})")]]


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_approve_in_two_tabs_approves_once(officer, as_officer, _round):
    inquiry = factories.claimed(officer)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert sorted(told) == [[APPROVED], [changed(f"Approved ({officer.username})")]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)]
    assert inquiry.replies.count() == 1


@parallel
def test_control_without_conditional_move_both_tabs_approve(officer, as_officer, monkeypatch):
    inquiry = factories.claimed(officer)
    look_before_moving(monkeypatch)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told == [[APPROVED], [APPROVED]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)] * 2


# A page older than a change


def approve_from_stale_page(browser, inquiry):
    """Reply in one tab, then approve in one opened before; return the notices of the latter."""
    on_both_pages = inquiry.version
    answer(in_another_tab(browser), inquiry, "reply", expected_version=on_both_pages)
    return answer(browser, inquiry, "approve", expected_version=on_both_pages)


def test_approval_from_stale_page_is_refused(officer, as_officer):
    inquiry = factories.claimed(officer)

    told = approve_from_stale_page(as_officer, inquiry)

    assert told == [changed(f"Answered ({officer.username})")]
    inquiry.refresh_from_db()
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(inquiry) == ["submitted", "claimed", "replied"]
    assert inquiry.replies.count() == 1
    assert len(notices(inquiry)) == 1


def test_control_without_version_stale_page_approves(officer, as_officer, monkeypatch):
    inquiry = factories.claimed(officer)
    move = transitions.move

    def move_from_current_version(inquiry, action, *, expected_version, **others):
        now = Inquiry.objects.get(pk=inquiry.pk).version
        return move(inquiry, action, expected_version=now, **others)

    monkeypatch.setattr(triage, "move", move_from_current_version)

    told = approve_from_stale_page(as_officer, inquiry)

    assert told == [APPROVED]
    assert event_types_of(inquiry) == ["submitted", "claimed", "replied", "approved"]


# A key that comes back


def test_same_form_key_on_another_inquiry_is_separate(officer, as_officer):
    first, second = factories.claimed(officer), factories.claimed(officer)
    idempotency_key = uuid.uuid4()
    answer(
        as_officer,
        first,
        "approve",
        expected_version=first.version,
        idempotency_key=idempotency_key,
    )

    told = answer(
        as_officer,
        second,
        "approve",
        expected_version=second.version,
        idempotency_key=idempotency_key,
    )

    assert told == [APPROVED]
    assert notices(first) == [notice_of_approval(first)]
    assert notices(second) == [notice_of_approval(second)]
