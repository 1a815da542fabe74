"""Documents of several types: adding, ordering and removing them before the inquiry is filed."""

from itertools import product

import pytest
from django.core.files.storage import storages

from core.catalogue.models import DocumentType
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in, words
from tests.requests_app.desk_pages import desk_of
from tests.requests_app.files import (
    DAMAGED,
    HTML,
    WRONG_TYPE,
    names_on,
    pdf,
    photo,
    stored_files,
    upload,
)
from tests.requests_app.steps import add_documents, code_for, confirm, page_of
from tests.worlds import undone

MISSING = "Before you can go on, this is still needed:"
CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)


@pytest.fixture
def types(db):
    """Return the types of the catalogue: two for the service, and one for none."""
    names = {"passport-copy": "Copy of the passport", "iqama-copy": "Copy of the iqama"}
    types = [
        DocumentType.objects.create(slug=slug, name_ar=name, name_en=name)
        for slug, name in names.items()
    ]
    return [*types, factories.document_type()]


@pytest.fixture
def service(types):
    """Return a service with one required and one optional document type."""
    service = factories.ServiceFactory()
    service.documents.add(types[0])
    service.optional_documents.add(types[1])
    return service


@pytest.fixture
def inquiry(resident, service):
    return factories.draft(resident, service)


@pytest.fixture
def address(inquiry):
    return page_of(inquiry, "documents")


@pytest.fixture
def add(as_resident, inquiry):
    """Return a function that sends files on the third step and returns the page that follows."""

    def add(*uploads, document_type="passport-copy"):
        return add_documents(as_resident, inquiry, *uploads, document_type=document_type)

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


def kept_names():
    return list(Attachment.objects.values_list("original_name", flat=True))


def types_on(page):
    """Return the names of the document types that the form offers."""
    choices = page.context["form"].fields["document_type"].choices
    return sorted(str(label) for _value, label in choices)


def missing_on(page):
    return sorted(str(document_type) for document_type in page.context["missing"])


# Adding


def test_files_chosen_at_once_are_all_added_in_their_order(as_resident, add, address):
    form = as_resident.get(address).content.decode()
    for kind in ("passport-copy", "iqama-copy"):
        field = form[form.index(f'id="id_files_{kind}"') :].split(">")[0]
        assert "multiple" in field
    page = add(photo("front.jpg", 61), photo("back.jpg", 62), upload("letter.pdf", pdf()))
    assert page.redirect_chain == [(address, 302)]
    assert names_on(page) == ["front.jpg", "back.jpg", "letter.pdf"]
    assert len(stored_files()) == 3
    taken = {"document_type": "passport-copy", "photo": photo("taken.jpg", 63)}
    assert names_on(as_resident.post(address, taken, follow=True))[-1] == "taken.jpg"


def test_documents_of_one_type_do_not_replace_each_other(add):
    add(photo("first.jpg", 61))
    add(photo("card.jpg", 62), document_type="iqama-copy")
    page = add(photo("second.jpg", 63))
    assert names_on(page) == ["first.jpg", "second.jpg", "card.jpg"], "by type, as on the page"
    kept = Attachment.objects.values_list("document_type__slug", "original_name")
    assert list(kept) == [
        *(("passport-copy", "first.jpg"), ("iqama-copy", "card.jpg")),
        ("passport-copy", "second.jpg"),
    ]


def test_refused_files_are_named_and_others_kept(add):
    half = factories.picture(picture_format="PNG").read()[:60]
    page = add(
        *(photo("good.jpg", 61), upload("page.jpg", HTML)),
        *(upload("letter.pdf", pdf()), upload("half.png", half)),
    )
    assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}", f"“half.png” {DAMAGED}"]
    assert names_on(page) == ["good.jpg", "letter.pdf"]
    assert len(stored_files()) == 2
    assert MISSING not in words(page)
    assert "Copy of the passport Added" in words(page)


def test_script_in_refused_file_name_is_escaped(add):
    page = add(upload("<script>alert(1)<script>.jpg", HTML))
    assert errors_on(page) == [f"“<script>alert(1)<script>.jpg” {WRONG_TYPE}"]
    assert "<script>alert(1)" not in page.content.decode()


