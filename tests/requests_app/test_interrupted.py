"""A form that is sent after the session ended is kept, for the same person only."""

import pytest
from django.test import Client

from core.accounts.models import Session
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, sign_in, signed_in
from tests.requests_app.steps import NEW, first_step, page_of, save_details

TYPED = "I typed this while my session ended, and I do not want to type it a second time."
STILL_HERE = "Your session had ended. What you typed is still here: check it and continue."


@pytest.fixture
def browser(resident):
    return signed_in(resident)


@pytest.fixture
def draft(resident):
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def address(draft):
    return page_of(draft, "details")


@pytest.fixture
def lost(browser, draft, address):
    """Return the address of the sign-in page after a form was sent without a session."""
    Session.objects.all().delete()
    response = save_details(browser, draft, description=TYPED, mobile="050 765 4321")
    assert response.url == f"/en/account/sign-in/?next={address}"
    return response.url


def sign_in_again(client, address, user):
    """Open `address`, sign in there as `user`, and return the page that follows."""
    page = client.get(address)
    assert "Continue" in page.content.decode()
    form = {"login": user.username, "password": factories.PASSWORD, "next": page.context["next"]}
    client.post("/en/account/sign-in/", form)
    code = factories.code_sent_to(user, "sign_in")
    return client.post("/en/account/code/", {"code": code}, follow=True)


def test_typed_form_survives_session_end_and_is_restored_once(resident, address):
    browser = sign_in(resident)
    Session.objects.all().delete()
    draft = Inquiry.objects.get()
    lost = save_details(browser, draft, description=TYPED, mobile="050 765 4321").url
    factories.let_a_minute_pass(resident)
    page = sign_in_again(browser, lost, resident)
    assert page.request["PATH_INFO"] == address
    assert notices_on(page) == [STILL_HERE]
    assert TYPED in page.content.decode()
    assert 'value="050 765 4321"' in page.content.decode()

    again = browser.get(address)
    assert notices_on(again) == []
    assert TYPED not in again.content.decode()

    shown = page.context["form"].data.dict()
    del shown["switch_language"]
    browser.post(address, shown)
    assert Inquiry.objects.get().description == TYPED


def test_typed_form_is_hidden_from_another_person(browser, lost, address):
    page = sign_in_again(browser, lost, factories.UserFactory())
    assert page.status_code == 404
    for shown in (page, browser.get(address), browser.get("/en/my/")):
        assert TYPED not in shown.content.decode()
        assert STILL_HERE not in notices_on(shown)


def test_chosen_service_is_hidden_from_another_person(browser, resident):
    service = factories.ServiceFactory()
    factories.ServiceFactory()
    Session.objects.all().delete()
    lost = browser.post(NEW, first_step(service, resident.identity))
    page = sign_in_again(browser, lost.url, factories.UserFactory())
    assert page.status_code == 200
    assert notices_on(page) == []
    assert page.context["form"]["service"].value() is None


def test_typed_form_is_hidden_from_another_browser(lost, resident, address):
    page = sign_in_again(Client(), lost, resident)
    assert page.request["PATH_INFO"] == address
    assert TYPED not in page.content.decode()


def test_sign_in_returns_to_the_same_step(browser, resident):
    draft = factories.draft(resident)
    for step in ("documents", "review", "confirm"):
        Session.objects.all().delete()
        lost = browser.post(page_of(draft, step), {"code": "123456"})
        factories.let_a_minute_pass(resident)
        page = sign_in_again(browser, lost.url, resident)
        assert page.request["PATH_INFO"] == page_of(draft, step)
        assert not Inquiry.objects.filed().exists(), step


def strict_browser(resident):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(resident)
    return browser


def test_form_with_old_csrf_token_is_restored_on_same_site(resident, draft, address):
    form = {**factories.details_of(draft, description=TYPED), "typist": resident.pk}
    for headers in ({}, {"sec-fetch-site": "cross-site"}):
        browser = strict_browser(resident)
        assert browser.post(address, form, headers=headers).status_code == 403, headers
        assert TYPED not in browser.get(address).content.decode(), headers
    form["csrfmiddlewaretoken"] = "a" * 64
    browser = strict_browser(resident)
    refused = browser.post(address, form, headers={"sec-fetch-site": "same-origin"})
    assert refused.url == address
    page = browser.get(address)
    assert notices_on(page) == [STILL_HERE]
    assert TYPED in page.content.decode()
    assert Inquiry.objects.get().description == ""


def test_oversized_form_is_not_kept(browser, resident, draft, address):
    Session.objects.all().delete()
    lost = save_details(browser, draft, description="a" * 100_000)
    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert notices_on(page) == []
