"""Two officers, two clicks, two tabs: one answer goes out, and whoever is second is told."""

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
    """What the officer is told who posts this on the desk of `inquiry`."""
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
    """What the applicant was texted since the inquiry was filed."""
    texts = Message.objects.about(inquiry.reference).values_list("text", flat=True)
    return list(texts)[1:]


def changed(what):
    return f"This inquiry has changed since you opened it: {what}. Read it again first."


def notice_of_approval(inquiry):
    reference = inquiry.reference
    return f"Tawasul: your inquiry {reference} has been approved. Sign in to read the answer."


def let_all_look_before_anyone_writes(monkeypatch):
    """The guard out: status, version and assignee are looked at first, and written afterwards."""
    look_before_writing(monkeypatch, InquiryQuerySet, parties=2, only_if_changes="version")


# Claiming


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_of_two_officers_who_claim_at_once_one_wins_and_the_other_is_told_who(
    as_officer, as_colleague, _round
):
    inquiry = factories.filed()

    told = at_once(partial(claim, as_officer, inquiry), partial(claim, as_colleague, inquiry))

    winner = Inquiry.objects.get(pk=inquiry.pk).assignee.username
    assert sorted(told) == [[YOURS], [f"This inquiry is already assigned to {winner}."]]
    assert event_types_of(inquiry) == ["submitted", "claimed"]


@parallel
def test_control_without_the_conditional_move_both_officers_are_told_it_is_theirs(
    as_officer, as_colleague, monkeypatch
):
    inquiry = factories.filed()
    let_all_look_before_anyone_writes(monkeypatch)

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
def test_the_same_approval_sent_twice_at_once_is_one_and_both_are_told_that_it_is_done(
    officer, as_officer, _round
):
    inquiry = factories.claimed(officer)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4()] * 2)

    assert told == [[APPROVED], [APPROVED]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)]
    assert [reply.text for reply in inquiry.replies.all()] == [ANSWER]


@parallel
def test_control_without_the_key_of_the_form_the_second_click_is_refused(
    officer, as_officer, monkeypatch
):
    inquiry = factories.claimed(officer)
    monkeypatch.setattr(triage, "derive_key", lambda *_content: uuid.uuid4())

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4()] * 2)

    assert sorted(told) == [[APPROVED], [changed(f"Approved ({officer.username})")]]


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_of_two_approvals_at_once_one_is_done_and_the_other_is_told(officer, as_officer, _round):
    inquiry = factories.claimed(officer)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert sorted(told) == [[APPROVED], [changed(f"Approved ({officer.username})")]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)]
    assert inquiry.replies.count() == 1


@parallel
def test_control_without_the_conditional_move_two_approvals_are_both_done(
    officer, as_officer, monkeypatch
):
    inquiry = factories.claimed(officer)
    let_all_look_before_anyone_writes(monkeypatch)

    told = approve_in_two_tabs(as_officer, inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told == [[APPROVED], [APPROVED]]
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved", "approved"]
    assert notices(inquiry) == [notice_of_approval(inquiry)] * 2


# A page older than a change


def approve_on_a_page_from_before_a_reply(browser, inquiry):
    """What the officer is shown who replies in one tab, then approves in another, opened before."""
    on_both_pages = inquiry.version
    answer(in_another_tab(browser), inquiry, "reply", expected_version=on_both_pages)
    return answer(browser, inquiry, "approve", expected_version=on_both_pages)


def test_an_approval_from_a_page_older_than_a_reply_is_refused_and_told_what_changed(
    officer, as_officer
):
    inquiry = factories.claimed(officer)

    told = approve_on_a_page_from_before_a_reply(as_officer, inquiry)

    assert told == [changed(f"Answered ({officer.username})")]
    inquiry.refresh_from_db()
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(inquiry) == ["submitted", "claimed", "replied"]
    assert inquiry.replies.count() == 1
    assert len(notices(inquiry)) == 1


def test_control_without_the_version_the_old_page_approves(officer, as_officer, monkeypatch):
    inquiry = factories.claimed(officer)
    move = transitions.move

    def move_from_whatever_there_is(inquiry, action, *, expected_version, **others):
        now = Inquiry.objects.get(pk=inquiry.pk).version
        return move(inquiry, action, expected_version=now, **others)

    monkeypatch.setattr(triage, "move", move_from_whatever_there_is)

    told = approve_on_a_page_from_before_a_reply(as_officer, inquiry)

    assert told == [APPROVED]
    assert event_types_of(inquiry) == ["submitted", "claimed", "replied", "approved"]


# A key that comes back


def test_a_key_brought_back_with_another_inquiry_is_a_key_of_its_own(officer, as_officer):
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
