"""Bulk actions of the queue: the menu, the confirmation page, the results and forged requests."""

import html
import re
import uuid
from itertools import product

import pytest

from core.references import grouped_reference
from requests_app.models import Inquiry, InquiryEvent, Reply
from tests import factories
from tests.conftest import errors_on, signed_in, signed_in_staff, words
from tests.copies import copies
from tests.requests_app.desk_pages import QUEUE, sent_after_session_end
from tests.requests_app.desk_pages import TEXT as ANSWER
from tests.requests_app.people import act, user_named
from tests.requests_app.refusals import changed
from tests.requests_app.steps import page_of
from tests.worlds import undone

pytestmark = pytest.mark.usefixtures("choosable")

TEXT = "The bank confirms that the fees were paid on 12 Safar."
# For each action: its label in the menu, the event it writes, and the message of its result.
ACTIONS = {
    "claim": (
        *("Assign to me", "claimed"),
        "The inquiry is assigned to you. You can answer it now.",
    ),
    "release": ("Return to the queue", "released", "The inquiry is in the queue again."),
    "assign": ("Assign to an officer", "assigned", "The inquiry has been assigned."),
    "reply": ("Answer and keep open", "replied", "Your answer has been sent."),
    "return": (
        *("Return to the applicant", "returned"),
        "The inquiry has been returned to the applicant.",
    ),
    "approve": ("Approve", "approved", "The inquiry has been approved."),
    "reject": ("Reject", "rejected", "The inquiry has been rejected."),
    "close": ("Close the inquiry", "closed", "The inquiry has been closed."),
    "note": ("Add a note", "noted", "The note has been added."),
}
ANSWERS = ("reply", "return", "approve", "reject")
WRITTEN = (*ANSWERS, "note")
MISSING = "Write the answer that the applicant will read."


officer = user_named("officer")


@pytest.fixture
def colleague(choosable, db):
    return factories.OfficerFactory(username="colleague")


@pytest.fixture
def inquiry(ready):
    return ready("claim", 1)[0]


def choose(browser, name, inquiries):
    """Select these inquiries and this action in the queue, and return the next page."""
    chosen = [inquiry.pk for inquiry in inquiries]
    chosen = {"action": name, "index": 0, "_selected_action": chosen}
    return browser.post(f"{QUEUE}?queue=all", chosen, follow=True)


def hidden_on(page, name):
    markup = page.content.decode()
    return re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', markup)


def fields_on(page, **typed):
    """Return the form data that a browser sends from this page with the `typed` fields."""
    return {
        "item": hidden_on(page, "item"),
        **{
            name: hidden_on(page, name)[0]
            for name in ("idempotency_key", "expected_version")
            if hidden_on(page, name)
        },
        **typed,
    }


def press(browser, name, fields):
    return browser.post(f"{QUEUE}bulk/{name}/", fields, follow=True)


def results_on(page):
    """Return the result messages on a page, in their order."""
    found = re.search(r'(?s)<ul class="messagelist">(.*?)</ul>', page.content.decode())
    return [words(line) for line in re.findall(r"(?s)<li.*?</li>", found[1])] if found else []


def result_of(inquiry, sentence):
    return f"{grouped_reference(inquiry.reference)}: {sentence}"


def new_events_of(inquiries):
    """Return how many events have been written since these inquiries were fetched."""
    events = InquiryEvent.objects.filter(inquiry__in=inquiries).count()
    return events - sum(inquiry.version for inquiry in inquiries)


def item(inquiry):
    return f"{inquiry.pk}:{inquiry.version}"


def typed_for(name, colleague):
    if name == "assign":
        return {"officer": colleague.pk}
    return {"text": TEXT} if name in WRITTEN else {}


def results(inquiries, name):
    """Return the messages after an action that has succeeded on each of these inquiries."""
    return [result_of(inquiry, ACTIONS[name][2]) for inquiry in inquiries]


# Each action


def test_bulk_action_applies_to_each_chosen_inquiry(as_officer, officer, colleague, ready):
    for name, (label, event_type, _done) in ACTIONS.items():
        with undone():
            *inquiries, untouched = ready(name, 4)

            page = choose(as_officer, name, inquiries)

            shown = words(page)
            assert f"{label} You have chosen 3 inquiries:" in shown
            for each in inquiries:
                row = f"{grouped_reference(each.reference)} · {each.service.name} · {each.name} "
                assert row in shown
            assert grouped_reference(untouched.reference) not in shown
            assert new_events_of(inquiries) == 0, name

            told = press(as_officer, name, fields_on(page, **typed_for(name, colleague)))

            assert told.redirect_chain == [(QUEUE, 302)]
            assert results_on(told) == results(inquiries, name)
            for each in inquiries:
                event = each.events.last()
                expected = (event_type, officer, each.version + 1)
                assert (event.event_type, event.actor, event.seq) == expected
                if name in WRITTEN:
                    assert each.replies.last().text == TEXT, name
                if name == "assign":
                    assert Inquiry.objects.get(pk=each.pk).assignee == colleague
            assert Inquiry.objects.get(pk=untouched.pk).version == untouched.version, name
            assert new_events_of([untouched]) == 0, name


