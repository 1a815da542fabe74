"""The desk of one inquiry: what it shows, its answers, and the messages to the applicant."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.hijri import both_calendars, both_in_text
from core.messaging.models import Message
from core.references import grouped_reference
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import notices_on, signed_in_staff, words
from tests.requests_app.desk_pages import (
    QUEUE,
    TEXT,
    answer,
    buttons_on,
    desk_of,
    now,
    press,
    sent_after_session_end,
)
from tests.requests_app.people import user_named
from tests.requests_app.refusals import changed
from tests.requests_app.steps import form_on, page_of
from tests.worlds import undone

pytestmark = pytest.mark.usefixtures("handled")

ASSIGN_FIRST = "This inquiry is not assigned to you. Assign it to yourself first."
NOT_PERMITTED = "Your account may not work on inquiries."


officer = user_named("officer")
resident = user_named("resident")


@pytest.fixture
def queued(handled_inquiry):
    return handled_inquiry("queue")


@pytest.fixture
def mine(handled_inquiry):
    return handled_inquiry("claimed")


def test_desk_shows_filed_inquiry(as_officer, resident):
    draft = factories.draft(resident)
    document = factories.attached(draft)
    inquiry = factories.submitted(draft)
    page = as_officer.get(desk_of(inquiry))
    for line in (
        f"{grouped_reference(inquiry.reference)} Under processing",
        f"Assigned to Nobody yet Due on {both_calendars(inquiry.due_on, 'en')} "
        f"Age 0 working days Beneficiary {inquiry.name} · {inquiry.id_number}",
        "Filed by Mohammed Aslam Khan",
        f"Mobile {resident.mobile.as_international}",
        f"Description {factories.DESCRIPTION}",
        "Documents Supporting proof: passport.jpg",
        "History Filed · Mohammed Aslam Khan (applicant)",
    ):
        assert line in words(page)
    download = as_officer.get(desk_of(inquiry, f"documents/{document.pk}"))
    assert download["Content-Disposition"].startswith("attachment; ")
    assert b"".join(download.streaming_content).startswith(b"\xff\xd8\xff")


def test_an_inquiry_is_claimed_by_one_officer(as_officer, officer, queued):
    page = words(press(as_officer, queued, "claim"))
    assert "Assigned to officer" in page
    assert "Answer to the applicant" in page
    second = signed_in_staff(factories.OfficerFactory())
    assert "Answer to the applicant" not in words(press(second, queued, "claim"))
    assert now(queued).assignee == officer


# Answers


def test_an_answer_reaches_the_applicant(as_officer, mine, as_resident, resident):
    reference = grouped_reference(mine.reference)
    in_30_days = timezone.localdate() + timedelta(days=30)
    for action, told, status, text in (
        ("reply", "Your answer has been sent.", "Under processing",
         "there is an answer to your inquiry {}. Sign in to read it."),
        ("approve", "The inquiry has been approved.", "Approved",
         "your inquiry {} has been approved. Sign in to read the answer."),
        ("reject", "The inquiry has been rejected.", "Rejected",
         "your inquiry {} has been rejected. Sign in to read the reason. "
         f"You can ask for a review until {both_in_text(in_30_days)}."),
    ):  # fmt: skip
        with undone():
            page = answer(as_officer, mine, action)
            assert notices_on(page) == [told]
            assert f"{reference} {status} " in words(page)
            shown = words(as_resident.get(page_of(mine)))
            assert f"Request number {reference} {status}" in shown
            answers = rf"Answers The Directorate · [^·]* · \d\d:\d\d {re.escape(TEXT)}"
            assert re.search(answers, shown), action
            message = Message.objects.latest("pk")
            sent = "Tawasul: " + text.format(mine.reference)
            assert (message.recipient, message.text) == (str(resident.mobile), sent)


def test_a_decision_is_asked_about_with_what_will_be_sent(as_officer, mine):
    for decision, heading, button, done in (
        ("approve", "Approve this inquiry?", "Approve and send", "The inquiry has been approved."),
        ("reject", "Reject this inquiry?", "Reject and send", "The inquiry has been rejected."),
    ):
        sent = form_on(as_officer.get(desk_of(mine)), TEXT, decision=decision)
        asked = as_officer.post(desk_of(mine, "answer"), sent)
        assert heading in words(asked)
        assert f"Answer to the applicant {TEXT}" in words(asked)
        assert buttons_on(asked) == [button, "Change the answer"]
        # In the other language it is asked again, and nothing is done.
        switched = as_officer.post(
            f"/ar{desk_of(mine, 'answer')[3:]}", {**sent, "switch_language": "ar"}
        )
        assert f'name="decision" value="{decision}"' in switched.content.decode()
        assert TEXT in words(switched)
        # Whoever goes back finds what they wrote.
        back = as_officer.post(desk_of(mine, "answer"), {**sent, "change": "yes"})
        assert back.context["form"]["text"].value() == TEXT
        assert not mine.replies.exists()
        with undone():
            sent = form_on(asked, TEXT, decision=decision, confirmed="yes")
            for _click in range(2):
                page = as_officer.post(desk_of(mine, "answer"), sent, follow=True)
                assert notices_on(page) == [done]
            assert mine.replies.count() == 1


def test_officer_name_is_shown_to_staff_only(as_officer, officer, mine, as_resident):
    User.objects.filter(pk=officer.pk).update(username="officer-in-charge")
    page = answer(as_officer, mine, "approve")
    assert "Approved · officer-in-charge (officer)" in words(page)
    assert "officer-in-charge" not in as_resident.get(page_of(mine)).content.decode()


def test_stale_answer_is_refused_and_kept(as_officer, mine):
    old = mine.version
    answer(as_officer, mine, "reply", "The first answer, from another tab.")
    page = answer(as_officer, mine, "approve", expected_version=old)
    assert notices_on(page) == [changed("Answered (officer)")]
    assert TEXT in page.content.decode()
    assert now(mine).status == Inquiry.Status.UNDER_PROCESSING
    # The page now shows the change, so a second attempt carries the new version.
    again = form_on(page, TEXT, decision="approve", confirmed="yes")
    done = as_officer.post(desk_of(mine, "answer"), again, follow=True)
    assert notices_on(done) == ["The inquiry has been approved."]


def test_unclaimed_inquiry_cannot_be_answered(as_officer, queued):
    for inquiry in (queued, factories.claimed()):
        for action in ("reply", "approve", "reject"):
            assert notices_on(answer(as_officer, inquiry, action)) == [ASSIGN_FIRST], action
        assert not inquiry.replies.exists()


def test_decided_inquiry_stays_decided(as_officer, handled_inquiry):
    approved = handled_inquiry("approved")
    for action in ("reply", "approve", "reject"):
        page = answer(as_officer, approved, action, "Something else altogether.")
        told = ["This cannot be done while the inquiry is “Processed”."]
        assert notices_on(page) == told, action
        assert (now(approved).status, now(approved).outcome) == ("processed", "approved"), action
        assert approved.replies.count() == 1, action


def test_a_second_click_answers_once(as_officer, mine):
    sent = form_on(as_officer.get(desk_of(mine)), TEXT, decision="reply")
    for _click in range(2):
        page = as_officer.post(desk_of(mine, "answer"), sent, follow=True)
        assert notices_on(page) == ["Your answer has been sent."]
    assert mine.replies.count() == 1


def test_idempotency_key_is_scoped_to_the_inquiry(as_officer, officer, mine):
    another = factories.claimed(officer)
    assert another.version == mine.version
    sent = form_on(as_officer.get(desk_of(mine)), TEXT, decision="approve", confirmed="yes")
    for inquiry in (mine, another):
        page = as_officer.post(desk_of(inquiry, "answer"), sent, follow=True)
        assert notices_on(page) == ["The inquiry has been approved."]
        assert inquiry.replies.count() == 1


def test_too_long_answer_or_unknown_decision_is_refused(as_officer, mine):
    before = Reply.objects.count()
    assert "a" * 4001 in answer(as_officer, mine, "reply", "a" * 4001).content.decode()
    for action in ("", "close", "delete", "approve\0"):
        sent = form_on(as_officer.get(desk_of(mine)), TEXT, decision=action)
        assert as_officer.post(desk_of(mine, "answer"), sent).status_code == 400, action
    assert Reply.objects.count() == before


def test_markup_in_answer_is_escaped(as_officer, mine, as_resident):
    typed = "<b>bold</b> <script>alert(1)</script> & “quotes”"
    page = answer(as_officer, mine, "reply", typed)
    for shown in (page, as_resident.get(page_of(mine))):
        assert "<script>alert" not in shown.content.decode()
        assert typed in words(shown)


def test_answer_and_note_survive_session_end(officer, mine):
    for button, typed in (("answer", "form"), ("note", "note_form")):
        page = sent_after_session_end(officer, officer, desk_of(mine), desk_of(mine, button))
        assert page.request["PATH_INFO"] == desk_of(mine)
        texts = {name: page.context[name]["text"].value() for name in ("form", "note_form")}
        assert texts == {"form": None, "note_form": None, typed: TEXT}
        assert not mine.replies.exists()
        another = factories.OfficerFactory()
        page = sent_after_session_end(officer, another, desk_of(mine), desk_of(mine, button))
        assert page.request["PATH_INFO"] == desk_of(mine)
        assert TEXT not in page.content.decode(), button


# Writes past the actions


def test_admin_cannot_add_change_or_delete_inquiries(queued):
    before = list(Inquiry.objects.order_by("pk").values())
    fields = Inquiry.objects.values().get(pk=queued.pk)
    fields |= {"status": "processed", "outcome": "approved", "post": "yes"}
    fields = {name: str(value) for name, value in fields.items()}
    for is_superuser in (False, True):
        staff = signed_in_staff(factories.OfficerFactory(is_superuser=is_superuser))
        for address in (f"{QUEUE}add/", desk_of(queued, "delete")):
            assert staff.get(address).status_code == 403
            assert staff.post(address, fields).status_code == 403
        for address in (QUEUE, desk_of(queued), desk_of(queued, "history")):
            assert "_save" not in staff.get(address).content.decode()
            assert staff.post(address, fields).status_code == (200 if address == QUEUE else 405)
        assert list(Inquiry.objects.order_by("pk").values()) == before


def test_queue_offers_no_bulk_delete(queued):
    staff = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    chosen = {"action": "delete_selected", "_selected_action": queued.pk, "post": "yes"}
    staff.post(QUEUE, chosen)
    assert Inquiry.objects.filter(pk=queued.pk).exists()
    assert "delete_selected" not in staff.get(QUEUE).content.decode()


def test_action_without_permission_is_refused(queued):
    browser = signed_in_staff(factories.permit(factories.OfficerFactory(), "view_inquiry"))
    assert notices_on(press(browser, queued, "claim")) == [NOT_PERMITTED]
    assert notices_on(answer(browser, queued, "approve")) == [NOT_PERMITTED]
