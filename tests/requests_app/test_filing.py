"""Filing an inquiry on the pages, step by step, or deleting its draft, as an applicant sees it."""

import datetime
import re
from itertools import product

import pytest
from django.utils import timezone

from core.hijri import both_calendars, in_each_calendar
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from core.references import grouped_reference
from core.template_filters import weekday
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in, words
from tests.requests_app.files import EMPTY, stored_files, upload
from tests.requests_app.steps import (
    NEW,
    add_documents,
    code_for,
    confirm,
    first_step,
    page_of,
    save_details,
    seen,
    wrong,
)


@pytest.fixture
def service(db):
    """Return a service that needs a document."""
    service = factories.ServiceFactory()
    service.documents.add(factories.document_type())
    return service


@pytest.fixture
def draft(resident):
    return factories.draft(resident)


def texts_to(user):
    """Return the texts in the outbox for the user's mobile, oldest first."""
    messages = Message.objects.filter(recipient=str(user.mobile)).order_by("pk")
    return [decrypt(message.text) if message.is_encrypted else message.text for message in messages]


@pytest.mark.both_engines
def test_somebody_files_an_inquiry_for_themselves(as_resident, resident, service):
    begun = as_resident.post(NEW, first_step(service, resident.identity))
    inquiry = Inquiry.objects.get()
    assert begun.url == page_of(inquiry, "details")

    details = as_resident.get(begun.url).content.decode()
    assert f'value="0{str(resident.mobile)[4:6]} {str(resident.mobile)[6:9]} ' in details
    assert save_details(as_resident, inquiry).url == page_of(inquiry, "documents")

    documents = add_documents(as_resident, inquiry, factories.picture())
    assert documents.redirect_chain == [(page_of(inquiry, "documents"), 302)]
    assert "Supporting proof Added passport.jpg" in words(documents)
    assert f'href="{page_of(inquiry, "review")}">Next</a>' in documents.content.decode()
    answers = words(as_resident.get(page_of(inquiry, "review")))
    for answer in (
        "Service Services for residents",
        "Full name Mohammed Aslam Khan",
        f"ID or border number {resident.identity.current_number}",
        f"Mobile {resident.mobile.as_international}",
        f"What you need {factories.DESCRIPTION}",
        "Documents Supporting proof passport.jpg",
    ):
        assert answer in answers

    assert ask_for_code(as_resident, inquiry).url == page_of(inquiry, "confirm")
    sent = confirm(as_resident, inquiry, factories.code_sent_to(resident))
    assert sent.url == page_of(inquiry, "receipt")

    inquiry.refresh_from_db()
    receipt = words(as_resident.get(sent.url))
    page = words(as_resident.get(page_of(inquiry)))
    due = f"Answer expected by {weekday(inquiry.due_on)} {both_calendars(inquiry.due_on, 'en')}"
    day, other = in_each_calendar(inquiry.due_on, "en")
    for line in (
        "Your inquiry has been sent Request number " + grouped_reference(inquiry.reference),
        "Service Services for residents",
        "Filed for Mohammed Aslam Khan",
        f"Sent on {both_calendars(inquiry.submitted_at, 'en')}",
        f"Answer expected by {weekday(inquiry.due_on)} {day} {other}",
    ):
        assert line in receipt
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert inquiry.description == factories.DESCRIPTION
    assert f"{due}." in page
    assert f"What has happened Filed {both_calendars(inquiry.submitted_at, 'en')}" in page
    masked = "•••• " + str(resident.mobile)[-3:]
    assert f"Notices about this inquiry text message {masked}: waiting to be sent" in page


def test_texts_name_the_inquiry_and_service(as_resident, resident, draft):
    code = code_for(as_resident, draft)
    confirm(as_resident, draft, code)
    assert texts_to(resident) == [
        f"Tawasul: {code} is your code to send inquiry {draft.reference}, "
        "Services for residents. Never give it to anybody.",
        f"Tawasul: we have received your inquiry {draft.reference}, "
        "Services for residents. We will text you when it is answered.",
    ]


