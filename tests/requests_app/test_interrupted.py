"""A form that is sent after the session ended is kept, for the same person only."""

import uuid

import pytest
from django.test import Client

from core.accounts.models import Session
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, sign_in

TYPED = "I typed this while my session ended, and I do not want to type it a second time."
STILL_HERE = "Your session had ended. What you typed is still here: check it and continue."


@pytest.fixture
def browser(resident):
    return sign_in(resident)


@pytest.fixture
def draft(resident):
    return factories.draft(resident, is_ready=False)


def end_sessions():
    Session.objects.all().delete()


def sign_in_again(client, address, user, language="en"):
    """Open `address`, sign in there as `user`, and return the page that follows."""
    page = client.get(address)
    assert "Continue" in page.content.decode()
    form = {"login": user.username, "password": factories.PASSWORD, "next": page.context["next"]}
    factories.let_a_minute_pass(user)
    client.post(f"/{language}/account/sign-in/", form)
    code = factories.code_sent_to(user, "sign_in")
    return client.post(f"/{language}/account/code/", {"code": code}, follow=True)


def test_typed_form_survives_session_end(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    form = factories.details_of(draft, description=TYPED, mobile="050 765 4321")
    lost = browser.post(address, form)
    assert lost.url == f"/en/account/sign-in/?next={address}"

    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert notices_on(page) == [STILL_HERE]
    assert TYPED in page.content.decode()
    assert 'value="050 765 4321"' in page.content.decode()

    browser.post(address, page.context["form"].initial)
    assert Inquiry.objects.get().description == TYPED


def test_typed_form_is_restored_once(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description=TYPED))
    sign_in_again(browser, lost.url, resident)
    again = browser.get(address)
    assert notices_on(again) == []
    assert TYPED not in again.content.decode()


def test_typed_form_is_hidden_from_another_person(browser, draft):
    another = factories.UserFactory()
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description=TYPED))
    page = sign_in_again(browser, lost.url, another)
    assert page.status_code == 404
    for shown in (page, browser.get(address), browser.get("/en/my/")):
        assert TYPED not in shown.content.decode()
        assert STILL_HERE not in notices_on(shown)


def test_chosen_service_is_hidden_from_another_person(browser, resident):
    another = factories.UserFactory()
    service = factories.ServiceFactory()
    factories.ServiceFactory()
    end_sessions()
    form = {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": resident.identity_id,
        "service": service.slug,
    }
    lost = browser.post("/en/inquiries/new/", form)
    page = sign_in_again(browser, lost.url, another)
    assert page.status_code == 200
    assert notices_on(page) == []
    assert page.context["form"]["service"].value() is None


def test_typed_form_is_hidden_from_another_browser(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    browser.post(address, factories.details_of(draft, description=TYPED))
    elsewhere = Client()
    page = sign_in_again(elsewhere, f"/en/account/sign-in/?next={address}", resident)
    assert page.request["PATH_INFO"] == address
    assert TYPED not in page.content.decode()


@pytest.mark.parametrize("step", ["documents", "review", "confirm"])
def test_sign_in_returns_to_the_same_step(browser, resident, step):
    draft = factories.draft(resident)
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/{step}/"
    lost = browser.post(address, {"code": "123456"})
    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert not Inquiry.objects.filed().exists()


def test_form_with_old_csrf_token_is_restored(resident, draft):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(resident)
    address = f"/en/inquiries/{draft.reference}/details/"
    form = factories.details_of(draft, description=TYPED, csrfmiddlewaretoken="a" * 64)
    refused = browser.post(address, form, headers={"sec-fetch-site": "same-origin"})
    assert refused.url == address
    page = browser.get(address)
    assert notices_on(page) == [STILL_HERE]
    assert TYPED in page.content.decode()
    assert Inquiry.objects.get().description == ""


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}])
def test_cross_site_form_is_refused_and_not_kept(resident, draft, headers):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(resident)
    address = f"/en/inquiries/{draft.reference}/details/"
    refused = browser.post(address, factories.details_of(draft, description=TYPED), headers=headers)
    assert refused.status_code == 403
    assert TYPED not in browser.get(address).content.decode()


def test_oversized_form_is_not_kept(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description="a" * 100_000))
    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert notices_on(page) == []
