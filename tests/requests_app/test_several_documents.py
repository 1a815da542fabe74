"""Documents of several types: adding, ordering and removing them before the inquiry is filed."""

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from core.catalogue.models import DocumentType
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in, words
from tests.requests_app.files import pdf, stored_files
from tests.requests_app.sized_files import names_on

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]

HTML = b"<!doctype html><script>alert(1)</script>"
WRONG_TYPE = "is not a JPEG or PNG picture or a PDF. Choose one of these."
DAMAGED = "cannot be read; it may be damaged. Save or photograph it again."
FILED = "This inquiry has already been sent and cannot be changed."


def type_of(slug, name):
    return DocumentType.objects.create(slug=slug, name_ar=name, name_en=name)


@pytest.fixture
def passport(db):
    return type_of("passport-copy", "Copy of the passport")


@pytest.fixture
def iqama(db):
    return type_of("iqama-copy", "Copy of the iqama")


@pytest.fixture
def proof(db):
    return factories.document_type()


@pytest.fixture
def service(passport, iqama):
    """Return a service with one required and one optional document type."""
    service = factories.ServiceFactory()
    service.documents.add(passport)
    service.optional_documents.add(iqama)
    return service


@pytest.fixture
def inquiry(resident, service):
    return factories.draft(resident, service)


@pytest.fixture
def address(inquiry):
    return f"/en/inquiries/{inquiry.reference}/documents/"


@pytest.fixture
def add(as_resident, address):
    """Return a function that sends files on the third step and returns the page that follows."""

    def add(*uploads, document_type="passport-copy"):
        form = {"document_type": document_type, "files": uploads}
        return as_resident.post(address, form, follow=True)

    return add


@pytest.fixture
def three(add):
    """Return three documents by their names, in the order in which they were added."""
    add(photo("one.jpg", 61), photo("two.jpg", 62), photo("three.jpg", 63))
    return {each.original_name: each for each in Attachment.objects.all()}


@pytest.fixture
def press(as_resident, address):
    """Return a function that presses a document's button and returns the names on the next page."""

    def press(button, attachment):
        return names_on(as_resident.post(address, {button: attachment.pk}, follow=True))

    return press


def photo(name, width=60):
    """Return a picture; another width gives another content."""
    return factories.picture(name, size=(width, 40))


def upload(name, content):
    return SimpleUploadedFile(name, content)


def types_on(page):
    """Return the names of the document types that the form offers."""
    return [str(label) for _value, label in page.context["form"].fields["document_type"].choices]


def missing_on(page):
    return [str(document_type) for document_type in page.context["missing"]]


# Adding


def test_files_chosen_at_once_are_all_added_in_their_order(add, address):
    page = add(photo("front.jpg", 61), photo("back.jpg", 62), upload("letter.pdf", pdf()))
    assert page.redirect_chain == [(address, 302)]
    assert names_on(page) == ["front.jpg", "back.jpg", "letter.pdf"]
    assert len(stored_files()) == 3


def test_the_form_lets_several_files_be_chosen(as_resident, address):
    page = as_resident.get(address).content.decode()
    assert page.count('type="file"') == 1
    field = page[page.index('type="file"') :].split(">")[0]
    assert "multiple" in field
    assert 'name="files"' in field


def test_documents_of_one_type_do_not_replace_each_other(add, passport, iqama):
    add(photo("first.jpg", 61))
    add(photo("card.jpg", 62), document_type="iqama-copy")
    page = add(photo("second.jpg", 63))
    assert names_on(page) == ["first.jpg", "card.jpg", "second.jpg"]
    kept = Attachment.objects.values_list("document_type__slug", "original_name")
    assert list(kept) == [
        ("passport-copy", "first.jpg"),
        ("iqama-copy", "card.jpg"),
        ("passport-copy", "second.jpg"),
    ]


def test_refused_files_are_named_and_others_kept(add):
    page = add(
        photo("good.jpg", 61),
        upload("page.jpg", HTML),
        upload("letter.pdf", pdf()),
        upload("half.png", factories.picture(picture_format="PNG").read()[:60]),
    )
    assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}", f"“half.png” {DAMAGED}"]
    assert names_on(page) == ["good.jpg", "letter.pdf"]
    assert len(stored_files()) == 2


def test_file_kept_beside_refused_one_counts_as_added(add):
    page = add(photo("good.jpg"), upload("page.jpg", HTML))
    assert "This service still needs" not in words(page)
    assert "Added so far" in words(page)


def test_script_in_refused_file_name_is_escaped(add):
    page = add(upload("<script>alert(1)<script>.jpg", HTML))
    assert errors_on(page) == [f"“<script>alert(1)<script>.jpg” {WRONG_TYPE}"]
    assert "<script>alert(1)" not in page.content.decode()


