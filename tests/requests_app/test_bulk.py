"""Bulk actions of the queue: the menu, the confirmation page and the result for each inquiry."""

import html
import re
import uuid

import pytest

from core.references import grouped_reference
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, signed_in, signed_in_staff, words
from tests.requests_app.bulk_pages import (
    ACTIONS,
    QUEUE,
    TEXT,
    WRITTEN,
    act,
    choose,
    events_of,
    fields_on,
    hidden_on,
    press,
    ready_for,
    result_of,
    results_on,
)
from tests.requests_app.refusals import changed

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]

MISSING = "Write the answer that the applicant will read."


@pytest.fixture
def officer(db):
    """Return an officer with every permission."""
    return factories.supervisor()


@pytest.fixture
def colleague(db):
    return factories.OfficerFactory(username="colleague")


def typed_for(name, colleague):
    if name == "assign":
        return {"officer": colleague.pk}
    return {"text": TEXT} if name in WRITTEN else {}


# Each action


@pytest.mark.parametrize("name", ACTIONS)
def test_bulk_action_applies_to_each_chosen_inquiry(as_officer, officer, colleague, name):
    label, action, done = ACTIONS[name]
    inquiries = [ready_for(name, officer) for _row in range(3)]
    untouched = ready_for(name, officer)

    page = choose(as_officer, name, inquiries)

    shown = words(page)
    assert f"{label} You have chosen 3 inquiries:" in shown
    for inquiry in inquiries:
        row = f"{grouped_reference(inquiry.reference)} · {inquiry.service.name} · {inquiry.name} "
        assert row in shown
    assert grouped_reference(untouched.reference) not in shown
    assert events_of(inquiries) == sum(inquiry.version for inquiry in inquiries)

    told = press(as_officer, name, fields_on(page, **typed_for(name, colleague)))

    assert told.redirect_chain == [(QUEUE, 302)]
    assert results_on(told) == [result_of(inquiry, done) for inquiry in inquiries]
    for inquiry in inquiries:
        event = inquiry.events.last()
        assert (event.event_type, event.actor, event.seq) == (action, officer, inquiry.version + 1)
        if name in WRITTEN:
            assert inquiry.replies.last().text == TEXT
    untouched.refresh_from_db()
    assert untouched.events.count() == untouched.version


def test_confirmation_page_counts_one_inquiry(as_officer):
    page = choose(as_officer, "claim", [factories.filed()])
    assert "You have chosen 1 inquiry:" in words(page)


def test_bulk_action_notifies_every_applicant(as_officer, officer):
    inquiries = [ready_for("approve", officer) for _row in range(2)]
    page = choose(as_officer, "approve", inquiries)
    press(as_officer, "approve", fields_on(page, text=TEXT))
    for inquiry in inquiries:
        shown = words(signed_in(inquiry.applicant).get(f"/en/inquiries/{inquiry.reference}/"))
        assert TEXT in shown
        assert f"your inquiry {inquiry.reference} has been approved" in shown


def test_bulk_assign_to_chosen_officer(as_officer, officer, colleague):
    inquiries = [ready_for("assign", officer), factories.filed()]
    page = choose(as_officer, "assign", inquiries)
    press(as_officer, "assign", fields_on(page, officer=colleague.pk))
    assert {each.assignee for each in Inquiry.objects.all()} == {colleague}


# Results that differ


@pytest.mark.parametrize("name", [name for name in ACTIONS if name != "claim"])
def test_stale_inquiry_is_reported_and_others_are_processed(as_officer, officer, colleague, name):
    stale, fine = ready_for(name, officer), ready_for(name, officer)
    page = choose(as_officer, name, [stale, fine])
    act("note", stale, colleague)

    told = press(as_officer, name, fields_on(page, **typed_for(name, colleague)))

    assert results_on(told) == [
        result_of(stale, changed("Internal note (colleague)")),
        result_of(fine, ACTIONS[name][2]),
    ]
    assert Inquiry.objects.get(pk=stale.pk).version == stale.version + 1
    assert Inquiry.objects.get(pk=fine.pk).version == fine.version + 1


