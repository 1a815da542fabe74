"""Rules for every page: headers, languages, and nothing that the strict policy forbids."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.conftest import signed_in

STAFF = "/en/staff/requests_app/inquiry/"
PUBLIC = {"/ar/", "/en/", "/en/services/"}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.fixture
def pages(as_resident, resident, as_officer):
    """Return a response of every kind that a person may get."""
    draft, filed = factories.draft(resident), factories.filed(resident)
    palm = factories.IdentityFactory(birth_date=None)
    factories.link(palm, resident.identity, "representative")
    for_another = signed_in(resident)
    for_another.post("/en/account/acting-as/", {"holder": palm.pk})
    anonymous = Client()
    steps = ("details", "documents", "review", "confirm")
    ways_in = ("register", "password/reset", "picture/by-text")
    own = ("", "password/", "mobile/", "email/", "acting-as/")
    mobile = {"mobile": "0550000432", "password": factories.PASSWORD}
    mail = {"email": "a@example.org", "password": factories.PASSWORD}
    return [
        *(anonymous.get(f"/en/account/{page}/") for page in ways_in),
        *(anonymous.post(f"/en/account/{page}/", {"login": "a"}) for page in ways_in),
        *(as_resident.get(f"/en/account/{page}") for page in own),
        *(as_resident.post(f"/en/account/{page}", {"password": "wrong"}) for page in own[1:]),
        as_resident.post("/en/account/mobile/", mobile, follow=True),
        anonymous.get("/en/services/?q=a"),
        as_resident.post("/en/account/email/", mail, follow=True),
        *map(for_another.get, ("/en/", "/en/account/", "/en/nothing/")),
        *map(anonymous.get, ("/en/", "/ar/", "/en/account/sign-in/", "/en/my/", "/en/nothing/")),
        *map(anonymous.get, ("/en/staff/login/", "/en/?x=%00", "/", "/en/demo/phone/", "/healthz")),
        anonymous.post("/en/account/sign-in/", {"login": "a", "password": "b"}),
        *map(as_resident.get, ("/en/my/", "/en/inquiries/", "/en/inquiries/new/")),
        *(as_resident.get(f"/en/inquiries/{draft.reference}/{step}/") for step in steps),
        *(as_resident.get(f"/en/inquiries/{filed.reference}/{step}") for step in ("", "receipt/")),
        *map(as_officer.get, ("/en/staff/", STAFF, f"{STAFF}?queue=all", "/en/my/")),
        *(as_officer.get(f"{STAFF}{filed.pk}/{page}/") for page in ("change", "history")),
        *map(as_officer.get, ("/en/staff/jsi18n/", "/en/staff/password_change/")),
    ]


def test_every_page_has_strict_headers_and_nothing_they_forbid(pages):
    for response in pages:
        path = response.request["PATH_INFO"]
        is_public = response.status_code == 200 and path in PUBLIC
        kept = "public, max-age=60" if is_public else "no-store"
        assert kept in response["Cache-Control"], path
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY, path
        assert response["X-Content-Type-Options"] == "nosniff", path
        assert response["Referrer-Policy"] == "same-origin", path
        assert forbidden_in(response.content.decode()) == [], path


def test_no_template_has_inline_style_or_script():
    templates = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
    assert templates
    for path in templates:
        assert forbidden_in(path.read_text(encoding="utf-8")) == [], path


def test_no_field_of_a_page_cuts_what_is_pasted(pages):
    for response in pages:
        assert "maxlength" not in response.content.decode(), response.request["PATH_INFO"]


def forbidden_in(markup):
    tags = re.findall(r"<[a-z][^>]*>", markup)
    inline = [tag for tag in tags if re.search(r"\s(?:style|on[a-z]+)\s*=", tag)]
    scripts = [tag for tag in tags if re.match(r"<script\b(?!.*\bsrc=)", tag)]
    # Such a link is followed only when pressed, and sends no referrer; all else is fetched.
    fetched = [tag for tag in tags if not (tag.startswith("<a ") and 'rel="noreferrer"' in tag)]
    elsewhere = [tag for tag in fetched if re.search(r'\b(?:src|href)="(?:https?:)?//', tag)]
    styles = re.findall(r"<style\b", markup)
    scripts = [tag for tag in scripts if 'type="application/json"' not in tag]
    return [*inline, *scripts, *elsewhere, *styles]


def test_home_is_arabic_unless_a_browser_asks_for_english(client, db):
    assert client.get("/").url == "/ar/"
    assert client.get("/", headers={"accept-language": "fr"}).url == "/ar/"
    assert client.get("/", headers={"accept-language": "en-GB,en"}).url == "/en/"


def test_language_switch_leads_to_the_same_page(as_resident):
    for place in (
        *("", "account/sign-in/", "account/sign-in/?next=/en/my/", "account/register/"),
        *("account/password/reset/", "account/picture/by-text/?next=/en/account/register/"),
        *("account/", "account/mobile/", "account/acting-as/", "inquiries/?page=2"),
        *("inquiries/new/", "my/", "no/such/page/"),
    ):
        client = Client() if "sign-in" in place else as_resident
        for language, other in (("ar", "en"), ("en", "ar")):
            page = client.get(f"/{language}/{place}").content.decode()
            assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}" ' in page
            link = re.search(rf'(?:href|formaction)="([^"]*)"[^>]* lang="{other}"', page)[1]
            assert link.replace("%2F", "/") == f"/{other}/{place}"


def test_address_without_language_redirects_to_page(client, db):
    response = client.get("/account/sign-in/", follow=True)
    assert response.request["PATH_INFO"] == "/ar/account/sign-in/"
    assert response.status_code == 200


@pytest.mark.django_db
def test_pages_are_compressed_for_browsers_that_accept_it():
    packed = Client().get("/en/", headers={"Accept-Encoding": "gzip"})
    plain = Client().get("/en/")
    assert (packed["Content-Encoding"], packed["Vary"].count("Accept-Encoding")) == ("gzip", 1)
    assert len(packed.content) < len(plain.content) / 2
    assert not plain.has_header("Content-Encoding")


def test_document_is_sent_uncompressed_with_its_length(as_resident, resident):
    document = factories.attached(factories.draft(resident))
    address = f"/en/inquiries/{document.inquiry.reference}/documents/{document.pk}/"
    response = as_resident.get(address, headers={"Accept-Encoding": "gzip"})
    assert not response.has_header("Content-Encoding")
    assert int(response["Content-Length"]) == len(b"".join(response.streaming_content))