def test_an_arabic_account_gets_its_texts_in_arabic(resident):
    resident.language = "ar"
    resident.save(update_fields=["language"])
    client = signed_in(resident)
    inquiry = factories.draft(resident)
    ask_for_code(client, inquiry, "ar")
    code = factories.code_sent_to(resident)
    client.post(page_of(inquiry, "confirm", "ar"), {"code": code})
    assert list(Message.objects.values_list("language", flat=True)) == ["ar", "ar"]
    assert all("الخدمات الخاصة بالمقيمين" in text for text in texts_to(resident))


def test_a_mobile_typed_in_arabic_digits_is_understood(as_resident, draft):
    save_details(as_resident, draft, mobile="٠٥٠ ١٢٣ ٤٥٦٧")
    assert str(Inquiry.objects.get().mobile) == "+966501234567"


def test_draft_is_resumed_on_another_device(resident, draft):
    another_device = signed_in(resident)
    my_page = another_device.get("/en/my/")
    assert "Not sent yet Services for residents Not sent yet" in words(my_page)
    assert page_of(draft) in my_page.content.decode()
    opened = another_device.get(page_of(draft), follow=True)
    assert factories.DESCRIPTION in opened.content.decode()


def test_the_same_form_sent_twice_begins_one_draft(as_resident, resident, service):
    form = first_step(service, resident.identity)
    first, second = as_resident.post(NEW, form), as_resident.post(NEW, form)
    assert first.url == second.url
    assert Inquiry.objects.count() == 1


def test_reference_that_is_taken_is_drawn_anew(resident, service, monkeypatch):
    taken = factories.draft(resident, service).reference
    digits = iter(taken[1:11] + "0123456789")
    monkeypatch.setattr("core.references.secrets.choice", lambda _digits: next(digits))
    assert factories.draft(resident, service, is_ready=False).reference.startswith("80123456789")


def test_required_document_is_asked_for_before_the_code(as_resident, resident, service):
    inquiry = factories.draft(resident, service)
    review = words(ask_for_code(as_resident, inquiry))
    needed = "This service also needs: Supporting proof. Add what is missing."
    assert f"There is something to correct {needed}" in review
    assert not Message.objects.exists()
    no_file = add_documents(as_resident, inquiry)
    assert errors_on(no_file) == ["Take a photo or choose a file of this: Supporting proof."]
    empty = add_documents(as_resident, inquiry, upload("empty.pdf", b""))
    assert errors_on(empty) == [f"“empty.pdf” {EMPTY}"]


def test_a_service_that_needs_no_document_is_filed_without_one(as_resident, draft):
    factories.document_type()
    page = as_resident.get(page_of(draft, "documents"))
    assert "No document is needed. One that shows what you mean helps the officer. Next" in words(
        page
    )
    confirm(as_resident, draft, code_for(as_resident, draft))
    assert Inquiry.objects.filed().get() == draft


def test_steps_of_filed_inquiry_redirect_to_receipt(as_resident, draft):
    for step in ("", "receipt"):
        assert as_resident.get(page_of(draft, step)).url == page_of(draft, "details")
    inquiry = factories.submitted(draft)
    for step in ("details", "documents", "review", "confirm"):
        for method in (as_resident.get, as_resident.post):
            assert method(page_of(inquiry, step)).url == page_of(inquiry, "receipt"), step


def test_changes_from_another_tab_are_shown_before_code(as_resident, draft):
    read = as_resident.get(page_of(draft, "review")).context["shown"]
    save_details(as_resident, draft, description="Changed in another tab, at some length.")
    page = words(as_resident.post(page_of(draft, "review"), {"shown": read}))
    assert "Your answers have changed since you read them here. Check them again." in page
    assert "Changed in another tab, at some length." in page
    assert not Message.objects.exists()


def test_a_wrong_code_files_nothing(as_resident, resident, draft):
    code = code_for(as_resident, draft)
    told = "This code is not right. Check it and try again."
    assert errors_on(confirm(as_resident, draft, wrong(code))) == [told]
    another_browser = signed_in(resident)
    assert errors_on(confirm(another_browser, draft, code)) == ["Ask for a code first."]
    assert not Inquiry.objects.filed().exists()


def test_page_says_when_texts_cannot_be_sent(as_resident, resident, draft):
    ask_for_code(as_resident, draft)
    Message.objects.update(failed_at=timezone.now())
    masked = "•••• " + str(resident.mobile)[-3:]
    assert notices_on(as_resident.get(page_of(draft, "confirm"))) == [
        f"We cannot send messages at the moment, so the code for {masked} has not been sent yet. "
        "We are still trying; you can also ask for another code in a minute."
    ]


