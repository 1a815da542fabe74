"""The language: kept on the way through a sign-in, switched on every page and within a form."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from appointments.models import Appointment, Closure, OpeningWindow, Waiting
from core.accounts.models import OneTimeCode
from core.catalogue.models import Service
from core.http import in_language
from core.messaging.models import Message
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import address, criteria_of, verified
from tests.conftest import errors_on, signed_in, signed_in_staff
from tests.portal.test_staff_sign_in import officer_with_authenticator, shown_by
from tests.requests_app.returns import returned as sent_back

pytestmark = pytest.mark.django_db

UNSENT = ("file", "password", "submit")
OTHER = {"csrfmiddlewaretoken", "next"}  # of the page, not of the person
TYPED = "٢٣ <typed> و"
SIGN_IN, STAFF_SIGN_IN = "/en/account/sign-in/", "/en/staff/login/"


class Fields(HTMLParser):
    """The form `typed` of a page: how it is sent, and what its fields hold, by name."""

    def __init__(self, page):
        super().__init__()
        self.method, self.action, self.form, self.values, self.choices = None, None, None, {}, {}
        self._textarea, self._select = None, None
        self.feed(page.content.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "button" and attrs.get("name") == "switch_language":
            self.action, self.form = attrs["formaction"], attrs["form"]
        if tag == "form":
            self.method = attrs["method"] if attrs.get("id") == self.form else None
            self.sent_by = self.method or getattr(self, "sent_by", None)
        if not self.method:
            return
        name, value = attrs.get("name"), attrs.get("value", "")
        if tag == "textarea":
            self._textarea, self.values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self.choices.setdefault(self._select, []).append(value)
            if "selected" in attrs:
                self.values[self._select] = value
        elif tag == "input" and attrs.get("type") in ("radio", "checkbox"):
            self.choices.setdefault(name, []).append(attrs.get("value", "on"))
            if "checked" in attrs:
                self.values[name] = attrs.get("value", "on")
        elif tag == "input" and attrs.get("type") not in UNSENT and name not in OTHER:
            self.values[name] = value

    def handle_data(self, data):
        if self._textarea:
            self.values[self._textarea] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._textarea:
            # A browser drops the newline that stands before the text.
            self.values[self._textarea] = self.values[self._textarea].removeprefix("\n")
            self._textarea = None
        if tag == "form":
            self.method = None


def filled(fields):
    """Return what a person sends who has typed into each field and chosen the last of each list."""
    typed = {
        name: value if value and not value.startswith(TYPED) else TYPED
        for name, value in fields.values.items()
    }
    return {**typed, **{name: values[-1] for name, values in fields.choices.items()}}


def form_pages(resident):
    """Return a browser and the addresses of its pages with a form, for each kind of person."""
    service = factories.ServiceFactory(can_be_booked=True)
    places.region()
    factories.link(resident.identity, factories.IdentityFactory())
    draft, filed = factories.draft(resident), factories.filed(resident)
    criteria = criteria_of(resident.identity, service)
    factories.workers(resident.identity, 2)
    staff = factories.OfficerFactory()
    claimed = factories.claimed(staff)
    returned = sent_back(factories.filed(), staff)
    inquiry = f"/en/inquiries/{draft.reference}"
    return [
        (
            Client(),
            [SIGN_IN, STAFF_SIGN_IN]
            + [f"/en/account/{page}/" for page in ("register", "password/reset", "picture/by-text")]
            + ["/en/account/recover/", "/en/account/objection/", "/en/display/"],
        ),
        (
            verified(resident),
            [f"/en/account/{page}/" for page in ("mobile", "email", "acting-as", "people")]
            + ["/en/inquiries/new/", "/en/inquiries/new/person/"]
            + [f"{inquiry}/{step}/" for step in ("subject", "details", "confirm")]
            + [f"/en/inquiries/{filed.reference}/withdraw/"]
            + ["/en/appointments/verify/", "/en/appointments/new/"]
            + [address("/en/appointments/new/wait/", criteria)],
        ),
        (signed_in(returned.applicant), [f"/en/inquiries/{returned.reference}/answer/"]),
        (signed_in_staff(staff), [f"/en/staff/requests_app/inquiry/{claimed.pk}/change/"]),
        (
            signed_in_staff(factories.OfficerFactory(is_superuser=True)),
            [f"/en/staff/catalogue/service/{service.pk}/change/"]
            + [f"/en/staff/appointments/{name}/add/" for name in ("closure", "openingwindow")],
        ),
    ]


def written():
    """Return what the forms could have written."""
    models = (Message, OneTimeCode, Reply, Appointment, Waiting, Closure, OpeningWindow, Service)
    return list(Inquiry.objects.values()), [model.objects.count() for model in models]


def test_switching_in_the_middle_of_a_form_keeps_what_was_typed_and_does_nothing(resident):
    pages = form_pages(resident)
    before = written()
    for browser, addresses in pages:
        for path in addresses:
            fields = Fields(browser.get(path))
            typed = filled(fields)
            assert typed, path
            send = {"get": browser.get, "post": browser.post}[fields.sent_by]
            assert fields.action.startswith("/ar/"), path
            page = send(fields.action, {**typed, "switch_language": "ar"}, follow=True)
            content = page.content.decode()
            assert page.status_code == 200, path
            assert '<html lang="ar" dir="rtl"' in content, path
            assert errors_on(page) == [], path
            assert Fields(page).values == typed, path
            if page.redirect_chain:
                # The browser can go back to the page, and load it again.
                again = browser.get(page.redirect_chain[-1][0])
                assert Fields(again).values == typed, path
    assert written() == before


def test_text_too_long_to_wait_in_the_session_is_shown_at_once(as_resident, resident):
    page = f"/ar/inquiries/{factories.draft(resident).reference}/details/"
    text = "word " * 13_000
    response = as_resident.post(page, {"description": text, "switch_language": "ar"})
    assert response.status_code == 200
    assert text in response.content.decode()
    longest = "\u0645 " * 2000
    response = as_resident.post(page, {"description": longest, "switch_language": "ar"})
    assert longest in as_resident.get(response.url).content.decode()


def test_nobody_sees_what_another_user_has_typed(resident):
    browser, form = Client(), {"login": "somebody-else", "switch_language": "ar"}
    there = browser.post("/ar/account/sign-in/", form).url
    assert "somebody-else" in browser.get(there).content.decode()
    page = "/ar/account/email/"
    browser = signed_in(resident)
    there = browser.post(page, {"email": "a@example.org", "switch_language": "ar"}).url
    assert "a@example.org" in browser.get(there).content.decode()
    session = browser.session
    kept = session["switched_form"]
    browser.force_login(factories.UserFactory())
    session = browser.session
    session["switched_form"] = kept
    session.save()
    assert "a@example.org" not in browser.get(there).content.decode()


def test_enter_sends_the_form_and_does_not_switch_the_language(as_resident):
    page = as_resident.get("/en/account/mobile/").content.decode()
    of_form = re.findall(r'<button[^>]*form="typed"[^>]*>', page)
    assert ["switch_language" in button for button in of_form] == [False, True]


def test_password_is_not_sent_back():
    form = {"login": "somebody", "password": factories.PASSWORD, "switch_language": "ar"}
    page = Client().post("/ar/account/sign-in/", form, follow=True)
    assert 'value="somebody"' in page.content.decode()
    assert factories.PASSWORD not in page.content.decode()


def test_language_chosen_on_the_way_is_the_one_to_land_in(resident):
    browser = Client()
    to = "/en/inquiries/new/?service=x"
    # Signing in: the page was asked for in English, and the language switched before the code.
    page = browser.get("/ar/account/sign-in/", {"next": to})
    assert f'name="next" value="{in_language(to, "ar")}"' in page.content.decode()
    form = {"login": resident.username, "password": factories.PASSWORD, "next": to}
    browser.post(SIGN_IN, form)
    code = factories.code_sent_to(resident, "sign_in")
    response = browser.post("/ar/account/code/", {"code": code})
    assert response.url == in_language(to, "ar")
    # The same for the check of one's data, for a text in place of a picture, and the display.
    page = browser.get("/ar/appointments/verify/", {"next": "/en/appointments/new/"})
    assert 'value="/ar/appointments/new/"' in page.content.decode()
    page = browser.get("/ar/account/picture/by-text/", {"next": "/en/account/register/"})
    assert 'value="/ar/account/register/"' in page.content.decode()
    look = {"colours": "dark", "contrast": "device", "text": "normal", "next": "/en/contact/"}
    assert browser.post("/ar/display/", look).url == "/ar/display/?next=%2Far%2Fcontact%2F"
    # The account's choice of a language leads to its own page in it, from either.
    for page, chosen in (("en", "ar"), ("ar", "ar"), ("ar", "en"), ("en", "en")):
        response = browser.post(f"/{page}/account/messages/", {"language": chosen})
        assert response.url == f"/{chosen}/account/messages/", (page, chosen)


def test_staff_land_in_the_language_of_their_sign_in():
    user, authenticator = officer_with_authenticator()
    browser = Client()
    form = {"login": user.username, "password": factories.PASSWORD, "next": "/en/staff/catalogue/"}
    browser.post(STAFF_SIGN_IN, form)
    response = browser.post("/ar/staff/code/", {"code": shown_by(authenticator)})
    assert response.url == "/ar/staff/catalogue/"


def test_switch_works_on_error_and_demo_pages(as_officer, as_resident):
    for browser, path, status in (
        (as_resident, "/en/?x=%00", 400),
        (as_officer, "/en/inquiries/", 403),
        (as_resident, "/en/no/such/page/", 404),
        (as_resident, "/no/such/page/", 404),
        (as_resident, "/en/inquiries/812345678907/", 404),
        (as_resident, "/en/demo/phone/", 200),
        (as_resident, "/en/demo/components/", 200),
    ):
        page = browser.get(path)
        assert page.status_code == status, path
        here = re.search('<html lang="(..)"', page.content.decode())[1]
        link = re.search(r'<a href="([^"]*)" lang="(..)" hreflang', page.content.decode())
        assert link[2] != here, path
        there = browser.get(link[1])
        assert (there.status_code, f'<html lang="{link[2]}"' in there.content.decode()) == (
            status,
            True,
        ), path
    assert Client().get("/demo/phone/").url.endswith("/demo/phone/")


def test_address_changes_its_language_alone():
    for address_of, language, changed in (
        ("/ar/my/?next=/ar/", "en", "/en/my/?next=/ar/"),
        ("/en/", "en", "/en/"),
        ("/demo/phone/", "ar", "/ar/demo/phone/"),
        ("/arabic/", "en", "/en/arabic/"),
        ("/", "ar", "/ar/"),
        ("//evil.example/", "ar", "/ar//evil.example/"),
    ):
        assert in_language(address_of, language) == changed, address_of