@pytest.mark.parametrize("chosen", ["supporting-proof", "no-such-type", "", None])
def test_files_without_a_type_of_this_service_are_not_kept(as_resident, address, proof, chosen):
    form = {"files": photo("one.jpg"), **({} if chosen is None else {"document_type": chosen})}
    page = as_resident.post(address, form)
    assert errors_on(page) == [
        "Choose one of the options shown." if chosen else "Choose which document it is."
    ]
    assert not stored_files()


# Types on offer


def test_required_and_optional_types_are_offered(as_resident, address, proof):
    page = as_resident.get(address)
    assert sorted(types_on(page)) == ["Copy of the iqama", "Copy of the passport"]
    assert "Supporting proof" not in words(page)


def test_service_without_listed_types_takes_any(as_resident, resident, passport, iqama, proof):
    inquiry = factories.draft(resident)
    page = as_resident.get(f"/en/inquiries/{inquiry.reference}/documents/")
    assert sorted(types_on(page)) == [
        "Copy of the iqama",
        "Copy of the passport",
        "Supporting proof",
    ]


def test_single_document_type_is_not_asked_for(as_resident, resident, passport):
    service = factories.ServiceFactory()
    service.documents.add(passport)
    inquiry = factories.draft(resident, service)
    page = as_resident.get(f"/en/inquiries/{inquiry.reference}/documents/")
    assert "Which document is it?" not in words(page)
    form = {"document_type": "passport-copy", "files": photo("one.jpg")}
    after = as_resident.post(f"/en/inquiries/{inquiry.reference}/documents/", form, follow=True)
    assert names_on(after) == ["one.jpg"]


# Missing documents


def test_missing_types_are_named_until_added(as_resident, address, add, service, proof):
    service.documents.add(proof)
    assert sorted(missing_on(as_resident.get(address))) == [
        "Copy of the passport",
        "Supporting proof",
    ]
    page = add(photo("one.jpg"))
    assert "This service still needs: Supporting proof Added so far" in words(page)
    page = add(photo("two.jpg", 61), document_type="supporting-proof")
    assert "This service still needs" not in words(page)


def test_removed_required_document_is_named_again(as_resident, address, add, press):
    add(photo("one.jpg"))
    press("remove", Attachment.objects.get())
    assert "This service still needs: Copy of the passport" in words(as_resident.get(address))


def test_optional_document_is_not_required(as_resident, inquiry, add):
    add(photo("one.jpg"))
    confirmation = ask_for_code(as_resident, inquiry)
    assert confirmation.url == f"/en/inquiries/{inquiry.reference}/confirm/"


def test_missing_types_are_named_before_code_is_sent(as_resident, inquiry, service, proof):
    service.documents.add(proof)
    actions.attach(
        actor=inquiry.applicant,
        inquiry=inquiry,
        document_type=service.optional_documents.get(),
        upload=photo("card.jpg"),
    )
    page = ask_for_code(as_resident, inquiry)
    names = ", ".join(str(document_type) for document_type in service.documents.all())
    assert (
        f"There is something to correct This service also needs: {names}. Add what is missing."
    ) in words(page)
    assert f'href="/en/inquiries/{inquiry.reference}/documents/"' in page.content.decode()
    assert Inquiry.objects.get().is_draft


def test_removing_document_after_code_blocks_filing(as_resident, resident, inquiry, add, press):
    add(photo("one.jpg"))
    ask_for_code(as_resident, inquiry)
    press("remove", Attachment.objects.get())
    code = factories.code_sent_to(resident)
    page = as_resident.post(f"/en/inquiries/{inquiry.reference}/confirm/", {"code": code})
    assert errors_on(page) == [
        "The inquiry has changed since this code was sent. Check your answers and ask "
        "for a new code."
    ]
    assert Inquiry.objects.get().is_draft


# Order


@pytest.mark.parametrize(
    ("moved", "order"),
    [
        ("one.jpg", ["one.jpg", "two.jpg", "three.jpg"]),
        ("two.jpg", ["two.jpg", "one.jpg", "three.jpg"]),
        ("three.jpg", ["one.jpg", "three.jpg", "two.jpg"]),
    ],
)
def test_a_document_changes_places_with_the_one_before_it(press, three, moved, order):
    assert press("up", three[moved]) == order


def test_order_is_kept_on_review_and_after_filing(
    as_resident, as_officer, resident, inquiry, press, three
):
    order = ["three.jpg", "one.jpg", "two.jpg"]
    press("up", three["three.jpg"])
    assert press("up", three["three.jpg"]) == order
    assert names_on(as_resident.get(f"/en/inquiries/{inquiry.reference}/review/")) == order
    factories.submitted(inquiry)
    assert names_on(as_resident.get(f"/en/inquiries/{inquiry.reference}/")) == order
    desk = as_officer.get(f"/en/staff/requests_app/inquiry/{inquiry.pk}/change/", follow=True)
    assert names_on(desk) == order