def test_each_inquiry_gets_its_own_result(as_officer, officer, colleague):
    fine, theirs, unassigned = (
        *(factories.claimed(officer), factories.claimed(colleague)),
        factories.filed(),
    )
    over = act("reject", factories.claimed(officer), officer)
    everything = [fine, theirs, unassigned, over]
    page = choose(as_officer, "approve", everything)
    gone = f"{Inquiry.objects.latest('pk').pk + 1}:1"
    own = factories.filed(officer_as_applicant(officer))
    items = [*hidden_on(page, "item"), gone, f"{own.pk}:{own.version}"]

    told = press(as_officer, "approve", fields_on(page, text=TEXT, item=items))

    unclaimed = "This inquiry is not assigned to you. Assign it to yourself first."
    assert results_on(told) == [
        result_of(fine, "The inquiry has been approved."),
        result_of(theirs, unclaimed),
        result_of(unassigned, unclaimed),
        result_of(over, "This cannot be done while the inquiry is “Processed”."),
    ]
    assert Inquiry.objects.filter(outcome="approved").get() == fine
    assert own.events.count() == 1
    assert (
        Reply.objects.filter(text=TEXT).count() == 2
    )  # one with the rejection, one with this approval


def officer_as_applicant(officer):
    officer.identity, officer.mobile = factories.IdentityFactory(), "+966501234567"
    officer.save(update_fields=["identity", "mobile"])
    return officer


def test_an_own_case_cannot_be_chosen(as_officer, officer):
    own = factories.filed(officer_as_applicant(officer))
    page = choose(as_officer, "claim", [own])
    assert grouped_reference(own.reference) not in words(page)
    assert own.events.count() == 1


def test_two_officers_claiming_same_inquiries_each_get_results(as_officer, colleague):
    inquiries = [factories.filed(), factories.filed()]
    pages = {
        browser: choose(browser, "claim", inquiries)
        for browser in (signed_in_staff(colleague), as_officer)
    }
    results = [
        results_on(press(browser, "claim", fields_on(page))) for browser, page in pages.items()
    ]
    assert results == [
        [result_of(each, ACTIONS["claim"][2]) for each in inquiries],
        [result_of(each, "This inquiry is already assigned to colleague.") for each in inquiries],
    ]


# A second click


@pytest.mark.parametrize("name", ["claim", *WRITTEN])
def test_second_click_writes_once_with_same_result(as_officer, officer, colleague, name):
    inquiries = [ready_for(name, officer) for _row in range(2)]
    fields = fields_on(choose(as_officer, name, inquiries), **typed_for(name, colleague))

    told = [results_on(press(as_officer, name, fields)) for _click in range(2)]

    assert told[0] == told[1] == [result_of(each, ACTIONS[name][2]) for each in inquiries]
    assert events_of(inquiries) == sum(inquiry.version + 1 for inquiry in inquiries)


@pytest.mark.parametrize("name", ["release", "close", "assign"])
def test_second_click_without_text_changes_nothing(as_officer, officer, colleague, name):
    inquiry = ready_for(name, officer)
    fields = fields_on(choose(as_officer, name, [inquiry]), **typed_for(name, colleague))
    for _click in range(2):
        told = press(as_officer, name, fields)
    assert len(results_on(told)) == 1
    assert events_of([inquiry]) == inquiry.version + 1


# Texts and officers


@pytest.mark.parametrize("text", [" \n\u202e ", "a" * 4001], ids=["empty", "too long"])
@pytest.mark.parametrize("name", WRITTEN)
def test_invalid_text_keeps_the_selection(as_officer, officer, name, text):
    inquiries = [ready_for(name, officer) for _row in range(2)]
    page = choose(as_officer, name, inquiries)

    again = press(as_officer, name, fields_on(page, text=text))

    missing = "Write the note." if name == "note" else MISSING
    too_long = "This text has 4001 characters. Shorten it to 4,000."
    assert errors_on(again) == [too_long if len(text) > 4000 else missing]
    if len(text) > 4000:
        assert text in again.content.decode()
    assert hidden_on(again, "item") == hidden_on(page, "item")
    assert hidden_on(again, "idempotency_key") == hidden_on(page, "idempotency_key")
    assert events_of(inquiries) == sum(inquiry.version for inquiry in inquiries)
    told = press(as_officer, name, fields_on(again, text=TEXT))
    assert results_on(told) == [result_of(each, ACTIONS[name][2]) for each in inquiries]


