"""Sessions that are ended, extended and changed by requests at the same moment."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import idle
from core.accounts.models import Session, User
from core.accounts.sessions import SessionStore
from core.accounts.views import overview
from tests import factories
from tests.conftest import signed_in
from tests.races.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ACTING, ELSEWHERE, MY = "/en/account/acting-as/", "/en/account/devices/", "/en/my/"
STAY = "/en/account/still-here/"


@pytest.fixture
def palm(resident):
    """Return an establishment that the resident represents."""
    palm = factories.IdentityFactory(number="7000000017", birth_date=None)
    factories.link(palm, resident.identity, "representative")
    return palm


def change_while_signed_out_elsewhere(resident, palm, guards):
    """Let one browser change its session while the other signs it out; return the answer."""
    here, there = signed_in(resident), signed_in(resident)
    there.raise_request_exception = False
    steps = guards.meanwhile(overview, "act_as", lambda: here.post(ELSEWHERE))
    answer = there.post(ACTING, {"holder": palm.pk})
    assert not list(steps), "it was signed out meanwhile"
    assert here.get(MY).status_code == 200
    return there, answer


def test_change_that_is_under_way_revives_no_session(resident, palm, guards):
    there, answer = change_while_signed_out_elsewhere(resident, palm, guards)
    assert answer.status_code == 400
    assert there.get(MY).status_code == 302
    assert Session.objects.filter(user=resident).count() == 1


def test_control_saving_whatever_is_there_revives_the_session(resident, palm, guards):
    """Without the count of ended sessions either, which a revived one would not hold to."""
    guards.replace(User, "_get_session_auth_hash", lambda _user, secret=None: "always the same")

    def save(store, must_create=False):
        store.create_model_instance(store._get_session(no_load=must_create)).save()

    guards.replace(SessionStore, "save", save)
    there, answer = change_while_signed_out_elsewhere(resident, palm, guards)
    assert answer.status_code == 302
    assert there.get(MY).status_code == 200


def let_minutes_pass(user):
    """Let an activity of the user be due to be written."""
    earlier = timezone.now() - timedelta(minutes=5)
    Session.objects.filter(user=user).update(active_at=earlier)


def test_activity_that_is_under_way_revives_no_session(resident, guards):
    here, there = signed_in(resident), signed_in(resident)
    let_minutes_pass(resident)
    steps = guards.meanwhile(SessionStore, "seconds_left", lambda: here.post(ELSEWHERE))
    there.get(MY)
    assert not list(steps), "it was signed out before its activity was written"
    assert there.get(MY).status_code == 302
    assert Session.objects.filter(user=resident).count() == 1


def open_page_while_choosing(resident, palm, guards):
    """Let a page be opened while another tab chooses the holder; return the choice afterwards."""
    browser, other_tab = signed_in(resident), Client()
    other_tab.cookies = browser.cookies
    let_minutes_pass(resident)
    choose = partial(other_tab.post, ACTING, {"holder": palm.pk})
    steps = guards.meanwhile(idle, "extend", choose)
    assert browser.get(MY).status_code == 200
    assert not list(steps), "it was chosen meanwhile"
    return browser.session.get("acting_as")


def test_activity_takes_back_no_change_of_another_tab(resident, palm, guards):
    assert open_page_while_choosing(resident, palm, guards) == palm.pk


def test_control_activity_that_saves_the_session_takes_the_choice_back(resident, palm, guards):
    def extend(store, *, is_activity, at_once=False):
        store["active"] = "now"

    guards.replace(SessionStore, "extend", extend)
    assert open_page_while_choosing(resident, palm, guards) is None


def test_two_extensions_at_once_are_harmless(resident):
    tabs = [signed_in(resident)]
    tabs += [Client() for _tab in range(3)]
    for tab in tabs[1:]:
        tab.cookies = tabs[0].cookies
    let_minutes_pass(resident)
    answers = at_once(*[partial(tab.post, STAY) for tab in tabs])
    assert {answer.json()["seconds_left"] for answer in answers} <= {1799, 1800}
    assert tabs[0].get(MY).status_code == 200
