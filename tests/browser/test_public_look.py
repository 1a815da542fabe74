"""How public pages look to each of two people whom one shared cache answers with the same bytes."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.nginx import HOST, free_port, nginx
from tests.races.together import until

pytestmark = [pytest.mark.browser, pytest.mark.nginx]

SITE = """
log_format cached '$upstream_cache_status $uri';
proxy_cache_path {folder}/kept keys_zone=kept:1m;
server {{
    listen {host}:{port};
    access_log {folder}/access.log cached;
    location / {{
        proxy_pass {site};
        proxy_set_header Host $http_host;
        proxy_cache kept;
    }}
}}
"""
DARK, LIGHT = "rgb(12, 17, 27)", "rgb(255, 255, 255)"
# What the root said when the first part of the body was there to be painted.
NOTE = """new MutationObserver((_changes, observer) => {
    if (document.body) {
        window.atFirst = JSON.stringify(document.documentElement.dataset);
        observer.disconnect();
    }
}).observe(document, {childList: true, subtree: true});"""


@pytest.fixture
def shared_cache(live_server, tmp_path, settings):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, HOST]
    port = free_port()
    site = SITE.format(folder=tmp_path, host=HOST, port=port, site=live_server.url)
    with nginx(tmp_path, port, site):
        yield f"http://{HOST}:{port}", tmp_path / "access.log"


@pytest.mark.parametrize("scripts", [True, False])
def test_each_sees_their_own_look_on_the_same_bytes(visit, shared_cache, scripts, reference):
    site, log = shared_cache
    seen = set()
    people = (
        # The device, the choice, and then ground, border of a notice, and size of the text.
        ("dark", "", DARK, "0px", "16px"),
        ("light", "dark.strong.large", DARK, "2px", "20px"),
        ("dark", "light.device.largest", LIGHT, "0px", "24px"),
        ("dark", "light.strong.normal", LIGHT, "2px", "16px"),
        ("light", "pink.x.huge", LIGHT, "0px", "16px"),
    )
    for device, choice, ground, border, size in people:
        person = visit()
        person.site = site
        person.page.add_init_script(NOTE)
        person.page.emulate_media(color_scheme=device)
        if choice:
            person.context.add_cookies([{"name": "look", "value": choice, "url": site}])
        # The second page is of this person alone, and looks the same.
        for path in ("contact/", "display/?next=/en/contact/"):
            with person.page.expect_response(re.compile(f"/en/{re.escape(path)}")) as answer:
                person.open(path)
            body, root = person.page.locator("body"), person.page.locator("html")
            expect(body).to_have_css("background-color", ground)
            expect(root).to_have_css("font-size", size)
            if path == "contact/":
                seen.add(answer.value.body())
                notice = person.page.locator("main .notice").first
                expect(notice).to_have_css("border-top-width", border)
                if scripts:
                    now = person.page.evaluate("JSON.stringify(document.documentElement.dataset)")
                    assert person.page.evaluate("window.atFirst") == now, choice
    assert len(seen) == 1
    cache.clear()
    until(lambda: log.read_text().count("/en/display/") == len(people))
    told = [line.split() for line in log.read_text().splitlines()]
    contact = [status for status, path in told if path == "/en/contact/"]
    assert contact == ["MISS", *["HIT"] * (len(people) - 1)]
    assert {status for status, path in told if path == "/en/display/"} == {"MISS"}


def test_new_look_is_there_when_the_back_link_leads_to_a_kept_page(visit, shared_cache):
    person = visit()
    person.site, _log = shared_cache
    person.open("contact/")
    person.follow("Text size and colours")
    person.page.get_by_label(person.reads("Very large")).check()
    person.press("Save")
    person.shows(".notice", "Saved. This is how pages look on this device from now on.")
    person.follow("Back to the page that you came from")
    assert person.path() == "/en/contact/"
    expect(person.page.locator("html")).to_have_css("font-size", "24px")
