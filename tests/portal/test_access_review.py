"""The quarterly list of who may do what: what it says, who signs it off, and when it is due."""

import csv
import datetime
import io
import re
import uuid

import pytest
from django.utils import timezone

from core.accounts.models import AccessReview
from tawasul.portal import actions
from tawasul.portal.access_list import digest_of_rights, rows_now
from tests import factories
from tests.appointments import places
from tests.conftest import notices_on, signed_in_staff, words

STAFF, REVIEW = "/en/staff/", "/en/staff/members/review/"
DUE = "Review of who may do what is due"
CHANGED = "The list has changed since you opened it. Read it again, then sign it off."


@pytest.fixture
def auditor(db):
    return factories.of_role("auditor", username="auditor")


@pytest.fixture
def as_auditor(auditor):
    return signed_in_staff(auditor)


@pytest.fixture
def as_keeper(db):
    return signed_in_staff(factories.of_role("keeper", username="keeper"))


def form_on(page):
    fields = re.findall(r'name="(shown|idempotency_key)" value="([^"]+)"', page.content.decode())
    return dict(fields)


def sign(browser):
    return browser.post(REVIEW, form_on(browser.get(REVIEW)), follow=True)


def test_everybody_who_works_here_is_on_it_with_all_they_may_do(as_auditor, resident):
    office = places.office("al-rimal", "Al-Rimal")
    teams = [factories.team(slug) for slug in ("visas", "fees")]
    clerk, _code = actions.add_staff(
        actor=None, username="clerk", roles=["clerk"], teams=teams, offices=[office]
    )
    factories.permit(clerk, "triage_inquiry")
    factories.of_role("officer", username="chief", is_superuser=True)
    gone = factories.of_role("officer", username="gone")
    actions.end_staff(actor=None, member=gone, expected_version=None)
    page = words(as_auditor.get(REVIEW))
    today = re.escape("30 November 2026 CE")
    assert (
        "clerk Roles Clerk Rights outside the roles requests_app.triage_inquiry Offices Al-Rimal "
        "Teams Fees · Visas Authenticator None Last sign-in None"
    ) in page
    assert "chief Roles Superuser · Officer" in page
    assert re.search(rf"auditor Roles Auditor Authenticator set up Last sign-in (\d|{today})", page)
    assert "gone" not in page
    assert resident.username not in page


def test_an_auditor_signs_it_off_and_it_can_be_read_later(as_auditor, auditor, as_keeper):
    assert f"1 {DUE}" in words(as_keeper.get(STAFF))
    assert f"1 {DUE}" in words(as_auditor.get(STAFF))
    officer = factories.of_role("officer", username="officer")
    page = sign(as_auditor)
    assert notices_on(page) == ["The list is signed off."]
    review = AccessReview.objects.get()
    assert review.signed_by == auditor
    assert review.digest == digest_of_rights(review.content)
    actions.end_staff(actor=None, member=officer, expected_version=None)
    later = words(as_keeper.get(f"{REVIEW}{review.pk}/"))
    assert "Signed off by auditor" in later
    assert "officer Roles Officer" in later
    assert f"0 {DUE}" in words(as_keeper.get(STAFF))


def test_it_is_due_again_after_three_months(as_auditor, as_keeper, monkeypatch):
    sign(as_auditor)
    now = timezone.now()
    for days, due in ((90, "0"), (92, "1")):
        later = now + datetime.timedelta(days=days)
        monkeypatch.setattr(timezone, "now", lambda later=later: later)
        chief = signed_in_staff(factories.of_role("keeper"))
        assert f"{due} {DUE}" in words(chief.get(STAFF)), days
        monkeypatch.undo()


def test_a_list_that_changed_is_shown_again_and_not_signed(as_auditor):
    shown = form_on(as_auditor.get(REVIEW))
    actions.add_staff(actor=None, username="layla", roles=["officer"])
    page = as_auditor.post(REVIEW, shown)
    assert notices_on(page)[0] == CHANGED
    assert "layla Roles Officer" in words(page)
    assert not AccessReview.objects.exists()
    as_auditor.post(REVIEW, form_on(page))
    assert AccessReview.objects.count() == 1


def test_a_sign_in_meanwhile_changes_no_rights(as_auditor):
    shown = form_on(as_auditor.get(REVIEW))
    another_day = timezone.now() - datetime.timedelta(days=40)
    factories.User.objects.update(last_login=another_day)
    assert as_auditor.post(REVIEW, shown).status_code == 302


def test_a_second_click_signs_once(as_auditor):
    shown = form_on(as_auditor.get(REVIEW))
    first, second = (as_auditor.post(REVIEW, shown).url for _click in range(2))
    assert first == second
    assert AccessReview.objects.count() == 1


def test_keepers_do_not_sign_their_own_work(as_keeper):
    page = as_keeper.get(REVIEW)
    assert "An auditor signs the list off." in words(page)
    forged = {"shown": digest_of_rights(rows_now()), "idempotency_key": uuid.uuid4()}
    assert notices_on(as_keeper.post(REVIEW, forged))[0] == "Only auditors sign this list off."
    chief = factories.OfficerFactory(is_superuser=True)
    browser, member = signed_in_staff(chief), factories.of_role("officer")
    sign(browser)
    actions.end_staff(actor=chief, member=member, expected_version=None)
    assert notices_on(sign(browser)) == [
        "You have changed accounts of staff since the list was last signed off. Ask an auditor "
        "who has not."
    ]
    assert AccessReview.objects.count() == 1


def test_download(as_keeper):
    teams = [factories.team(slug) for slug in ("=1+1", "visas")]
    facts = {"username": "layla", "roles": ["officer", "editor"], "teams": teams[:1]}
    actions.add_staff(actor=None, **facts)
    response = as_keeper.get(f"{REVIEW}csv/")
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert lines[0][:2] == ["Username", "Roles"]
    assert lines[-1] == ["layla", "Officer, Catalogue keeper", "No", "", "'=1+1", "", "No", ""]
