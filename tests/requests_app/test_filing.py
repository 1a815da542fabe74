"""Filing an inquiry on the pages, step by step, as an applicant sees it."""

import datetime
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.hijri import both_calendars
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from core.references import grouped_reference
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in, words

pytestmark = pytest.mark.both_engines

NEW = "/en/inquiries/new/"


@pytest.fixture
def service(db):
    """Return a service that needs a document."""
    service = factories.ServiceFactory()
    service.documents.add(factories.document_type())
    return service


def page_of(inquiry, step):
    return f"/en/inquiries/{inquiry.reference}/{step}/"


def texts_to(user):
    """Return the texts in the outbox for the user's mobile, oldest first."""
    messages = Message.objects.filter(recipient=str(user.mobile)).order_by("pk")
    return [decrypt(message.text) if message.is_encrypted else message.text for message in messages]


def test_somebody_files_an_inquiry_for_themselves(as_resident, resident, service):
    begun = as_resident.post(
        NEW,
        {
            "idempotency_key": uuid.uuid4(),
            "beneficiary": resident.identity_id,
            "service": service.slug,
        },
    )
    inquiry = Inquiry.objects.get()
    assert begun.url == page_of(inquiry, "details")

    described = as_resident.post(begun.url, factories.details_of(inquiry))
    assert described.url == page_of(inquiry, "documents")

    added = as_resident.post(
        described.url, {"document_type": "supporting-proof", "files": factories.picture()}
    )
    assert added.url == page_of(inquiry, "documents")
    documents = as_resident.get(added.url)
    assert "Added so far Supporting proof passport.jpg" in words(documents)
    assert f'href="{page_of(inquiry, "review")}">Continue</a>' in documents.content.decode()
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

    asked = ask_for_code(as_resident, inquiry)
    assert asked.url == page_of(inquiry, "confirm")
    sent = as_resident.post(asked.url, {"code": factories.code_sent_to(resident)})
    assert sent.url == page_of(inquiry, "receipt")

    inquiry.refresh_from_db()
    receipt = words(as_resident.get(sent.url))
    for line in (
        "Your inquiry has been sent Request number " + grouped_reference(inquiry.reference),
        "Service Services for residents",
        "Filed for Mohammed Aslam Khan",
        f"Sent on {both_calendars(inquiry.submitted_at, 'en')}",
        f"Answer expected by {both_calendars(inquiry.due_on, 'en')}",
    ):
        assert line in receipt
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert inquiry.description == factories.DESCRIPTION


