"""The clock of an inquiry stands while it waits for its applicant, and ends what waits too long."""

import datetime
from datetime import timedelta

import pytest
from django.utils import timezone

from core.catalogue.models import Holiday
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from requests_app.models.answer_times import days_to_answer
from tests import factories
from tests.conftest import signed_in, signed_in_staff, words
from tests.requests_app.answers import at_noon
from tests.requests_app.desk_pages import desk_of, now
from tests.requests_app.people import act, after
from tests.requests_app.steps import page_of

# A Sunday: working days are Sunday to Thursday.
SUNDAY = datetime.date(2026, 11, 1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Let the clock stand at noon of a Sunday; return a function that moves it on by days."""
    moments = {"now": at_noon(SUNDAY)}
    monkeypatch.setattr(timezone, "now", lambda: moments["now"])

    def wait(days):
        moments["now"] += days * DAY

    return wait


@pytest.fixture
def service(db):
    return factories.ServiceFactory(target_working_days=5)


@pytest.fixture
def person(db):
    return factories.UserFactory(username="resident")


@pytest.fixture
def claimed(service, officer, person):
    return after(factories.filed(person, service=service), officer, "claimed")


def texts_about(inquiry):
    return list(Message.objects.about(inquiry.reference).values_list("text", flat=True))


@pytest.mark.both_engines
def test_clock_goes_on_where_the_return_has_stopped_it(clock, claimed, officer, person):
    assert claimed.due_on == SUNDAY + 7 * DAY
    clock(2)
    returned = act("returned", claimed, officer)
    assert (returned.days_left, returned.due_on) == (3, SUNDAY + 7 * DAY)
    clock(12)  # a Sunday again, eight working days later

    answered = act("resubmitted", returned, person)

    assert answered.due_on == SUNDAY + 17 * DAY  # Wednesday
    assert (answered.days_left, answered.days_waited) == (None, 8)
    assert (answered.ends_at, answered.remind_at) == (None, None)


def test_each_wait_is_added_and_no_answer_is_due_at_once(clock, claimed, officer, person):
    clock(21)
    inquiry = claimed
    for waited in (1, 2):
        inquiry = act("returned", inquiry, officer)
        assert inquiry.days_left == 1
        clock(1)
        inquiry = act("resubmitted", inquiry, person)
        assert inquiry.days_waited == waited
        assert inquiry.due_on == timezone.localdate() + DAY


def test_days_with_the_applicant_are_no_days_to_answer(clock, claimed, officer, person):
    clock(1)
    returned = act("returned", claimed, officer)
    clock(6)
    approved = after(act("resubmitted", returned, person), officer, "approved")
    times = days_to_answer(Inquiry.objects.filter(pk=approved.pk))
    assert times == {claimed.service_id: {1: 1}}


def test_desk_tells_the_age_and_what_is_left(clock, claimed, officer, person):
    clock(2)
    returned = act("returned", claimed, officer)
    page = words(signed_in_staff(officer).get(desk_of(returned)))
    assert "Age 2 working days" in page
    assert "Paused until the applicant answers 3 working days left; ends unanswered after" in page
    clock(5)
    act("resubmitted", returned, person)
    page = words(signed_in_staff(officer).get(desk_of(returned)))
    assert "Age 5 working days 3 of them with the applicant" in page
    assert "Paused" not in page
    Holiday.objects.create(day=SUNDAY + DAY, name="Founding Day")
    page = words(signed_in_staff(officer).get(desk_of(returned)))
    assert "Age 4 working days" in page


@pytest.mark.both_engines
def test_return_ends_after_thirty_days_without_an_answer(clock, claimed, officer, person):
    returned = act("returned", claimed, officer)
    clock(30)
    assert actions.end_inquiries() == 0
    answer = words(signed_in(person).get(f"{page_of(returned)}answer/"))
    assert "You can answer until Tuesday 1 December 2026 CE" in answer

    clock(1)
    assert actions.end_inquiries() == 1
    assert actions.end_inquiries() == 0

    ended = now(returned)
    assert (ended.status, ended.outcome) == ("closed", "unanswered")
    assert (ended.ends_at, ended.remind_at, ended.days_left) == (None, None, None)
    event = ended.events.last()
    assert (event.event_type, event.role, event.actor) == ("unanswered", "portal", None)
    assert texts_about(ended)[-1] == (
        f"Tawasul: your inquiry {ended.reference} has ended, as we had no answer from you in time. "
        "You can file a new one."
    )
    page = words(signed_in(person).get(page_of(ended)))
    assert "Ended without an answer from the applicant" in page
    assert not Inquiry.objects.answered_on(SUNDAY, timezone.localdate()).exists()


def test_person_it_is_about_is_told_of_the_end(clock, officer, person):
    worker = factories.UserFactory()
    factories.link(person.identity, worker.identity)
    returned = after(
        factories.filed(person, beneficiary=worker.identity), officer, "claimed", "returned"
    )
    clock(31)
    actions.end_inquiries()
    told = Message.objects.about(returned.reference).filter(recipient=str(worker.mobile))
    assert "has ended without an answer." in told.last().text


def test_supervisor_reopens_what_ended_unanswered(clock, claimed, officer):
    act("returned", claimed, officer)
    clock(31)
    actions.end_inquiries()
    supervisor = factories.supervisor()
    page = signed_in_staff(supervisor).get(desk_of(claimed))
    assert "The inquiry goes on, with a new due date." in words(page)

    reopened = act("reopened", now(claimed), supervisor)

    assert (reopened.status, reopened.outcome) == ("under_processing", "")
    assert reopened.due_on > timezone.localdate()


def test_answer_in_time_keeps_it_open(clock, claimed, officer, person):
    returned = act("returned", claimed, officer)
    clock(30)
    act("resubmitted", returned, person)
    clock(30)
    assert actions.end_inquiries() == 0
    assert now(returned).status == "returned_by_applicant"


@pytest.mark.both_engines
def test_processed_inquiry_closes_by_itself_without_a_text(clock, claimed, officer, person):
    approved = act("approved", claimed, officer)
    told = texts_about(approved)
    page = words(signed_in(person).get(page_of(approved)))
    assert "Next: the inquiry closes by itself after Sunday 15 November 2026 CE" in page
    clock(14)
    assert actions.end_inquiries() == 0

    clock(1)
    assert actions.end_inquiries() == 1

    closed = now(approved)
    assert (closed.status, closed.outcome, closed.ends_at) == ("closed", "approved", None)
    event = closed.events.last()
    assert (event.event_type, event.role) == ("closed", "portal")
    assert texts_about(closed) == told


def test_days_are_settings(clock, claimed, officer, settings):
    settings.INQUIRIES = {"RETURN_DAYS": 15, "CLOSING_DAYS": 1}
    returned = act("returned", claimed, officer)
    assert returned.last_day == SUNDAY + 15 * DAY
    clock(16)
    assert actions.end_inquiries() == 1


def test_one_that_fails_does_not_keep_the_others(clock, claimed, officer, person, monkeypatch):
    others = after(factories.filed(factories.UserFactory()), officer, "claimed", "returned")
    act("returned", claimed, officer)
    clock(31)
    move = actions.chores.move

    def fail_for_one(inquiry, *args, **kwargs):
        if inquiry.pk == claimed.pk:
            raise ValueError("this one")
        return move(inquiry, *args, **kwargs)

    monkeypatch.setattr(actions.chores, "move", fail_for_one)
    with pytest.raises(ValueError, match="this one"):
        actions.end_inquiries()
    assert now(others).outcome == "unanswered"
    assert now(claimed).status == "returned_to_applicant"
