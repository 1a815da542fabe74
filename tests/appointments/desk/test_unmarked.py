"""Who was checked in and never marked is on the manager's list, and counts as served in the end."""

import datetime
import re

import pytest

from appointments.actions import check_in, settle, settle_past
from appointments.models import Appointment
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import LIST, desk_of, press, rows
from tests.appointments.places import (
    HOUR,
    ON_SUNDAY,
    SUNDAY,
    TUESDAY,
    event_types,
    refused,
    status_of,
)
from tests.conftest import notices_on, signed_in_staff, words

pytestmark = pytest.mark.django_db

Status = Appointment.Status
UNMARKED = f"{LIST}unmarked/"
NOT_MANAGER = "Only a manager of this office says what became of this appointment."


@pytest.fixture
def manager(office):
    return places.manager(office)


@pytest.fixture
def left(clerk, slot, clock):
    """Return an appointment that was checked in today, and left unmarked by the night."""
    appointment = places.confirmed(slot=slot)
    check_in(actor=clerk, appointment=appointment)
    clock.now = slot.end + 12 * HOUR
    settle_past()
    assert status_of(appointment) == Status.UNMARKED
    return appointment


def test_unmarked_gives_its_place_back_and_keeps_nobody_from_booking(left, slot):
    assert places.taken(slot) == 0
    assert event_types(left)[-1] == "unmarked"
    later = places.slot(TUESDAY, of=slot.window)
    assert places.confirmed(left.user, slot=later, service=left.service).is_confirmed


def test_manager_says_what_became_of_each(manager, left, slot):
    other = places.in_status(Status.UNMARKED, slot=places.slot(SUNDAY, "23:45", of=slot.window))
    browser = signed_in_staff(manager)
    page = browser.get(UNMARKED)
    assert list(rows(page)) == [left.pk, other.pk]
    assert rows(page)[left.pk] == (
        f"10:00 Mohammed Aslam Khan {grouped_reference(left.reference)} Sunday {ON_SUNDAY} "
        "Services for residents · Al-Rimal Was served Left without being served"
    )
    done = press(browser, left, "was-served", next=UNMARKED)
    assert notices_on(done) == ["The appointment is marked as served."]
    assert list(rows(done)) == [other.pk]
    assert "Was served" in words(browser.get(desk_of(other)))
    done = press(browser, other, "left", next=UNMARKED)
    assert notices_on(done) == ["The appointment is marked as missed."]
    assert "Nobody is left unmarked." in words(done)
    assert [status_of(each) for each in (left, other)] == [Status.SERVED, Status.NO_SHOW]
    last = left.events.last()
    assert (last.event_type, last.actor) == ("served", manager)
    assert event_types(other)[-1] == "no_show"


def test_second_click_settles_nothing_more(manager, left):
    for _click in range(2):
        settle(actor=manager, appointment=left, outcome=Status.SERVED)
    assert event_types(left)[-2:] == ["unmarked", "served"]
    assert refused(settle, actor=manager, appointment=left, outcome=Status.NO_SHOW) == (
        "This cannot be done: the appointment is “Served”."
    )


def test_only_managers_of_the_office_settle(clerk, left, elsewhere):
    strangers = (clerk, places.manager(elsewhere.office), factories.OfficerFactory())
    for actor in strangers:
        given = {"actor": actor, "appointment": left, "outcome": Status.SERVED}
        assert refused(settle, **given) == NOT_MANAGER
    browser = signed_in_staff(clerk)
    assert browser.get(UNMARKED).status_code == 403
    assert "Was served" not in words(browser.get(desk_of(left)))
    assert notices_on(press(browser, left, "was-served")) == [NOT_MANAGER]
    assert list(rows(signed_in_staff(strangers[1]).get(UNMARKED))) == []


def test_manager_does_not_settle_their_own(office, left):
    mine = places.manager(office)
    mine.identity = left.attendee
    left.user.identity = None
    left.user.save(update_fields=["identity"])
    mine.save(update_fields=["identity"])
    assert list(rows(signed_in_staff(mine).get(UNMARKED))) == []
    given = {"actor": mine, "appointment": left, "outcome": Status.SERVED}
    assert refused(settle, **given) == NOT_MANAGER


def test_unanswered_counts_as_served_after_seven_days(left, slot, clock):
    clock.now = slot.end + 12 * HOUR + datetime.timedelta(days=7) - places.SECOND
    assert (settle_past(), status_of(left)) == (0, Status.UNMARKED)
    clock.now += places.SECOND
    assert (settle_past(), status_of(left)) == (1, Status.SERVED)
    assert settle_past() == 0
    last = left.events.last()
    assert (last.event_type, last.role, last.actor) == ("served", "portal", None)
    assert places.taken(slot) == 0


def test_first_page_counts_them_for_managers_alone(clerk, manager, left):
    counted = re.compile(r"1 Checked in and not marked since")
    home = signed_in_staff(manager).get("/en/staff/")
    assert counted.search(words(home))
    assert f'href="{UNMARKED}"' in home.content.decode()
    assert not counted.search(words(signed_in_staff(clerk).get("/en/staff/")))


def test_today_shows_who_was_left_unmarked(clerk, left):
    """It is a quarter past ten in the evening, and the office may still be open."""
    shown = rows(signed_in_staff(clerk).get(f"{LIST}today/"))
    assert shown[left.pk].endswith("Not marked")