def test_bulk_action_notifies_every_applicant(as_officer, ready):
    inquiries = ready("approve")
    press(as_officer, "approve", fields_on(choose(as_officer, "approve", inquiries), text=TEXT))
    for inquiry in inquiries:
        shown = words(signed_in(inquiry.applicant).get(page_of(inquiry)))
        assert TEXT in shown
        assert f"your inquiry {inquiry.reference} has been approved" in shown


def test_bulk_assign_to_chosen_officer(as_officer, colleague, ready):
    inquiries = [*ready("claim"), *ready("assign")]
    page = choose(as_officer, "assign", inquiries)
    press(as_officer, "assign", fields_on(page, officer=colleague.pk))
    assert set(Inquiry.objects.filter(assignee=colleague)) == set(inquiries)


# Results that differ


def test_stale_inquiry_is_reported_and_others_are_processed(as_officer, colleague, ready):
    for name in [name for name in ACTIONS if name != "claim"]:
        with undone():
            stale, fine = ready(name)
            page = choose(as_officer, name, [stale, fine])
            act("noted", stale, colleague)

            told = press(as_officer, name, fields_on(page, **typed_for(name, colleague)))

            refused = result_of(stale, changed("Internal note (colleague)"))
            assert results_on(told) == [refused, *results([fine], name)]
            assert Inquiry.objects.get(pk=stale.pk).version == stale.version + 1, name
            assert Inquiry.objects.get(pk=fine.pk).version == fine.version + 1, name


def test_each_inquiry_gets_its_own_result(as_officer, officer, colleague):
    fine, theirs = factories.claimed(officer), factories.claimed(colleague)
    unassigned = factories.filed()
    over = act("rejected", factories.claimed(officer), officer)
    everything = [fine, theirs, unassigned, over]
    page = choose(as_officer, "approve", everything)
    gone = f"{Inquiry.objects.latest('pk').pk + 1}:1"
    own = factories.filed(officer_as_applicant(officer))
    items = [*hidden_on(page, "item"), gone, item(own)]

    told = press(as_officer, "approve", fields_on(page, text=TEXT, item=items))

    unclaimed = "This inquiry is not assigned to you. Assign it to yourself first."
    assert results_on(told) == [
        result_of(fine, "The inquiry has been approved."),
        result_of(theirs, unclaimed),
        result_of(unassigned, unclaimed),
        result_of(over, "This cannot be done while the inquiry is “Processed”."),
    ]
    pks = [inquiry.pk for inquiry in (*everything, own)]
    assert Inquiry.objects.filter(pk__in=pks, outcome="approved").get() == fine
    assert own.events.count() == 1
    assert Reply.objects.get(text=TEXT).inquiry == fine


def officer_as_applicant(officer):
    officer.identity, officer.mobile = factories.IdentityFactory(), "+966501234567"
    officer.save(update_fields=["identity", "mobile"])
    return officer


def test_an_own_case_cannot_be_chosen(as_officer, officer):
    own = factories.filed(officer_as_applicant(officer))
    page = choose(as_officer, "claim", [own])
    assert grouped_reference(own.reference) not in words(page)
    assert own.events.count() == 1


def test_two_officers_claiming_same_inquiries_each_get_results(as_officer, colleague, ready):
    inquiries = ready("claim")
    browsers = (signed_in_staff(colleague), as_officer)
    pages = [choose(browser, "claim", inquiries) for browser in browsers]
    first, second = (
        results_on(press(browser, "claim", fields_on(page)))
        for browser, page in zip(browsers, pages, strict=True)
    )
    assert first == results(inquiries, "claim")
    taken = "This inquiry is already assigned to colleague."
    assert second == [result_of(each, taken) for each in inquiries]


# A second click


def test_second_click_changes_nothing(as_officer, colleague, ready):
    for name in ACTIONS:
        with undone():
            inquiries = ready(name)
            page = choose(as_officer, name, inquiries)
            fields = fields_on(page, **typed_for(name, colleague))
            first, second = (results_on(press(as_officer, name, fields)) for _click in range(2))
            assert first == results(inquiries, name)
            assert len(second) == 2, name
            if name in ("claim", *WRITTEN):
                assert second == first
            assert new_events_of(inquiries) == 2, name


# Texts and officers