def test_document_added_after_removal_is_last(add, press, three):
    press("remove", three["two.jpg"])
    assert names_on(add(photo("four.jpg", 64))) == ["one.jpg", "three.jpg", "four.jpg"]


def test_first_document_has_no_up_button(as_resident, address, three):
    page = as_resident.get(address).content.decode()
    assert f'name="up" value="{three["one.jpg"].pk}"' not in page
    assert f'name="up" value="{three["two.jpg"].pk}"' in page
    assert f'name="up" value="{three["three.jpg"].pk}"' in page


@pytest.mark.parametrize("button", ["up", "remove"])
@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "", "١", "9" * 18, "9" * 5000])
def test_button_with_invalid_pk_does_nothing(as_resident, address, three, button, number):
    page = as_resident.post(address, {button: number}, follow=True)
    assert page.status_code == 200
    assert names_on(as_resident.get(address)) == list(three)


@pytest.mark.parametrize("button", ["up", "remove"])
def test_another_persons_documents_are_not_changed(press, three, button):
    theirs = factories.draft()
    first = factories.attached(theirs, photo("first.jpg", 61))
    second = factories.attached(theirs, photo("second.jpg", 62))
    assert press(button, second) == list(three)
    assert list(theirs.attachments.all()) == [first, second]
    assert storages["private"].exists(second.stored_name)


@pytest.mark.parametrize("button", ["up", "remove"])
def test_buttons_on_another_persons_page_are_404(address, three, button):
    stranger = signed_in(factories.UserFactory())
    answer = stranger.post(address, {button: three["two.jpg"].pk})
    assert answer.status_code == 404
    assert [each.original_name for each in Attachment.objects.all()] == list(three)


@pytest.mark.parametrize("act", [actions.move_up, actions.remove])
def test_filed_documents_cannot_be_changed(resident, inquiry, three, act):
    factories.submitted(inquiry)
    with pytest.raises(RuleViolation) as refused:
        act(actor=resident, inquiry=inquiry, pk=three["two.jpg"].pk)
    assert str(refused.value.message) == FILED
    assert [each.original_name for each in Attachment.objects.all()] == list(three)
    assert len(stored_files()) == 3


# Removing


def test_removed_document_loses_its_file(press, three):
    assert press("remove", three["two.jpg"]) == ["one.jpg", "three.jpg"]
    assert not storages["private"].exists(three["two.jpg"].stored_name)
    assert len(stored_files()) == 2


def test_remove_twice_removes_document_once(as_resident, address, press, three):
    press("remove", three["two.jpg"])
    again = as_resident.post(address, {"remove": three["two.jpg"].pk}, follow=True)
    assert names_on(again) == ["one.jpg", "three.jpg"]
    assert notices_on(again) == []


def test_deleting_draft_deletes_its_files(as_resident, inquiry, three):
    as_resident.post(f"/en/inquiries/{inquiry.reference}/delete/")
    assert not Inquiry.objects.exists()
    assert not stored_files()


# Duplicates


def test_duplicate_document_is_not_added_again(add):
    add(photo("one.jpg"))
    page = add(photo("again.jpg"))
    assert errors_on(page) == []
    assert names_on(page) == ["one.jpg"]
    assert len(stored_files()) == 1


@pytest.mark.parametrize("content", [factories.picture().read(), pdf()])
def test_duplicate_in_one_request_is_added_once(add, content):
    page = add(upload("one", content), upload("two", content))
    assert len(names_on(page)) == 1
    assert len(stored_files()) == 1


def test_same_file_is_added_under_two_types(add):
    add(photo("both.jpg"))
    page = add(photo("both.jpg"), document_type="iqama-copy")
    assert names_on(page) == ["both.jpg", "both.jpg"]
    assert len(stored_files()) == 2


def test_same_file_in_two_inquiries_is_stored_twice(resident, service):
    for inquiry in (factories.draft(resident, service), factories.draft(resident, service)):
        factories.attached(inquiry)
    assert len(stored_files()) == 2
    actions.delete_draft(actor=resident, inquiry=inquiry)
    assert len(stored_files()) == 1


def test_duplicate_is_accepted_when_inquiry_is_full(add, three):
    add(*(photo(f"{width}.jpg", width) for width in range(64, 71)))
    page = add(photo("again.jpg", 61))
    assert errors_on(page) == []
    assert len(names_on(page)) == 10
