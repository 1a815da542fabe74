"""What the applicant adds while an inquiry is at the desk: sent, marked as new, and read."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.digests import digest_of
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import follow_up
from requests_app.models import Attachment, Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, answer, desk_of, now
from tests.requests_app.files import names_on, photo, stored_files
from tests.requests_app.people import act, after, user_named
from tests.requests_app.refusals import changed
from tests.requests_app.returns import returned
from tests.requests_app.steps import form_on, page_of
from tests.worlds import world

pytestmark = pytest.mark.usefixtures("at_work")

TEXT = "I have found the receipt: it was paid on the third day."
SENT = "What you added has been sent. The officer finds it marked as new."
TOO_SHORT = "Write what you want to add, in three words at least, or add a document."
NEW = "New from the applicant"


@world
def at_work():
    """Return the key of an inquiry of `resident` that `officer` has."""
    factories.document_type()
    resident = factories.UserFactory(username="resident")
    return factories.claimed(factories.OfficerFactory(username="officer"), applicant=resident).pk


resident = user_named("resident")
officer = user_named("officer")


@pytest.fixture
def inquiry(at_work, db):
    return Inquiry.objects.get(pk=at_work)


@pytest.fixture
def send(as_resident, inquiry):
    """Return a function that posts the form of the page and returns the page that follows."""

    def send(*files, text=TEXT, **fields):
        address = page_of(inquiry, "add")
        form = form_on(as_resident.get(address), text, **fields)
        if files:
            form = {"document_type": "supporting-proof", "files": files, **form}
        return as_resident.post(address, form, follow=True)

    return send


def add(inquiry, **fields):
    return act("added", now(inquiry), inquiry.applicant, **fields)


def refusal_of(deed, *arguments, **fields):
    with pytest.raises(RuleViolation) as refused:
        deed(*arguments, **fields)
    return refused.value


@pytest.mark.both_engines
def test_message_and_documents_reach_the_desk_and_nothing_else_changes(
    as_resident, as_officer, inquiry, send
):
    texts = Message.objects.about(inquiry.reference).count()
    assert "Add a message or documents" in words(as_resident.get(page_of(inquiry)))

    page = send(photo("receipt.jpg", 61))

    assert notices_on(page)[:1] == [SENT]
    assert TEXT in words(page)
    assert names_on(page) == ["receipt.jpg"]
    assert "Added by the applicant" in words(page)
    after = now(inquiry)
    kept = ("status", "assignee", "due_on", "outcome", "processed_at", "remind_at")
    assert [getattr(after, name) for name in kept] == [getattr(inquiry, name) for name in kept]
    event, document = after.events.last(), after.attachments.get()
    assert (event.event_type, event.role, event.seq) == ("added", "applicant", inquiry.version + 1)
    assert event.content_digest == digest_of([TEXT, document.sha256])
    assert document.sent_at == after.replies.get().written_at == after.new_since
    assert Message.objects.about(inquiry.reference).count() == texts
    desk = as_officer.get(desk_of(inquiry))
    assert TEXT in words(desk)
    assert names_on(desk) == ["receipt.jpg"]


def test_documents_alone_are_enough(send, inquiry):
    page = send(photo("receipt.jpg", 61), text="")
    assert notices_on(page)[:1] == [SENT]
    assert "Documents, without a message." in words(page)
    assert inquiry.replies.get().text == ""


def test_too_few_words_without_a_document_are_refused(send, inquiry):
    for text in ("", " ", "Hello", "Hello there"):
        page = send(text=text)
        assert errors_on(page) == [TOO_SHORT], text
        assert page.context["form"]["text"].value() == text
    assert now(inquiry).version == inquiry.version


def test_what_was_uploaded_is_sent_with_a_later_message(send, inquiry):
    page = send(photo("receipt.jpg", 61), text="One", expected_version=99)
    assert "Added, and sent with your message" in words(page)
    assert not inquiry.attachments.sent().exists()
    assert names_on(send()) == ["receipt.jpg"]


def test_second_click_adds_once(as_resident, inquiry):
    address = page_of(inquiry, "add")
    form = form_on(as_resident.get(address), "", document_type="supporting-proof")
    for _click in range(2):
        page = as_resident.post(address, {**form, "files": photo("a.jpg", 61)}, follow=True)
        assert page.request["PATH_INFO"] == page_of(inquiry)
        assert names_on(page) == ["a.jpg"]
    assert inquiry.replies.count() == 1
    assert len(stored_files()) == 1


def test_ten_within_a_day(inquiry, monkeypatch):
    for _number in range(follow_up.MAX_ADDITIONS):
        add(inquiry)
    refused = refusal_of(add, inquiry)
    assert refused.code == "too_many"
    assert refused.message.startswith("You have added to this inquiry 10 times within a day.")
    first = inquiry.events.filter(event_type="added").first()
    monkeypatch.setattr(timezone, "now", lambda: first.at + timedelta(days=1))
    add(inquiry)
    assert refusal_of(add, inquiry).code == "too_many"


def test_page_leads_back_where_nothing_is_added(as_resident, officer, inquiry):
    act("approved", inquiry, officer)
    assert "Add a message" not in words(as_resident.get(page_of(inquiry)))
    assert as_resident.get(page_of(inquiry, "add")).url == page_of(inquiry)


# What is new


def tags_on(browser, inquiry):
    """Return whether the queue and the head of the desk say that something is new."""
    queue = NEW in words(browser.get(QUEUE, {"queue": "all"}))
    return queue, NEW in words(browser.get(desk_of(inquiry)))


@pytest.mark.both_engines
def test_it_is_new_until_its_officer_has_opened_it(as_officer, inquiry, send):
    before = words(as_officer.get(desk_of(inquiry)))
    assert "New" not in before
    send(photo("receipt.jpg", 61))
    for other in (factories.OfficerFactory(), factories.supervisor()):
        assert tags_on(signed_in_staff(other), inquiry) == (True, True)
    assert tags_on(as_officer, inquiry) == (True, True)
    assert tags_on(as_officer, inquiry) == (False, False)


def test_desk_marks_what_is_new_and_nothing_older(as_officer, inquiry, send):
    send(photo("old.jpg", 61), text="This is an older message.")
    as_officer.get(desk_of(inquiry))
    send(photo("new.jpg", 62))
    page = as_officer.get(desk_of(inquiry))
    marked = [each.original_name for each in page.context["attachments"] if each.is_new]
    assert marked == ["new.jpg"]
    assert [each.text for each in page.context["replies"] if each.is_new] == [TEXT]
    assert page.content.decode().count('<span class="tag new">') == 3


def test_anybody_opens_what_nobody_has(inquiry, officer):
    act("released", inquiry, officer)
    add(inquiry)
    auditor = factories.permit(factories.OfficerFactory(), "view_inquiry")
    assert tags_on(signed_in_staff(auditor), inquiry) == (True, True)
    colleague = signed_in_staff(factories.OfficerFactory())
    assert tags_on(colleague, inquiry) == (True, True)
    assert tags_on(colleague, inquiry) == (False, False)


def test_what_arrives_while_the_page_is_read_stays_new(inquiry, officer):
    add(inquiry)
    on_screen = now(inquiry)
    add(inquiry)
    actions.mark_messages_read(actor=officer, inquiry=on_screen)
    assert now(inquiry).new_since is not None
    assert not inquiry.replies.exclude(read_at=None).exists()


def test_answer_to_a_return_is_new_too(as_officer, officer, resident):
    inquiry = returned(factories.filed(resident), officer)
    act("resubmitted", inquiry, resident)
    assert tags_on(as_officer, inquiry) == (True, True)
    assert tags_on(as_officer, inquiry) == (False, False)


def test_applicant_sees_when_an_officer_has_read_it(as_resident, as_officer, inquiry, send):
    send()
    assert "Read by an officer" not in words(as_resident.get(page_of(inquiry)))
    as_officer.head(desk_of(inquiry))
    assert "Read by an officer" not in words(as_resident.get(page_of(inquiry)))
    as_officer.get(desk_of(inquiry))
    assert "Read by an officer" in words(as_resident.get(page_of(inquiry)))
    read_at = Reply.objects.get().read_at
    as_officer.get(desk_of(inquiry))
    assert Reply.objects.get().read_at == read_at


# An officer who is just deciding


def test_officer_who_is_deciding_is_told(as_officer, inquiry, resident, send):
    page = as_officer.get(desk_of(inquiry))
    send()
    form = form_on(page, "It is done.", decision="approve", confirmed="yes")
    told = as_officer.post(desk_of(inquiry, "answer"), form)
    who = resident.get_short_name()
    assert notices_on(told) == [changed(f"Added by the applicant ({who})")]
    assert TEXT in words(told)
    assert now(inquiry).status == "under_processing"
    answer(as_officer, inquiry, "approve")
    assert now(inquiry).status == "processed"


def test_it_holds_a_waiting_decision_back(as_officer, inquiry, send, settings):
    settings.DECISION_MINUTES = 10
    answer(as_officer, inquiry, "approve")
    assert now(inquiry).pending_outcome == "approved"
    # The applicant knows nothing of the decision, which has raised the version.
    send(expected_version=inquiry.version)
    assert now(inquiry).pending_outcome == ""
    assert inquiry.decisions.get().state == "held_back"
    assert "was not sent" in words(as_officer.get(desk_of(inquiry)))


def test_decision_deletes_what_was_not_sent(
    send, inquiry, officer, django_capture_on_commit_callbacks
):
    send(photo("kept.jpg", 61), text="", expected_version=99)
    assert len(stored_files()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        act("approved", inquiry, officer)
    assert not Attachment.objects.exists()
    assert not stored_files()


# Documents that belong to another step


def test_document_for_a_draft_that_was_sent_meanwhile_is_refused(resident):
    draft = factories.draft(resident)
    factories.submitted(Inquiry.objects.get(pk=draft.pk))
    assert refusal_of(factories.attached, draft).code == "filed"


def test_document_for_an_answer_that_was_sent_meanwhile_is_refused(resident, officer):
    inquiry = returned(factories.filed(resident), officer)
    after(now(inquiry), officer, "resubmitted")
    assert refusal_of(factories.attached, inquiry).code == "filed"


def test_what_waits_for_a_message_goes_with_the_answer_to_a_return(as_resident, inquiry, officer):
    factories.attached(inquiry, photo("kept.jpg", 61))
    returned_now = act("returned", now(inquiry), officer)
    assert names_on(as_resident.get(page_of(inquiry, "answer"))) == ["kept.jpg"]
    act("resubmitted", returned_now, inquiry.applicant)
    assert inquiry.attachments.get().sent_at is not None


def test_whoever_the_inquiry_is_not_theirs_adds_nothing(inquiry):
    stranger = signed_in(factories.UserFactory())
    form = {"text": TEXT, "expected_version": inquiry.version, "idempotency_key": uuid.uuid4()}
    assert stranger.post(page_of(inquiry, "add"), form).status_code == 404
    assert now(inquiry).version == inquiry.version