def test_invalid_text_keeps_the_selection(as_officer, ready):
    too_long = "This text has 4001 characters. Shorten it to 4,000."
    for name in WRITTEN:
        missing = "Write the note." if name == "note" else MISSING
        for text, sentence in ((" \n\u202e\u200c ", missing), ("a" * 4001, too_long)):
            with undone():
                inquiries = ready(name)
                page = choose(as_officer, name, inquiries)

                again = press(as_officer, name, fields_on(page, text=text))

                assert errors_on(again) == [sentence], name
                assert sentence == missing or text in again.content.decode(), name
                for field in ("item", "idempotency_key"):
                    assert hidden_on(again, field) == hidden_on(page, field), name
                assert new_events_of(inquiries) == 0, name
                told = press(as_officer, name, fields_on(again, text=TEXT))
                assert results_on(told) == results(inquiries, name)


def test_assign_without_valid_officer_keeps_the_selection(as_officer, ready):
    (inquiry,) = ready("assign", 1)
    page = choose(as_officer, "assign", [inquiry])
    for chosen in ("", "abc", "999999", "9" * 30, "-1"):
        again = press(as_officer, "assign", fields_on(page, officer=chosen))
        told = "This account may not work on inquiries. Choose another."
        assert errors_on(again) == [told if chosen else "Choose an officer."], chosen
        assert hidden_on(again, "item") == [item(inquiry)], chosen
        assert new_events_of([inquiry]) == 0, chosen


def test_redisplayed_form_keeps_expected_version(as_officer, colleague, ready):
    (inquiry,) = ready("approve", 1)
    page = choose(as_officer, "approve", [inquiry])
    act("noted", inquiry, colleague)
    again = press(as_officer, "approve", fields_on(page, text=""))
    told = press(as_officer, "approve", fields_on(again, text=TEXT))
    assert results_on(told) == [result_of(inquiry, changed("Internal note (colleague)"))]


def test_markup_is_shown_as_it_was_typed(as_officer, ready):
    typed = "<script>alert(1)</script>" * 200
    page = choose(as_officer, "note", ready("note", 1))
    again = press(as_officer, "note", fields_on(page, text=typed)).content.decode()
    assert "<script>alert" not in again
    assert html.escape(typed) in again


# Permissions


def menu_of(browser):
    markup = browser.get(QUEUE).content.decode()
    menu = re.search(r'(?s)<select name="action".*?</select>', markup)
    return re.findall(r'<option value="(\w+)"', menu[0]) if menu else []


def test_menu_offers_permitted_actions(as_officer, colleague):
    assert menu_of(as_officer) == list(ACTIONS)
    assert menu_of(signed_in_staff(colleague)) == [name for name in ACTIONS if name != "assign"]
    viewer = factories.permit(factories.OfficerFactory(), "view_inquiry")
    assert menu_of(signed_in_staff(viewer)) == []
    labels = [label for label, _event, _done in ACTIONS.values()]
    assert " ".join(labels) in words(as_officer.get(QUEUE))


def test_officer_without_permission_cannot_assign(colleague, officer):
    inquiry = factories.claimed(colleague)
    browser = signed_in_staff(colleague)
    fields = {"item": item(inquiry), "officer": officer.pk}
    assert press(browser, "assign", fields).status_code == 403
    choose(browser, "assign", [inquiry])
    assert Inquiry.objects.get(pk=inquiry.pk).assignee == colleague
    assert new_events_of([inquiry]) == 0


def test_bulk_page_needs_permission_and_staff_sign_in(as_resident, officer, ready):
    fields = {"text": TEXT, "idempotency_key": uuid.uuid4(), "officer": officer.pk}
    clerk = signed_in_staff(factories.permit(factories.OfficerFactory()))
    halfway = signed_in(officer)
    for name, method in product(ACTIONS, ("get", "post")):
        (inquiry,) = ready(name, 1)
        sent = (f"{QUEUE}bulk/{name}/", {**fields, "item": item(inquiry)})
        assert getattr(clerk, method)(*sent).status_code == 403, name
        for browser in (as_resident, halfway):
            answer = getattr(browser, method)(*sent)
            assert answer.url.startswith("/en/staff/login/?"), name
        assert new_events_of([inquiry]) == 0, name


# Limits


def claims():
    return InquiryEvent.objects.filter(event_type="claimed").count()


def test_hundred_inquiries_at_once_show_all_results(as_officer, inquiry):
    inquiries = [inquiry, *copies(inquiry, 99)]
    page = choose(as_officer, "claim", inquiries)
    assert "You have chosen 100 inquiries:" in words(page)
    told = press(as_officer, "claim", fields_on(page))
    assert results_on(told) == results(inquiries, "claim")


