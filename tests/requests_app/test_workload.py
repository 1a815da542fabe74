"""What each officer has in hand, and handing it back to the queue while they are away."""

import datetime

import pytest
from django.utils import timezone

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.appointments.places import refused
from tests.conftest import notices_on, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE
from tests.requests_app.people import act

pytestmark = pytest.mark.django_db

WORKLOAD = f"{QUEUE}workload/"


@pytest.fixture
def supervisor():
    return factories.supervisor()


@pytest.fixture
def in_hand(officer):
    """Three open inquiries of the officer, one of which waits for its applicant, and one closed."""
    inquiries = [factories.claimed(officer) for _inquiry in range(4)]
    act("returned", inquiries[2], officer)
    act("approved", inquiries[3], officer)
    return inquiries


@pytest.mark.both_engines
def test_all_that_is_open_waits_in_the_queue_again(officer, supervisor, in_hand):
    other = factories.claimed(factories.OfficerFactory())
    assert actions.hand_over(actor=supervisor, officer=officer) == 3
    assignees = [Inquiry.objects.get(pk=each.pk).assignee for each in (*in_hand, other)]
    assert assignees == [None, None, None, officer, other.assignee]
    told = in_hand[0].events.last()
    assert (told.event_type, told.actor) == ("handed_back", supervisor)
    assert actions.hand_over(actor=supervisor, officer=officer) == 0


def test_the_supervisors_own_case_stays(officer, supervisor, in_hand):
    Inquiry.objects.filter(pk=in_hand[0].pk).update(applicant=supervisor)
    assert actions.hand_over(actor=supervisor, officer=officer) == 2
    assert Inquiry.objects.get(pk=in_hand[0].pk).assignee == officer


def test_officers_hand_nothing_over(officer, in_hand):
    colleague = factories.OfficerFactory()
    sentence = "Only supervisors give inquiries to others."
    assert refused(actions.hand_over, actor=colleague, officer=officer) == sentence
    assert signed_in_staff(colleague).get(WORKLOAD).status_code == 403


def test_page_counts_and_one_button_hands_back(officer, supervisor, in_hand):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Inquiry.objects.filter(pk=in_hand[0].pk).update(due_on=yesterday)
    browser = signed_in_staff(supervisor)
    name = officer.get_short_name()
    assert f"{name} 3 open inquiries · 1 overdue Hand back to the queue" in words(
        browser.get(WORKLOAD)
    )
    page = browser.post(WORKLOAD, {"officer": officer.pk}, follow=True)
    assert notices_on(page) == [f"3 inquiries of {name} wait in the queue again."]
    assert f"{name} 0 open inquiries" in words(page)
    for wrong, status in (("x", 400), ("", 400), ("99999999", 404), (supervisor.pk * 10**9, 404)):
        assert browser.post(WORKLOAD, {"officer": wrong}).status_code == status