def test_texts_name_the_inquiry_and_service(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    (text,) = texts_to(resident)
    assert text == (
        f"Tawasul: {code} is your code to send inquiry {inquiry.reference}, "
        "Services for residents. Never give it to anybody."
    )
    as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert texts_to(resident)[1:] == [
        f"Tawasul: we have received your inquiry {inquiry.reference}, "
        "Services for residents. We will text you when it is answered."
    ]


def test_an_arabic_account_gets_its_texts_in_arabic(resident):
    resident.language = "ar"
    resident.save(update_fields=["language"])
    client = signed_in(resident)
    inquiry = factories.draft(resident)
    ask_for_code(client, inquiry, "ar")
    code = factories.code_sent_to(resident)
    client.post(f"/ar/inquiries/{inquiry.reference}/confirm/", {"code": code})
    assert list(Message.objects.values_list("language", flat=True)) == ["ar", "ar"]
    assert all("الخدمات الخاصة بالمقيمين" in text for text in texts_to(resident))


def test_details_are_prefilled_from_registry(as_resident, resident, service):
    form = {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": resident.identity_id,
        "service": service.slug,
    }
    page = as_resident.post(NEW, form, follow=True).content.decode()
    assert 'value="Mohammed Aslam Khan"' in page
    assert f'value="{resident.identity.current_number}"' in page
    assert f'value="0{str(resident.mobile)[4:6]} {str(resident.mobile)[6:9]} ' in page


def test_a_number_typed_in_arabic_digits_is_understood(as_resident, resident):
    inquiry = factories.draft(resident, is_ready=False)
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    as_resident.post(
        page_of(inquiry, "details"),
        factories.details_of(
            inquiry,
            id_number=inquiry.id_number.translate(arabic),
            mobile="٠٥٠ ١٢٣ ٤٥٦٧",
            name="محمد خان",
        ),
    )
    inquiry.refresh_from_db()
    assert inquiry.id_number == resident.identity.current_number
    assert (inquiry.name, str(inquiry.mobile)) == ("محمد خان", "+966501234567")


def test_draft_is_resumed_on_another_device(as_resident, resident):
    inquiry = factories.draft(resident, is_ready=False)
    as_resident.post(page_of(inquiry, "details"), factories.details_of(inquiry))
    another_device = signed_in(resident)
    my_page = another_device.get("/en/my/")
    assert "Not sent yet Services for residents Draft" in words(my_page)
    assert f"/en/inquiries/{inquiry.reference}/" in my_page.content.decode()
    opened = another_device.get(f"/en/inquiries/{inquiry.reference}/", follow=True)
    assert factories.DESCRIPTION in opened.content.decode()


def test_the_same_form_sent_twice_begins_one_draft(as_resident, resident, service):
    form = {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": resident.identity_id,
        "service": service.slug,
    }
    first, second = as_resident.post(NEW, form), as_resident.post(NEW, form)
    assert first.url == second.url
    assert Inquiry.objects.count() == 1


def test_no_code_while_required_document_is_missing(as_resident, resident, service):
    inquiry = factories.draft(resident, service)
    review = ask_for_code(as_resident, inquiry)
    assert (
        "There is something to correct This service also needs: Supporting proof. "
        "Add what is missing."
    ) in words(review)
    assert not Message.objects.exists()


def test_a_service_that_needs_no_document_is_filed_without_one(as_resident, resident):
    factories.document_type()
    inquiry = factories.draft(resident)
    page = as_resident.get(page_of(inquiry, "documents"))
    assert "Continue without a document" in words(page)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert Inquiry.objects.filed().get() == inquiry


@pytest.mark.parametrize("file", [None, SimpleUploadedFile("empty.pdf", b"")])
def test_missing_or_empty_file_is_refused(as_resident, resident, service, file):
    inquiry = factories.draft(resident, service)
    form = {"document_type": "supporting-proof", **({"files": file} if file else {})}
    page = as_resident.post(page_of(inquiry, "documents"), form)
    sentence = "“empty.pdf” is empty. Choose another file." if file else "Choose a file."
    assert errors_on(page) == [sentence]


@pytest.mark.parametrize("step", ["details", "documents", "review", "confirm"])
def test_steps_of_filed_inquiry_redirect_to_receipt(as_resident, resident, step):
    inquiry = factories.filed(resident)
    for method in (as_resident.get, as_resident.post):
        assert method(page_of(inquiry, step)).url == page_of(inquiry, "receipt")


@pytest.mark.parametrize("step", ["", "receipt/"])
def test_a_draft_has_no_receipt_and_no_history_yet(as_resident, resident, step):
    inquiry = factories.draft(resident)
    response = as_resident.get(f"/en/inquiries/{inquiry.reference}/{step}")
    assert response.url == page_of(inquiry, "details")


def test_code_does_not_confirm_later_changes(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    changed = factories.details_of(
        inquiry, description="I ask for something else now, and at some length."
    )
    as_resident.post(page_of(inquiry, "details"), changed)
    refused = as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert errors_on(refused) == [
        "The inquiry has changed since this code was sent. Check your answers and ask "
        "for a new code."
    ]
    assert not Inquiry.objects.filed().exists()


def test_changes_from_another_tab_are_shown_before_code(as_resident, resident):
    inquiry = factories.draft(resident)
    read = as_resident.get(page_of(inquiry, "review")).context["shown"]
    changed = factories.details_of(inquiry, description="Changed in another tab, at some length.")
    as_resident.post(page_of(inquiry, "details"), changed)
    page = as_resident.post(page_of(inquiry, "review"), {"shown": read})
    assert "Your answers have changed since you read them here. Check them again." in words(page)
    assert "Changed in another tab, at some length." in words(page)
    assert not Message.objects.exists()


def test_a_wrong_code_files_nothing(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    wrong = f"{(int(factories.code_sent_to(resident)) + 1) % 10**6:06}"
    refused = as_resident.post(page_of(inquiry, "confirm"), {"code": wrong})
    assert errors_on(refused) == ["This is not the code we sent. Check the message and try again."]
    assert not Inquiry.objects.filed().exists()


def test_a_code_sent_from_another_browser_files_nothing(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    another_browser = signed_in(resident)
    refused = another_browser.post(page_of(inquiry, "confirm"), {"code": code})
    assert errors_on(refused) == ["Ask for a code first."]
    assert not Inquiry.objects.filed().exists()


def test_page_says_when_texts_cannot_be_sent(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    Message.objects.update(failed_at=timezone.now())
    masked = "•••• " + str(resident.mobile)[-3:]
    assert notices_on(as_resident.get(page_of(inquiry, "confirm"))) == [
        f"We cannot send messages at the moment, so the code for {masked} has not been sent yet. "
        "We are still trying; you can also ask for another code in a minute."
    ]


def test_second_code_within_a_minute_is_refused(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    again = ask_for_code(as_resident, inquiry, follow=True)
    told = notices_on(again)[0]
    assert re.fullmatch(
        r"A code has just been sent\. You can ask for another in \d\d seconds\.", told
    )
    assert as_resident.post(
        page_of(inquiry, "confirm"), {"code": factories.code_sent_to(resident)}
    ).url == page_of(inquiry, "receipt")


def test_resubmitted_code_leads_to_same_receipt(as_resident, resident):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    form = {"code": factories.code_sent_to(resident)}
    first = as_resident.post(page_of(inquiry, "confirm"), form)
    second = as_resident.post(page_of(inquiry, "confirm"), form)
    assert first.url == second.url == page_of(inquiry, "receipt")
    assert len(texts_to(resident)) == 2


def test_due_date_counts_working_days(monkeypatch, db):
    thursday_night = datetime.datetime(2026, 11, 19, 22, 30, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: thursday_night)
    inquiry = factories.filed(service=factories.ServiceFactory(target_working_days=3))
    # In the Kingdom it is Friday already; the three working days are Sunday, Monday and Tuesday.
    assert inquiry.due_on == datetime.date(2026, 11, 24)


def test_inquiry_page_shows_timeline_and_notices(as_resident, resident):
    inquiry = factories.filed(resident)
    page = words(as_resident.get(f"/en/inquiries/{inquiry.reference}/"))
    assert f"Answer expected by {both_calendars(inquiry.due_on, 'en')}." in page
    assert f"What has happened Filed {both_calendars(inquiry.submitted_at, 'en')}" in page
    masked = "•••• " + str(resident.mobile)[-3:]
    assert f"Notices about this inquiry text message {masked}: waiting to be sent" in page
