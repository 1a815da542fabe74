"""Pages of both services for somebody whose account has just taken a new mobile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import RESTRICTED_FOR, Recovery
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.conftest import notices_on, words
from tests.requests_app.people import TEXT

KEY = "00000000-0000-4000-8000-000000000001"
CLOSED = "The mobile of this account is new. So that nobody else can use it against you, this is"


def give_new_mobile(user, done_at):
    Recovery.objects.create(
        user=user,
        way=Recovery.Way.REGISTRY,
        status=Recovery.Status.DONE,
        new_mobile=user.mobile,
        done_at=done_at,
        restricted_until=done_at + RESTRICTED_FOR,
    )


@pytest.fixture
def clock(monkeypatch):
    clock = places.Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def test_reason_stands_in_place_of_withdrawing(resident, clock):
    older = factories.filed(resident)
    clock.now += timedelta(minutes=2)
    give_new_mobile(resident, clock.now)
    clock.now += timedelta(minutes=2)
    newer = factories.filed(resident)
    browser = verified(resident)
    page, way = f"/en/inquiries/{older.reference}/", f"/en/inquiries/{older.reference}/withdraw/"
    shown = browser.get(page)
    assert f"Withdraw this inquiry: {CLOSED}" in words(shown)
    assert way not in shown.content.decode()
    form = {"text": TEXT, "expected_version": older.version, "idempotency_key": KEY}
    for answer in (browser.get(way, follow=True), browser.post(way, form, follow=True)):
        assert answer.request["PATH_INFO"] == page
        assert notices_on(answer)[0].startswith(CLOSED)
    older.refresh_from_db()
    assert older.is_open
    free = browser.get(f"/en/inquiries/{newer.reference}/")
    assert CLOSED not in words(free)
    assert f"/en/inquiries/{newer.reference}/withdraw/" in free.content.decode()


def test_reason_stands_in_place_of_moving_cancelling_and_leaving_the_list(resident, clock):
    booked = places.confirmed(resident, slot=places.some_slot())
    places.wait(booked)
    offer = places.offered(booked)
    wish = places.wish(resident, factories.ServiceFactory())
    give_new_mobile(resident, clock.now + timedelta(seconds=1))
    clock.now += timedelta(seconds=2)
    browser = verified(resident)
    page = f"/en/appointments/{booked.reference}/"
    shown = browser.get(page)
    assert f"Move or cancel the appointment: {CLOSED}" in words(shown)
    for way in ("cancel/", "move/", "wait/stop/", f"offers/{offer.pk}/decline/"):
        assert way not in shown.content.decode(), way
    assert f"offers/{offer.pk}/accept/" in shown.content.decode()
    for way in ("cancel/", "move/", "move/day/"):
        answer = browser.get(f"{page}{way}", follow=True)
        assert answer.request["PATH_INFO"] == page
        assert notices_on(answer)[0].startswith(CLOSED), way
    for button in (f"{page}cancel/", f"/en/appointments/offers/{offer.pk}/decline/"):
        answer = browser.post(button, follow=True)
        assert notices_on(answer)[0].startswith(CLOSED), button
    booked.refresh_from_db()
    assert booked.is_confirmed

    waiting = f"/en/appointments/waiting/{wish.pk}/"
    shown = browser.get(waiting)
    assert f"Leave the waiting list: {CLOSED}" in words(shown)
    assert f"{waiting}stop/" not in shown.content.decode()


def test_a_time_that_is_merely_held_can_be_let_go(resident, clock):
    held = places.held(resident)
    give_new_mobile(resident, clock.now + timedelta(seconds=1))
    clock.now += timedelta(seconds=2)
    page = f"/en/appointments/{held.reference}/"
    browser = verified(resident)
    assert f"{page}cancel/" in browser.get(page).content.decode()
    browser.post(f"{page}cancel/")
    held.refresh_from_db()
    assert held.status == "cancelled"
