"""What every site is asked for: robots, an icon, whom to tell of a weakness, headers."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from tests import factories
from tests.appointments import places

PUBLIC = ("", "services/", "contact/", "account/sign-in/", "account/register/", "display/")


def test_robots_keep_out_of_what_is_personal():
    answer = Client().get("/robots.txt")
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert lines[0] == "User-agent: *"
    for language in ("ar", "en"):
        for part in ("account", "my", "inquiries", "appointments", "check", "staff"):
            assert f"Disallow: /{language}/{part}/" in lines
    assert not [line for line in lines if "services" in line or "contact" in line]


def test_favicon_leads_to_the_icon():
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer.url) == (302, static("icon.svg"))
    assert finders.find("icon.svg")


def test_security_contact_is_a_setting(settings, db):
    assert Client().get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_TXT = ("mailto:security@example.org", "2027-12-31T00:00:00Z")
    assert Client().get("/.well-known/security.txt").content.decode() == (
        "Contact: mailto:security@example.org\n"
        "Expires: 2027-12-31T00:00:00Z\n"
        "Preferred-Languages: ar, en\n"
    )


@pytest.mark.parametrize("language", ["ar", "en"])
def test_each_public_page_describes_itself(language, db):
    service = factories.ServiceFactory()
    described = set()
    for page in (*PUBLIC, f"services/{service.slug}/"):
        content = Client().get(f"/{language}/{page}").content.decode()
        (description,) = re.findall('<meta name="description" content="([^"]+)">', content)
        assert 40 <= len(description) <= 160, page
        assert bool(re.search("[\u0600-\u06ff]", description)) == (language == "ar"), page
        described.add(description)
    assert len(described) == len(PUBLIC) + 1


def test_slips_stay_out_of_search_engines(db):
    slip = places.confirmed().slips.get()
    page = Client().get(f"/en/check/{slip.check_code}/").content.decode()
    assert '<meta name="robots" content="noindex">' in page


def test_pages_ask_for_nothing_of_the_device_and_are_nobody_elses(db):
    for path in ("/en/", "/en/staff/login/", "/healthz", "/nothing"):
        headers = Client().get(path).headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert "camera=()" in headers["Permissions-Policy"], path
        assert "geolocation=()" in headers["Permissions-Policy"], path
