"""Methods that a page does not take, OPTIONS and HEAD, at every address of the portal."""

import logging

import pytest
from django.test import Client, RequestFactory

from tawasul.wsgi import application
from tests import factories
from tests.access_table import ROLES, TABLE
from tests.conftest import signed_in
from tests.test_access import World

# Seen by everybody, so that each page is asked for by a role that gets it.
VIEWERS = ("anonymous", "applicant", "desk", "officer", "chief")
# What is new with each answer.
CHANGING = ("Set-Cookie", "Expires", "X-Request-ID")


def allowed(route):
    if not isinstance(TABLE[route], dict):
        return "GET, HEAD, OPTIONS"
    only_post = TABLE[route]["GET"][0] == 405
    return "POST, OPTIONS" if only_post else "GET, HEAD, POST, OPTIONS"


@pytest.mark.django_db
def test_methods_of_every_address():
    """Strangers and signed-in people, with and without a token, get the same answer."""
    world = World()
    browsers = [Client(enforce_csrf_checks=True), world.browsers["chief"]]
    for route in TABLE:
        if route == "en/staff/(?P<url>.*)$":
            continue  # no address: test_unknown_address_stays_unknown
        address = world.address(route, world.filed, world.confirmed)
        allow = allowed(route)
        for browser in browsers:
            for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "FOO", "GET", "POST"):
                if method in allow.split(", ") and method != "OPTIONS":
                    continue
                response = browser.generic(method, address)
                told = response.status_code, response.headers.get("Allow"), response.content != b""
                expected = (204, allow, False) if method == "OPTIONS" else (405, allow, True)
                assert told == expected, (method, address)


@pytest.mark.django_db
def test_unknown_address_stays_unknown(as_officer):
    for method in ("OPTIONS", "PUT", "TRACE", "POST", "HEAD"):
        for address in ("/en/nothing/", "/en/inquiries/nothing/", "/static/nothing"):
            status = Client(enforce_csrf_checks=True).generic(method, address).status_code
            assert status == 404, (method, address)
        assert as_officer.generic(method, "/en/staff/nothing/").status_code == 404, method


@pytest.mark.django_db
def test_head_of_every_address(caplog):
    """HEAD is answered as GET without the body, and logs nothing."""
    caplog.set_level(logging.WARNING)
    world = World()
    for route, rows in TABLE.items():
        row = rows["GET"] if isinstance(rows, dict) else rows
        statuses = {role: row[ROLES.index(role)] for role in VIEWERS}
        role = next((role for role in VIEWERS if statuses[role] == 200), None)
        if role is None:
            continue
        address = world.address(route, world.filed, world.confirmed)
        browser, answers = world.browsers[role], []
        for method in ("GET", "HEAD"):
            response = browser.generic(method, address)
            length = len(b"".join(response))  # a download is read to its end, which closes it
            headers = {name: value for name, value in response.items() if name not in CHANGING}
            answers.append((response.status_code, headers))
        assert answers[1] == answers[0], address
        assert length == 0, address
    assert caplog.messages == []


@pytest.mark.django_db
def test_head_has_no_body_on_its_way_to_server():
    """A server that got one would drop it, and log each request."""
    answers = {}
    for method in ("GET", "HEAD"):
        environ = RequestFactory().generic(method, "/en/contact/").environ
        headers = {}
        body = application(environ, lambda _status, sent, headers=headers: headers.update(sent))
        answers[method] = headers["Content-Length"], len(b"".join(body))
    length, sent = answers["GET"]
    assert (length, sent) == (str(sent), int(length))
    assert answers["HEAD"] == (length, 0)


@pytest.mark.django_db
def test_head_leaves_what_is_for_person():
    """It marks no answer as read, and uses up neither a message nor what was typed."""
    browser = signed_in(factories.UserFactory())
    browser.post("/en/account/messages/", {"language": "en"})
    for method in ("HEAD", "GET"):
        page = browser.generic(method, "/en/account/messages/")
    assert "Your language is saved." in page.content.decode()