def test_files_without_a_type_of_this_service_are_not_kept(as_resident, address):
    for chosen in ("supporting-proof", "no-such-type", "", None):
        chosen_type = {} if chosen is None else {"document_type": chosen}
        page = as_resident.post(address, {"files": photo("one.jpg"), **chosen_type})
        unknown = "This inquiry does not take such a document. Choose one from the list."
        assert errors_on(page) == [unknown if chosen else "Choose which document it is."]
        assert not stored_files(), chosen


# Types on offer


def test_types_of_the_service_are_offered(as_resident, resident, address, types):
    page = as_resident.get(address)
    assert types_on(page) == ["Copy of the iqama", "Copy of the passport"]
    assert "Supporting proof" not in words(page)
    without_types = factories.draft(resident)
    offered = types_on(as_resident.get(page_of(without_types, "documents")))
    assert offered == ["Copy of the iqama", "Copy of the passport", "Supporting proof"]


def test_single_document_type_is_not_asked_for(as_resident, resident, types):
    service = factories.ServiceFactory()
    service.documents.add(types[0])
    inquiry = factories.draft(resident, service)
    page = as_resident.get(page_of(inquiry, "documents"))
    page = add_documents(as_resident, inquiry, photo("one.jpg"), document_type="passport-copy")
    assert names_on(page) == ["one.jpg"]


# Missing documents


def test_missing_types_are_named_until_added(as_resident, address, add, press, service, types):
    service.documents.add(types[2])
    missing = missing_on(as_resident.get(address))
    assert missing == ["Copy of the passport", "Supporting proof"]
    page = add(photo("one.jpg"))
    assert f"{MISSING} Supporting proof" in words(page)
    page = add(photo("two.jpg", 61), document_type="supporting-proof")
    assert MISSING not in words(page)
    press("remove", Attachment.objects.first())
    assert f"{MISSING} Copy of the passport" in words(as_resident.get(address))


def test_missing_types_are_named_before_code_is_sent(as_resident, inquiry, add, service, types):
    service.documents.add(types[2])
    add(photo("card.jpg"), document_type="iqama-copy")
    page = ask_for_code(as_resident, inquiry)
    names = ", ".join(str(document_type) for document_type in service.documents.all())
    assert (
        f"There is something to correct This service also needs: {names}. Add what is missing."
    ) in words(page)
    assert f'href="{page_of(inquiry, "documents")}"' in page.content.decode()
    assert Inquiry.objects.get().is_draft


def test_removing_document_after_code_blocks_filing(as_resident, inquiry, add, press):
    add(photo("one.jpg"))  # the optional document is not needed
    code = code_for(as_resident, inquiry)
    press("remove", Attachment.objects.get())
    assert errors_on(confirm(as_resident, inquiry, code)) == [CHANGED]
    assert Inquiry.objects.get().is_draft


# Order


def test_a_document_changes_places_with_the_one_before_it(as_resident, address, press, three):
    for moved, order in (
        ("one.jpg", ["one.jpg", "two.jpg", "three.jpg"]),
        ("two.jpg", ["two.jpg", "one.jpg", "three.jpg"]),
        ("three.jpg", ["one.jpg", "three.jpg", "two.jpg"]),
    ):
        with undone():
            assert press("up", three[moved]) == order
    page = as_resident.get(address).content.decode()
    shown = {name: f'name="up" value="{each.pk}"' in page for name, each in three.items()}
    assert shown == {"one.jpg": False, "two.jpg": True, "three.jpg": True}
    numbers = ("0", "-1", "abc", "1.5", "", "١", "9" * 18, "9" * 5000)
    for button, number in product(("up", "remove"), numbers):
        page = as_resident.post(address, {button: number}, follow=True)
        assert page.status_code == 200, (button, number[:20])
        assert names_on(as_resident.get(address)) == list(three), (button, number[:20])


