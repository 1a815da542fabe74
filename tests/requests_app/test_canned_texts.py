"""Canned texts in answers, and the preview of what the applicant will get."""

import pytest

from tests import factories
from tests.conftest import signed_in_staff, words
from tests.requests_app.desk_pages import desk_of, now
from tests.requests_app.steps import form_on

ADD = "/en/staff/requests_app/cannedtext/add/"
SAVED = {
    "is_active": "on",
    "title_ar": "الرسم",
    "title_en": "The fee",
    "text_ar": "عزيزنا {name}، وصل الرسم للطلب {number}.",
    "text_en": "Dear {name}, the fee for {number} is here.",
}


@pytest.fixture
def inquiry(officer):
    return factories.claimed(officer)


def on_the_desk(browser, inquiry, button, text="", **chosen):
    form = form_on(browser.get(desk_of(inquiry)), text, **{button: "yes"}, **chosen)
    return browser.post(desk_of(inquiry, "answer"), form)


def offered(browser, inquiry):
    form = browser.get(desk_of(inquiry)).context["canned_form"]
    return [title for _pk, title in form.fields["canned"].choices]


@pytest.mark.parametrize(
    ("language", "filled_in"),
    [
        ("en", "Dear Mohammed Aslam Khan, we look for the fee."),
        ("ar", "عزيزنا Mohammed Aslam Khan، نبحث عن الرسم."),
    ],
)
def test_it_is_put_below_what_is_typed_in_the_language_of_the_applicant(
    as_officer, inquiry, language, filled_in
):
    canned = factories.canned_text()
    inquiry.applicant.language = language
    inquiry.applicant.save()

    page = on_the_desk(as_officer, inquiry, "insert", text="Welcome.", canned=canned.pk)

    assert page.context["form"]["text"].value() == f"Welcome.\n\n{filled_in}"
    assert not inquiry.replies.exists()


def test_every_placeholder_is_filled_in(as_officer, inquiry):
    text = "{name} {number} {service} {today}"
    canned = factories.canned_text(text=text, text_ar=text)
    page = on_the_desk(as_officer, inquiry, "insert", canned=canned.pk)
    typed = page.context["form"]["text"].value()
    assert typed.startswith("Mohammed Aslam Khan 8")
    assert "Services for residents" in typed
    assert "AH" in typed
    assert "{" not in typed


def test_what_is_filled_in_is_no_placeholder(as_officer, inquiry):
    """A service of this name is put there as it is."""
    inquiry.service.name_en = "Visas {name}"
    inquiry.service.save()
    canned = factories.canned_text(text="About {service}", text_ar="{service}")
    page = on_the_desk(as_officer, inquiry, "insert", canned=canned.pk)
    assert page.context["form"]["text"].value() == "About Visas {name}"


def test_only_those_that_fit_are_offered(as_officer, inquiry):
    factories.canned_text("For all")
    factories.canned_text("For this", service=inquiry.service)
    factories.canned_text("For another", service=factories.ServiceFactory())
    factories.canned_text("Not offered", is_active=False)
    assert offered(as_officer, inquiry) == ["None", "For all", "For this"]


@pytest.mark.parametrize("chosen", ["0", "x", "9" * 30, "٣"])
def test_what_is_not_offered_changes_nothing_and_says_so(as_officer, inquiry, chosen):
    factories.canned_text()
    page = on_the_desk(as_officer, inquiry, "insert", text="As typed.", canned=chosen)
    assert page.context["form"]["text"].value() == "As typed."
    told = ["This canned text is not offered any more. Choose another."]
    assert [str(message) for message in page.context["messages"]] == told


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        ({"text_en": "Dear {nme}"}, "text_en", "Mend: nme."),
        ({"text_ar": "{name.password}"}, "text_ar", "Mend: name.password."),
        ({"text_en": "{name!r}"}, "text_en", "Mend: {."),
        ({"text_en": "{name:>9999999}"}, "text_en", "Mend: {."),
        ({"text_en": "{0}"}, "text_en", "Mend: 0."),
        ({"text_en": "{}"}, "text_en", "Only these can stand in braces"),
        ({"text_en": "{name"}, "text_en", "Mend: {."),
        ({"text_en": "Dear {name}"}, "text_en", "Both languages need the same"),
        ({"text_ar": ""}, "text_ar", "Fill this in."),
    ],
)
def test_what_cannot_be_filled_in_is_not_saved(db, changed, field, error):
    browser = signed_in_staff(factories.of_role("supervisor"))
    page = browser.post(ADD, {**form_of(browser), **SAVED, **changed})
    errors = page.context["adminform"].form.errors
    assert list(errors) == [field]
    assert error in errors[field][0]


def test_supervisor_keeps_them(db, inquiry):
    browser = signed_in_staff(factories.of_role("supervisor"))
    browser.post(ADD, {**form_of(browser), **SAVED})
    assert offered(browser, inquiry) == ["None", "The fee"]


def form_of(browser):
    """Return the hidden fields of the form that adds one."""
    form = browser.get(ADD).context["adminform"].form
    return {each.html_name: each.value() for each in form.hidden_fields()}


def test_preview_shows_the_text_in_the_language_of_the_applicant(as_officer, inquiry):
    inquiry.applicant.language = "ar"
    inquiry.applicant.save()

    page = on_the_desk(as_officer, inquiry, "preview", text="The fee is here.")

    shown = words(page)
    assert "What the applicant will get" in shown
    assert "The fee is here." in shown
    assert "تواصل:" in shown
    assert "This answer is written in another language." in shown
    assert now(inquiry).version == inquiry.version
    assert not inquiry.replies.exists()


def test_preview_without_an_answer_asks_for_one(as_officer, inquiry):
    page = on_the_desk(as_officer, inquiry, "preview")
    assert "Write the answer that the applicant will read." in words(page)


def test_preview_leads_back_to_what_was_typed(as_officer, inquiry):
    page = on_the_desk(as_officer, inquiry, "preview", text="The fee is here.")
    form = form_on(page, "The fee is here.", change="yes")
    back = as_officer.post(desk_of(inquiry, "answer"), form)
    assert back.context["form"]["text"].value() == "The fee is here."
    assert "another language" not in words(page)
