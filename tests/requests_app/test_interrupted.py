"""A session that ends in the middle of a form loses nothing, and shows it to nobody else."""

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
    """Go where `address` leads, and sign in there; the page on which that ends."""
    page = client.get(address)
    assert "Continue" in page.content.decode()
    form = {"login": user.username, "password": factories.PASSWORD, "next": page.context["next"]}
    factories.let_a_minute_pass(user)
    client.post(f"/{language}/account/sign-in/", form)
    code = factories.code_sent_to(user, "sign_in")
    return client.post(f"/{language}/account/code/", {"code": code}, follow=True)


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(browser, resident, draft):
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


def test_it_is_shown_once(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description=TYPED))
    sign_in_again(browser, lost.url, resident)
    again = browser.get(address)
    assert notices_on(again) == []
    assert TYPED not in again.content.decode()


def test_another_person_in_the_same_browser_does_not_see_it(browser, draft):
    another = factories.UserFactory()
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description=TYPED))
    page = sign_in_again(browser, lost.url, another)
    assert page.status_code == 404
    for shown in (page, browser.get(address), browser.get("/en/my/")):
        assert TYPED not in shown.content.decode()
        assert STILL_HERE not in notices_on(shown)


def test_another_person_in_the_same_browser_does_not_see_which_service_was_chosen(
    browser, resident
):
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


def test_another_browser_does_not_see_it(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    browser.post(address, factories.details_of(draft, description=TYPED))
    elsewhere = Client()
    page = sign_in_again(elsewhere, f"/en/account/sign-in/?next={address}", resident)
    assert page.request["PATH_INFO"] == address
    assert TYPED not in page.content.decode()


@pytest.mark.parametrize("step", ["documents", "review", "confirm"])
def test_the_other_steps_are_found_again_after_signing_in(browser, resident, step):
    draft = factories.draft(resident)
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/{step}/"
    lost = browser.post(address, {"code": "123456"})
    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert not Inquiry.objects.filed().exists()


def test_a_form_from_before_the_last_sign_in_is_shown_again_with_what_was_typed(resident, draft):
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
def test_a_form_that_another_site_sends_is_refused_and_not_kept(resident, draft, headers):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(resident)
    address = f"/en/inquiries/{draft.reference}/details/"
    refused = browser.post(address, factories.details_of(draft, description=TYPED), headers=headers)
    assert refused.status_code == 403
    assert TYPED not in browser.get(address).content.decode()


def test_a_text_far_too_long_is_not_kept_and_breaks_nothing(browser, resident, draft):
    end_sessions()
    address = f"/en/inquiries/{draft.reference}/details/"
    lost = browser.post(address, factories.details_of(draft, description="a" * 100_000))
    page = sign_in_again(browser, lost.url, resident)
    assert page.request["PATH_INFO"] == address
    assert notices_on(page) == []
