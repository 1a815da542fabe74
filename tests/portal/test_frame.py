"""What stands around every page: the header, the footer, and the type that is fetched first."""

import re
from urllib.parse import urlsplit

from django.test import Client

from tests.conftest import words

PUBLIC = ("", "contact/", "services/", "accessibility/", "account/signed-out/")


def links_in(tag, page):
    """Return the links in the header or the footer: their words by their addresses."""
    part = re.search(rf"(?s)<{tag} .*?</{tag}>", page.content.decode())[0]
    links = re.findall(r'(?s)<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', part)
    return {address: words(name) for address, name in links}


def test_header_leads_each_to_what_they_can_do(as_resident, as_officer):
    services, other = {"/en/services/": "Services"}, "العربية"
    for place in PUBLIC:
        for browser in (Client(), as_resident, as_officer):
            assert links_in("header", browser.get(f"/en/{place}")) == {
                "/en/": "Tawasul", **services, "/en/my/": "My services", f"/ar/{place}": other
            }  # fmt: skip
    assert links_in("header", Client().get("/en/account/sign-in/")) == {
        "/en/": "Tawasul", **services, "/en/account/sign-in/": "Sign in"
    }  # fmt: skip
    assert links_in("header", as_resident.get("/en/my/")) == {
        "/en/my/": "Tawasul: my page",
        "/en/inquiries/": "Inquiries",
        "/en/appointments/": "Appointments",
        "/en/account/": "Account",
        **services,
        "/ar/my/": other,
    }
    assert links_in("header", as_officer.get("/en/nothing/")) == {
        "/en/": "Tawasul", **services, "/en/staff/": "Staff site", "/ar/nothing/": other
    }  # fmt: skip


def test_header_marks_where_one_is(as_resident):
    page = as_resident.get("/en/account/safety/").content.decode()
    assert re.findall(r'<a href="([^"]*)" aria-current="true">', page) == ["/en/account/"]
    page = as_resident.get("/en/account/").content.decode()
    assert re.findall(r'<a href="([^"]*)" aria-current="page">', page) == ["/en/account/"]


def test_footer_of_every_page_has_the_display_first_then_contact(as_resident):
    names = {
        "ar": ["حجم النص والألوان", "قنوات التواصل", "إمكانية الوصول"],
        "en": ["Text size and colours", "Contact", "Accessibility"],
    }
    for language, expected in names.items():
        for browser, places in (
            (Client(), ("", "contact/", "account/sign-in/", "nothing/")),
            (as_resident, ("my/", "inquiries/new/")),
        ):
            for place in places:
                here = f"/{language}/{place}"
                links = links_in("footer", browser.get(here))
                assert list(links.values()) == expected, here
                assert list(links) == [
                    f"/{language}/display/?next={here}",
                    f"/{language}/contact/",
                    f"/{language}/accessibility/",
                ]


def test_both_weights_of_the_type_of_the_language_are_fetched_first(as_resident):
    for language, script in (("ar", "arabic"), ("en", "latin")):
        for browser, place in ((Client(), ""), (as_resident, "my/")):
            page = browser.get(f"/{language}/{place}").content.decode()
            fetched = re.findall(r'<link rel="preload" href="([^"]*)" as="font"', page)
            assert [re.sub(r"\.[0-9a-f]{12}\.", ".", urlsplit(each).path) for each in fetched] == [
                f"/static/built/ibm-plex-sans-arabic-{script}-{weight}.woff2"
                for weight in (400, 600)
            ]