def test_order_is_kept_on_review_and_after_filing(as_resident, as_officer, inquiry, press, three):
    order = ["three.jpg", "one.jpg", "two.jpg"]
    press("up", three["three.jpg"])
    assert press("up", three["three.jpg"]) == order
    assert names_on(as_resident.get(page_of(inquiry, "review"))) == order
    factories.submitted(inquiry)
    assert names_on(as_resident.get(page_of(inquiry))) == order
    assert names_on(as_officer.get(desk_of(inquiry))) == order
    for act in (actions.move_up, actions.remove):
        with pytest.raises(RuleViolation) as refused:
            act(actor=inquiry.applicant, inquiry=inquiry, pk=three["two.jpg"].pk)
        told = "This inquiry has already been sent and cannot be changed."
        assert str(refused.value.message) == told
        assert kept_names() == order
        assert len(stored_files()) == 3


def test_another_persons_documents_are_not_changed(address, press, three):
    theirs = factories.draft()
    documents = [factories.attached(theirs, photo(f"{width}.jpg", width)) for width in (61, 62)]
    stranger = signed_in(factories.UserFactory())
    for button in ("up", "remove"):
        assert press(button, documents[1]) == list(three)
        assert list(theirs.attachments.all()) == documents
        assert storages["private"].exists(documents[1].stored_name)
        assert stranger.post(address, {button: three["two.jpg"].pk}).status_code == 404
        assert [name for name in kept_names() if name in three] == list(three)


# Removing


def test_removed_document_loses_its_file(as_resident, address, add, press, three):
    assert press("remove", three["two.jpg"]) == ["one.jpg", "three.jpg"]
    assert not storages["private"].exists(three["two.jpg"].stored_name)
    assert len(stored_files()) == 2
    again = as_resident.post(address, {"remove": three["two.jpg"].pk}, follow=True)
    assert names_on(again) == ["one.jpg", "three.jpg"]
    assert notices_on(again) == []
    assert names_on(add(photo("four.jpg", 64))) == ["one.jpg", "three.jpg", "four.jpg"]
    as_resident.post(page_of(Inquiry.objects.get(), "delete"))
    assert not Inquiry.objects.exists()
    assert not stored_files()


# Duplicates


def test_the_same_file_again_is_named_with_its_type(add):
    add(photo("one.jpg"))
    page = add(photo("one.jpg"))  # as a browser does that has lost the answer
    assert (errors_on(page), notices_on(page), names_on(page)) == ([], [], ["one.jpg"])

    page = add(photo("again.jpg"))
    already = (
        "“again.jpg” was not added again: the same file is there already as “one.jpg”, "
        "Copy of the passport."
    )
    assert (errors_on(page), notices_on(page), names_on(page)) == ([], [already], ["one.jpg"])
    assert len(stored_files()) == 1

    page = add(photo("card.jpg"), document_type="iqama-copy")  # one scan of both
    assert notices_on(page) == [
        "“card.jpg” was added as Copy of the iqama. The same file is there as Copy of the passport "
        "too, named “one.jpg”. If that is a mistake, remove one of the two."
    ]
    assert (errors_on(page), names_on(page)) == ([], ["one.jpg", "card.jpg"])
    assert len(stored_files()) == 2

    page = add(photo("again.jpg"), upload("page.jpg", HTML), photo("two.jpg", 61))
    assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}", already]
    assert names_on(page) == ["one.jpg", "two.jpg", "card.jpg"]


def test_duplicate_in_one_request_is_added_once(add):
    for count, content in enumerate((factories.picture().read(), pdf()), start=1):
        page = add(upload("one", content), upload("two", content))
        assert len(notices_on(page)) == 1
        assert len(names_on(page)) == count
        assert len(stored_files()) == count


def test_same_file_in_two_inquiries_is_stored_twice(resident, service):
    drafts = [factories.draft(resident, service) for _row in range(2)]
    for draft in drafts:
        assert factories.attached(draft) == factories.attached(draft)
    assert len(stored_files()) == 2
    actions.delete_draft(actor=resident, inquiry=drafts[1])
    assert len(stored_files()) == 1


def test_duplicate_is_accepted_when_inquiry_is_full(add, three):
    add(*(photo(f"{width}.jpg", width) for width in range(64, 71)))
    page = add(photo("one.jpg", 61))
    assert errors_on(page) == []
    assert len(names_on(page)) == 10
