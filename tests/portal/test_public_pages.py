"""Public pages: the same bytes for everybody, which any cache may keep; and nobody else's page."""

import gzip
import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core.catalogue import public_pages
from core.catalogue.models import Service
from tests import factories
from tests.conftest import notices_on, signed_in, signed_in_staff, words

pytestmark = pytest.mark.django_db

HOME, SIGNED_OUT = "/en/", "/en/account/signed-out/"
OWN_COOKIES = ("sessionid", "csrftoken", "messages", "look", "known-browser")


@pytest.fixture
def addresses():
    service = factories.ServiceFactory(slug="renewal")
    paths = ("", "services/", f"services/{service.slug}/", "contact/", "account/signed-out/")
    pages = [f"/{language}/{path}" for language in ("ar", "en") for path in paths]
    return [*pages, "/en/services/?q=renewal", "/en/?utm=letter"]


def browsers(resident, officer):
    """Return browsers of everybody who can come, with cookies of every kind, by name."""
    palm = factories.IdentityFactory(birth_date=None)
    factories.link(palm, resident.identity, "representative")
    acting, waiting, odd = signed_in(resident), signed_in(resident), Client()
    acting.post("/en/account/acting-as/", {"holder": palm.pk})
    # A message waits in this one.
    waiting.post("/en/display/", {"colours": "dark", "contrast": "strong", "text": "large"})
    odd.cookies.load(dict.fromkeys(OWN_COOKIES, "garbage"))
    return {
        "stranger": Client(),
        "resident": signed_in(resident),
        "representative": acting,
        "staff": signed_in_staff(officer),
        "message": waiting,
        "garbage": odd,
    }


def told(answer):
    """Return what a cache would keep of an answer, which has an id of its own."""
    headers = {**answer.headers}
    headers.pop("X-Request-ID")
    return answer.status_code, headers, answer.content


def test_everybody_gets_the_same_bytes_without_a_statement(
    addresses, resident, officer, django_assert_num_queries
):
    of_all = browsers(resident, officer)
    rendered = {}
    for address in addresses:
        cache.clear()
        for name, browser in of_all.items():
            cache.clear()
            rendered.setdefault(address, told(browser.get(address)))
            assert told(browser.get(address)) == rendered[address], (name, address)
        status, headers, content = rendered[address]
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=60"), address
        assert (headers["Vary"], headers["X-Frame-Options"]) == ("Accept-Encoding", "DENY")
        assert b"csrfmiddlewaretoken" not in content, address
    for name, browser in of_all.items():
        browser.get(addresses[0])
        for address in filter(lambda each: "?" not in each, addresses):
            Client().get(address)
            with django_assert_num_queries(0):
                answer = browser.get(address)
            assert told(answer) == rendered[address], (name, address)
            assert not answer.cookies, (name, address)


def test_page_that_is_known_already_is_not_sent_again(addresses):
    for address in addresses:
        for headers in ({}, {"accept-encoding": "br, gzip"}):
            first = Client().get(address, headers=headers)
            known = {**headers, "if-none-match": first["ETag"]}
            again = Client().get(address, headers=known)
            assert (again.status_code, again.content) == (304, b""), address
            assert (again["ETag"], again["Vary"]) == (first["ETag"], "Accept-Encoding")
            assert again["Cache-Control"] == "public, max-age=60"
            assert Client().head(address, headers=headers)["ETag"] == first["ETag"]
        other = Client().get(address, headers={"if-none-match": 'W/"another"'})
        assert other.status_code == 200


def test_page_is_compressed_once_and_alike(monkeypatch):
    packed = Client().get(HOME, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == Client().get(HOME).content
    monkeypatch.setattr(public_pages, "compress_string", None)
    again = Client().get(HOME, headers={"accept-encoding": "gzip"})
    assert again.content == packed.content


def test_change_of_a_service_is_shown_by_each_page(addresses):
    def shown():
        return [
            "Renewed" in Client().get(address).content.decode()
            for address in ("/en/", "/en/services/", "/en/services/renewal/")
        ]

    assert shown() == [False] * 3
    Service.objects.update(name_en="Renewed")
    assert shown() == [True] * 3
    Service.objects.update(is_active=False)
    assert Client().get("/en/services/renewal/").status_code == 404


def test_only_known_addresses_are_kept():
    for number in range(3):
        for address in (f"/en/?x={number}", f"/en/services/?q={number}", f"/en/services/{number}/"):
            Client().get(address)
    assert not cache._cache
    kept = Client().get(HOME)
    assert len(cache._cache) == 1
    assert Client().post(HOME).status_code == 405
    assert Client().get(HOME, headers={"host": "evil.example"}).status_code == 400
    assert Client().get(HOME).content == kept.content
    assert len(cache._cache) == 1


def test_message_waits_for_the_next_page_of_the_person(as_resident):
    nothing = {"colours": "device", "contrast": "device", "text": "normal"}
    as_resident.post("/en/display/", nothing)
    assert notices_on(as_resident.get(HOME)) == []
    told = notices_on(as_resident.get("/en/my/"))
    assert told == ["Saved. This is how pages look on this device from now on."]


def test_my_services_leads_everybody_in(as_resident, as_officer):
    link = re.search(r'href="([^"]+)">My services<', Client().get(HOME).content.decode())[1]
    assert Client().get(link).url == f"/en/account/sign-in/?next={link}"
    assert as_resident.get(link).status_code == 200
    assert as_officer.get(link).url == reverse("admin:index")


def test_signing_out_leads_to_a_page_that_says_so(as_resident, as_officer):
    for browser, way_out in (
        (as_resident, "/en/account/sign-out/"),
        (as_officer, "/en/staff/logout/"),
    ):
        page = browser.post(way_out, follow=True)
        assert page.redirect_chain == [(SIGNED_OUT, 302)]
        assert "You have signed out" in words(page)
        assert browser.get("/en/my/").url.startswith("/en/account/sign-in/")
    # Whoever only opens the address of the button is not signed out.
    assert Client().get("/en/account/sign-out/").url == "/en/my/"