@pytest.mark.parametrize("chosen", ["", "abc", "999999", "9" * 30, "-1"])
def test_assign_without_valid_officer_keeps_the_selection(as_officer, officer, chosen):
    inquiry = ready_for("assign", officer)
    page = choose(as_officer, "assign", [inquiry])
    again = press(as_officer, "assign", fields_on(page, officer=chosen))
    told = "This account may not work on inquiries. Choose another."
    assert errors_on(again) == [told if chosen else "Choose an officer."]
    assert hidden_on(again, "item") == [f"{inquiry.pk}:{inquiry.version}"]
    assert events_of([inquiry]) == inquiry.version


def test_redisplayed_form_keeps_expected_version(as_officer, officer, colleague):
    inquiry = ready_for("approve", officer)
    page = choose(as_officer, "approve", [inquiry])
    act("note", inquiry, colleague)
    again = press(as_officer, "approve", fields_on(page, text=""))
    told = press(as_officer, "approve", fields_on(again, text=TEXT))
    assert results_on(told) == [result_of(inquiry, changed("Internal note (colleague)"))]


def test_markup_is_shown_as_it_was_typed(as_officer, officer):
    inquiry = ready_for("note", officer)
    typed = "<script>alert(1)</script>" * 200
    page = press(as_officer, "note", fields_on(choose(as_officer, "note", [inquiry]), text=typed))
    assert "<script>alert" not in page.content.decode()
    assert html.escape(typed) in page.content.decode()


# Permissions


def menu_of(browser):
    markup = browser.get(QUEUE).content.decode()
    menu = re.search(r'(?s)<select name="action".*?</select>', markup)
    return re.findall(r'<option value="(\w+)"', menu[0]) if menu else []


def test_menu_offers_permitted_actions(as_officer, colleague):
    factories.filed()
    assert menu_of(as_officer) == list(ACTIONS)
    assert menu_of(signed_in_staff(colleague)) == [name for name in ACTIONS if name != "assign"]
    viewer = factories.permit(factories.OfficerFactory(), "view_inquiry")
    assert menu_of(signed_in_staff(viewer)) == []
    labels = [label for label, _event, _done in ACTIONS.values()]
    shown = words(as_officer.get(QUEUE))
    assert " ".join(labels) in shown


def test_officer_without_permission_cannot_assign(colleague, officer):
    inquiry = factories.claimed(colleague)
    browser = signed_in_staff(colleague)
    fields = {"item": f"{inquiry.pk}:{inquiry.version}", "officer": officer.pk}
    assert press(browser, "assign", fields).status_code == 403
    choose(browser, "assign", [inquiry])
    assert Inquiry.objects.get().assignee == colleague
    assert events_of([inquiry]) == inquiry.version


@pytest.mark.parametrize("name", ACTIONS)
def test_bulk_page_needs_permission_and_staff_sign_in(as_resident, officer, name):
    inquiry = ready_for(name, officer)
    fields = {
        "item": f"{inquiry.pk}:{inquiry.version}",
        "text": TEXT,
        "idempotency_key": uuid.uuid4(),
    }
    fields["officer"] = officer.pk
    address = f"{QUEUE}bulk/{name}/"
    clerk = signed_in_staff(factories.permit(factories.OfficerFactory()))
    for method in ("get", "post"):
        assert getattr(clerk, method)(address, fields).status_code == 403
        for browser in (as_resident, signed_in(officer)):
            assert getattr(browser, method)(address, fields).url.startswith("/en/staff/login/?")
    assert events_of([inquiry]) == inquiry.version
