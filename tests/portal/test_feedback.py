"""'Was this page useful?': asked without a cookie, answered once, counted for the staff."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from requests_app.models import Inquiry
from tawasul.portal.actions import feedback as limits
from tawasul.portal.feedback import PAGES
from tawasul.portal.models import Feedback
from tests import factories
from tests.access_table import PUBLIC
from tests.appointments import places
from tests.conftest import errors_on, signed_in_staff, words

pytestmark = pytest.mark.django_db

PAGE, STAFF = "/en/feedback/", "/en/staff/feedback/"
LINK = re.compile(r'<a href="(/\w\w/feedback/\?page=[^"]+)">([^<]+)</a>')
FULL = "So many answers have come in that this one could not be kept. Try again tomorrow."


@pytest.fixture(autouse=True)
def _no_answers_of_other_tests():
    limits.networks.forget()


@pytest.fixture
def browser():
    """A browser of somebody unknown, whose forms would be refused without a token."""
    return Client(enforce_csrf_checks=True)


def say(browser, answer="yes", page="/en/contact/", **fields):
    place = f"{PAGE}?page={page}"
    form = {"idempotency_key": uuid.uuid4(), "is_useful": answer, "sentence": "", **fields}
    headers = form.pop("headers", {})
    return browser.post(place, form, headers=headers)


def kept():
    columns = ("page", "language", "is_useful", "sentence")
    return [*Feedback.objects.order_by("pk").values_list(*columns)]


def test_answer_is_kept_without_a_cookie_and_without_whoever_gave_it(browser, as_resident):
    question = browser.get("/en/services/")
    place, text = LINK.search(question.content.decode()).groups()
    assert text == "Was this page useful?"
    asked = browser.get(place)
    assert text in words(asked)
    assert "Do not write names or numbers." in words(asked)
    assert "csrfmiddlewaretoken" not in asked.content.decode()
    said = say(browser, "no", "/en/services/", sentence="I did not find\nmine.")
    thanks = browser.get(said.url)
    assert 'href="/en/services/">Back to the page' in thanks.content.decode()
    for answer in (question, asked, said, thanks):
        assert not answer.cookies
    say(as_resident, page="/ar/")
    assert kept() == [
        ("catalogue:services", "en", False, "I did not find mine."),
        ("portal:home", "en", True, ""),
    ]
    row = Feedback.objects.values().first()
    assert row.pop("day") == timezone.localdate()
    columns = {"id", "page", "language", "is_useful", "sentence", "idempotency_key"}
    assert set(row) == columns


def test_second_click_is_kept_once_and_another_answer_of_the_same_form_as_well(browser):
    key = uuid.uuid4()
    for answer in ("yes", "yes", "no"):
        assert say(browser, answer, idempotency_key=key).status_code == 302
    assert [is_useful for _page, _language, is_useful, _sentence in kept()] == [True, False]


def test_pages_of_people_are_kept_by_name_and_asked_about_when_there_is_something_to_say(
    resident, as_resident, browser
):
    filed = factories.filed(resident)
    place = f"/en/inquiries/{filed.reference}/"
    appointment = places.confirmed(resident)
    visit = f"/en/appointments/{appointment.reference}/"

    def question_on(page):
        found = LINK.search(as_resident.get(page).content.decode())
        return found and found[2]

    assert question_on(f"{place}receipt/") == "Was it easy to send this inquiry?"
    assert question_on(place) is None
    Inquiry.objects.filter(pk=filed.pk).update(status="processed", outcome="approved")
    assert question_on(place) == "Did this answer help you?"
    session = as_resident.session
    session["data_verified"] = True
    session.save()
    assert question_on(visit) is None
    type(appointment).objects.filter(pk=appointment.pk).update(status="served")
    assert question_on(visit) == "How was your visit?"
    asked = browser.get(f"{PAGE}?page={visit}").content.decode()
    assert re.findall(r'name="is_useful"[^>]*>([^<]+)<', asked) == ["Good", "Not good"]
    for page in (f"{place}receipt/", place, visit):
        say(browser, page=page)
    names = ["inquiries:receipt", "inquiries:detail", "appointments:detail"]
    assert [page for page, *_rest in kept()] == names


def test_every_public_page_asks_and_has_a_name_for_staff(browser):
    service = factories.ServiceFactory()
    pages = [f"/{route}".replace("<slug:slug>", service.slug) for route in PUBLIC if "/" in route]
    assert len(pages) > 4
    for page in pages:
        place, _text = LINK.search(browser.get(page).content.decode()).groups()
        assert browser.get(place).status_code == 200, page
        assert resolve(page).view_name in PAGES, page


def test_nothing_is_asked_about_other_addresses(browser):
    for page in (
        *("", "/en", "/en/nothing/", "/en/my/", "/en/staff/", "/en/feedback/", "/robots.txt"),
        *("//evil.example/", "https://evil.example/en/", "/en/?x=1", "javascript:1", "/en/%0a"),
    ):
        assert say(browser, page=page).status_code == 404, page
        assert browser.get(f"{PAGE}thanks/", {"page": page}).status_code == 404, page
    assert browser.get(PAGE).status_code == 404
    assert not kept()


def test_page_of_another_site_cannot_answer_for_its_visitors(browser):
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        assert say(browser, headers=headers).status_code == 403, headers
    assert not kept()
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}):
        assert say(browser, headers=headers).status_code == 302, headers
    assert len(kept()) == 2


def test_nobody_fills_the_table(browser, monkeypatch):
    monkeypatch.setattr(limits, "MAX_A_DAY", 3)
    monkeypatch.setattr(limits, "MAX_FROM_NETWORK", 2)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    statuses = [say(each).status_code for each in (browser, browser, browser, elsewhere)]
    assert statuses == [302, 302, 200, 302]
    refused = say(elsewhere, sentence="Mine")
    assert errors_on(refused) == [FULL]
    assert "Mine</textarea>" in refused.content.decode()
    assert len(kept()) == 3
    assert say(elsewhere, page="/en/").status_code == 302  # another page


def test_what_is_no_answer_is_shown_again(browser):
    for fields, told in (
        ({"is_useful": ""}, "Choose one of the two answers."),
        ({"is_useful": "perhaps"}, "Choose one of the two answers."),
        ({"sentence": "x" * 301}, "This has 301 characters. Shorten it to 300."),
        ({"idempotency_key": "x"}, "Choose your answer once more."),
        ({"sentence": "a\0b"}, "Some characters could not be read. Type this text again."),
    ):
        assert errors_on(say(browser, **fields)) == [told], fields
    assert not kept()


def test_switch_of_the_language_keeps_what_was_typed_without_a_session(browser):
    form = {"sentence": "Half a", "switch_language": "ar", "idempotency_key": uuid.uuid4()}
    page = browser.post("/ar/feedback/?page=/en/", form)
    assert '<html lang="ar" dir="rtl"' in page.content.decode()
    assert "Half a</textarea>" in page.content.decode()
    assert errors_on(page) == []
    assert not page.cookies
    assert not kept()


def test_staff_read_the_counts_and_the_last_sentences():
    hostile = "<script>alert(1)</script>"
    for page, is_useful, sentence, language in (
        ("portal:home", True, "", "en"),
        ("portal:home", True, "", "en"),
        ("portal:home", False, hostile, "en"),
        ("appointments:detail", False, "انتظرت ساعة", "ar"),
    ):
        factories.feedback(page, is_useful=is_useful, sentence=sentence, language=language)
    old = factories.feedback(sentence="Long ago")
    Feedback.objects.filter(pk=old.pk).update(day="2020-01-01")
    for role in ("supervisor", "editor", "auditor"):
        browser = signed_in_staff(factories.of_role(role))
        assert STAFF in browser.get("/en/staff/").content.decode(), role
        page = browser.get(STAFF)
        assert "Home English 2 1 67" in words(page), role
        assert "Visit to an office Arabic 0 1 0" in words(page), role
        assert hostile in words(page)
        assert "<script>alert" not in page.content.decode()
        assert "Long ago" not in words(page)
    for role in ("officer", "clerk", "manager", "keeper"):
        browser = signed_in_staff(factories.of_role(role))
        assert browser.get(STAFF).status_code == 403, role
        assert STAFF not in browser.get("/en/staff/").content.decode(), role
