"""Interruptions: switching the language, going back, clicking twice, an expired session."""

import re
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.accounts.models import Session
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent
from tests import factories
from tests.conftest import signed_in

pytestmark = pytest.mark.browser

GUARD = "**/js/tawasul*.js"
OTHER = {"ar": "en", "en": "ar"}


@pytest.fixture
def draft(resident):
    return factories.draft(resident)


def switch_language(visitor, place):
    """Open a page and switch to the same page in the other language."""
    visitor.open(place)
    page, other = visitor.page, OTHER[visitor.language]
    with page.expect_navigation():
        page.locator(f"header [lang={other}]").click()
    expect(page.locator("html")).to_have_attribute("lang", other)
    assert visitor.path() == f"/{other}/{place}"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_language_switch_keeps_the_page(visitor, resident, draft):
    inquiry = factories.filed(resident)
    switch_language(visitor, "")
    switch_language(visitor, "account/sign-in/")
    visitor.use_session_of(signed_in(resident))
    switch_language(visitor, f"inquiries/{draft.reference}/details/")
    expect(visitor.page.locator("textarea")).to_have_value(factories.DESCRIPTION)
    switch_language(visitor, f"inquiries/{inquiry.reference}/")
    expect(visitor.page.locator("main")).to_contain_text(factories.DESCRIPTION)


def ask_for_code(applicant, draft):
    """Go to the last page and type the right code, without sending it."""
    applicant.open(f"inquiries/{draft.reference}/review/")
    applicant.press("Confirm request")
    applicant.fill("Code", applicant.code_on_phone())


def has_its_receipt(applicant, draft):
    applicant.shows("h1", "Your inquiry has been sent")
    assert applicant.path() == f"/en/inquiries/{draft.reference}/receipt/"


def was_filed_once(draft):
    assert [inquiry.pk for inquiry in Inquiry.objects.all()] == [draft.pk]
    assert [event.event_type for event in InquiryEvent.objects.all()] == ["submitted"]
    texts = Message.objects.filter(about=draft.reference)
    assert [text.text for text in texts] == [
        f"Tawasul: we have received your inquiry {draft.reference}, "
        f"{draft.service.short_name_en}. "
        "We will text you when it is answered."
    ]


def test_back_from_the_receipt_leads_to_the_receipt(applicant, draft):
    ask_for_code(applicant, draft)
    applicant.press("Send")
    has_its_receipt(applicant, draft)
    for _step in ("the code", "the answers"):
        applicant.page.go_back()
        has_its_receipt(applicant, draft)
    was_filed_once(draft)


def test_second_send_from_another_tab_shows_receipt(applicant, draft):
    ask_for_code(applicant, draft)
    code = applicant.field("Code").input_value()
    with applicant.context.expect_page() as opened:
        applicant.page.evaluate("() => { window.open(location.href) }")
    opened.value.get_by_label("Code").fill(code)
    applicant.press("Send")
    has_its_receipt(applicant, draft)

    applicant.page = opened.value
    applicant.press("Send")
    has_its_receipt(applicant, draft)
    was_filed_once(draft)


@pytest.fixture
def sending(monkeypatch):
    """Make sending wait until `may_go_on` is set, so that there is time for a second click."""
    sending = SimpleNamespace(
        begun=threading.Semaphore(0), may_go_on=threading.Event(), done=threading.Semaphore(0)
    )
    submit = actions.submit

    def submit_slowly(**kwargs):
        sending.begun.release()
        sending.may_go_on.wait(timeout=60)
        try:
            return submit(**kwargs)
        finally:
            sending.done.release()

    monkeypatch.setattr(actions, "submit", submit_slowly)
    yield sending
    sending.may_go_on.set()


def click_send_twice(applicant, sending, *, sends):
    """Click twice before there is a response; check that the page sends `sends` requests."""
    posts = []
    applicant.context.on(
        "request", lambda request: request.method == "POST" and posts.append(request)
    )
    box = applicant.button("Send").bounding_box()
    for click in range(2):
        # The mouse is used directly, as a click on a locator waits for the navigation.
        applicant.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert click >= sends or sending.begun.acquire(timeout=30)
    sending.may_go_on.set()
    expect(applicant.page).to_have_url(re.compile("/receipt/$"), timeout=30_000)
    assert [sending.done.acquire(timeout=30) for _send in range(sends)] == [True] * sends
    assert len(posts) == sends


def test_a_second_click_on_send_is_dropped_by_the_page(applicant, draft, sending):
    ask_for_code(applicant, draft)
    click_send_twice(applicant, sending, sends=1)
    has_its_receipt(applicant, draft)


def test_second_sent_click_shows_receipt(applicant, draft, sending):
    applicant.context.route(GUARD, lambda route: route.fulfill(body="", status=200))
    ask_for_code(applicant, draft)
    click_send_twice(applicant, sending, sends=2)
    has_its_receipt(applicant, draft)
    was_filed_once(draft)


def test_an_expired_session_keeps_what_was_typed(applicant, draft, resident):
    description = "I wrote this for a quarter of an hour, and in the meantime my session had ended."
    applicant.open(f"inquiries/{draft.reference}/details/")
    applicant.fill("What do you need?", description)
    Session.objects.all().delete()
    applicant.press("Next")

    applicant.shows("h1", "Sign in")
    applicant.fill("Username or ID number", resident.username)
    applicant.fill("Password", factories.PASSWORD)
    applicant.press("Continue")
    applicant.enter_code("Sign in")

    assert applicant.path() == f"/en/inquiries/{draft.reference}/details/"
    expect(applicant.field("What do you need?")).to_have_value(description)
    applicant.shows(
        ".notice", "Your session had ended. What you typed is still here: check it and continue."
    )
    applicant.press("Next")
    draft.refresh_from_db()
    assert draft.description == description


def let_be_idle(minutes):
    """Let the session have been idle for so long."""
    idle_since = timezone.now() - timedelta(minutes=minutes)
    end = idle_since + timedelta(minutes=30)
    Session.objects.update(active_at=idle_since, expire_date=end)


def test_warning_before_the_end_goes_away_with_one_tap(applicant):
    page = applicant.page
    page.clock.install()
    applicant.open("account/email/")
    field, words = applicant.field("E-mail address"), page.get_by_role("alert")
    button = page.get_by_role("button", name="Stay signed in")
    field.fill("typed@example.org")
    # Another tab was active in the meantime: nothing is said.
    with page.expect_response("**/still-here/"):
        page.clock.fast_forward("28:30")
    expect(button).to_be_hidden()

    let_be_idle(28)
    page.clock.fast_forward("28:30")
    expect(words).to_have_text("You will be signed out in two minutes.")
    expect(field).to_be_focused()
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_be_hidden()
    expect(words).to_be_hidden()
    assert timezone.now() - Session.objects.get().active_at < timedelta(minutes=1)

    let_be_idle(30)
    page.clock.fast_forward("28:30")
    expect(words).to_contain_text("You have been signed out. What you typed here is not lost")
    expect(button).to_be_hidden()
    expect(field).to_have_value("typed@example.org")