def test_empty_or_too_large_selection_is_refused(as_officer, inquiry):
    before = claims()
    inquiries = [inquiry, *copies(inquiry, 102)]
    page = choose(as_officer, "claim", inquiries[:101])
    assert page.redirect_chain == [(QUEUE, 302)]
    assert results_on(page) == ["Choose at most 100 inquiries at once."]
    page = as_officer.post(QUEUE, {"action": "claim", "index": 0}, follow=True)
    assert results_on(page) == [
        "Items must be selected in order to perform actions on them. No items have been changed."
    ]
    assert claims() == before
    press(as_officer, "claim", {"item": [item(each) for each in inquiries]})
    assert claims() - before <= 100


# Forged requests


def test_malformed_item_is_refused(as_officer, inquiry):
    for forged in (
        *("", "abc", "1", ":", "1:", ":1", "1:2:3", "-1:1", "1:-1", "1.5:1", "1:1 ", " 1:1"),
        *(f"{10**30}:0", f"1:{10**30}", "9" * 5000 + ":1", "١:١", "²:1", "0x1:1", "1:1\n", "1;1"),
    ):
        for items in (forged, [item(inquiry), forged]):
            response = press(as_officer, "claim", {"item": items})
            assert response.status_code == 400, forged[:20]
    assert new_events_of([inquiry]) == 0


def test_item_with_wrong_version_is_not_processed(as_officer, inquiry):
    for version in (0, 2, 999_999_999):
        (told,) = results_on(press(as_officer, "claim", {"item": f"{inquiry.pk}:{version}"}))
        assert ACTIONS["claim"][2] not in told, version
        assert new_events_of([inquiry]) == 0, version


def test_missing_inquiry_is_skipped(as_officer):
    for pk in (0, 10**18 - 1):
        told = press(as_officer, "claim", {"item": f"{pk}:1"})
        assert told.redirect_chain == [(QUEUE, 302)], pk
        assert results_on(told) == [], pk


def test_duplicate_item_is_processed_once(as_officer, inquiry):
    page = choose(as_officer, "claim", [inquiry])
    assert "You have chosen 1 inquiry:" in words(page)
    told = press(as_officer, "claim", {"item": [item(inquiry)] * 2})
    assert results_on(told) == results([inquiry], "claim")


def test_get_or_post_without_item_redirects_to_queue(as_officer, ready):
    for name in ACTIONS:
        (inquiry,) = ready(name, 1)
        fields = {"text": TEXT, "idempotency_key": uuid.uuid4()}
        address = f"{QUEUE}bulk/{name}/"
        assert as_officer.get(address, {**fields, "item": item(inquiry)}).url == QUEUE, name
        assert as_officer.post(address, fields).url == QUEUE, name
        assert new_events_of([inquiry]) == 0, name


def test_unknown_bulk_action_is_404(as_officer, inquiry):
    fields = {"item": item(inquiry)}
    for name in ("approved", "delete", "CLAIM", "send_back", "0", "delete_selected"):
        for method in (as_officer.get, as_officer.post):
            assert method(f"{QUEUE}bulk/{name}/", fields).status_code == 404, name


def test_action_outside_menu_is_ignored(as_officer, inquiry):
    for action in ("approved", "delete_selected", "__all__", "", "claim\u202e"):
        chosen = {"action": action, "_selected_action": inquiry.pk, "post": "yes"}
        page = as_officer.post(QUEUE, chosen, follow=True)
        assert page.status_code == 200, action
        assert "You have chosen" not in words(page), action
        assert Inquiry.objects.get(pk=inquiry.pk).version == inquiry.version, action


def test_invalid_idempotency_key_writes_no_note(as_officer, ready):
    (inquiry,) = ready("note", 1)
    before = Reply.objects.count()
    for idempotency_key in ("", "abc", "0" * 40):
        fields = {"item": item(inquiry), "text": TEXT, "idempotency_key": idempotency_key}
        assert press(as_officer, "note", fields).status_code == 200, idempotency_key
        assert Reply.objects.count() == before, idempotency_key


def test_text_and_choice_survive_session_end(officer, colleague, ready):
    chosen = {"action": "note", "index": 0, "_selected_action": [each.pk for each in ready("note")]}
    lost = f"{QUEUE}?queue=all", f"{QUEUE}bulk/note/"
    page = sent_after_session_end(officer, officer, *lost, **chosen)
    assert page.context["form"]["text"].value() == ANSWER
    assert hidden_on(page, "item") == [item(each) for each in ready("note")]
    done = press(page.client, "note", fields_on(page, text=ANSWER))
    assert results_on(done) == [result_of(each, ACTIONS["note"][2]) for each in ready("note")]
    page = sent_after_session_end(officer, colleague, *lost, **chosen)
    assert page.request["PATH_INFO"] == QUEUE
    assert ANSWER not in page.content.decode()