def test_second_code_within_a_minute_is_refused(as_resident, resident, draft):
    code = code_for(as_resident, draft)
    told = notices_on(ask_for_code(as_resident, draft, follow=True))[0]
    assert re.fullmatch(
        r"You have just asked for a code\. You can ask for another in \d\d seconds\.", told
    )
    for _click in range(2):
        assert confirm(as_resident, draft, code).url == page_of(draft, "receipt")
    assert len(texts_to(resident)) == 2


def test_due_date_counts_working_days(monkeypatch, db):
    thursday_night = datetime.datetime(2026, 11, 19, 22, 30, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: thursday_night)
    inquiry = factories.filed(service=factories.ServiceFactory(target_working_days=3))
    # In the Kingdom it is Friday already; the three working days are Sunday, Monday and Tuesday.
    assert inquiry.due_on == datetime.date(2026, 11, 24)


# Deleting a draft

SAID = {
    "en": {
        "delete": "Delete this draft",
        "gone": "What you wrote and the documents you added will be gone.",
        "press": "Delete the draft",
        "deleted": "The draft has been deleted.",
    },
    "ar": {
        "delete": "حذف هذه المسودة",
        "gone": "سيُحذف ما كتبته والمستندات التي أضفتها.",
        "press": "حذف المسودة",
        "deleted": "تم حذف المسودة.",
    },
}


def with_document(inquiry):
    factories.attached(inquiry)
    return inquiry


def test_a_draft_is_deleted_with_its_document_after_a_question(as_resident, resident):
    another = with_document(factories.draft(resident))
    for language, said in SAID.items():
        draft = with_document(factories.draft(resident))
        details = words(as_resident.get(page_of(draft, "details", language)))
        assert said["delete"] in details
        address = page_of(draft, "delete", language)
        question = words(as_resident.get(address))
        assert f"{said['delete']} {said['gone']} {said['press']}" in question
        assert set(Inquiry.objects.all()) == {draft, another}
        assert len(stored_files()) == 2

        page = as_resident.post(address, follow=True)

        assert page.redirect_chain == [(f"/{language}/inquiries/", 302)]
        assert notices_on(page) == [said["deleted"]]
        assert grouped_reference(draft.reference) not in words(page)
        assert grouped_reference(another.reference) in words(page)
        assert list(Inquiry.objects.all()) == [another]
        assert [each.inquiry for each in Attachment.objects.all()] == [another]
        assert len(stored_files()) == 1


def test_draft_with_pending_code_is_deleted_and_not_sent(as_resident, resident):
    draft = factories.draft(resident)
    code = factories.confirmation(draft, as_resident.session.session_key)
    as_resident.post(page_of(draft, "delete"))
    assert confirm(as_resident, draft, code).status_code == 404
    assert not Inquiry.objects.exists()


def test_filed_inquiry_is_not_deleted(as_resident, resident):
    inquiry = factories.submitted(with_document(factories.draft(resident)))
    for method in (as_resident.get, as_resident.post):
        assert method(page_of(inquiry, "delete")).url == page_of(inquiry, "receipt")
        assert Inquiry.objects.filter(pk=inquiry.pk).exists()
        assert len(stored_files()) == 1


def test_another_persons_draft_looks_like_missing_one(as_resident, resident):
    address = "/en/inquiries/800000000001/delete/"
    missing = {method: seen(as_resident, address, method) for method in ("get", "post")}
    applicant = factories.UserFactory()
    factories.link(applicant.identity, resident.identity)
    beneficiaries = (applicant.identity, resident.identity)
    drafts = [with_document(factories.draft(applicant, None, each)) for each in beneficiaries]
    for draft, method in product(drafts, missing):
        Inquiry.objects.filter(pk=draft.pk).update(reference="800000000001")
        found = seen(as_resident, address, method)
        assert found[0] == 404
        assert found == missing[method]
        assert Inquiry.objects.filter(pk=draft.pk).exists()
        assert len(stored_files()) == 2
        Inquiry.objects.filter(pk=draft.pk).update(reference=draft.reference)
