"""The next inquiry: the most urgent one that waits for an officer, from one button."""

import datetime

import pytest
from django.utils import timezone

from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.appointments.places import refused
from tests.conftest import notices_on, signed_in_staff
from tests.requests_app.desk_pages import QUEUE

pytestmark = pytest.mark.django_db

NOTHING = "No inquiry waits for an officer."
NEXT = f"{QUEUE}next/"


def filed(days, **fields):
    inquiry = factories.filed()
    due_on = timezone.localdate() + datetime.timedelta(days=days)
    Inquiry.objects.filter(pk=inquiry.pk).update(due_on=due_on, **fields)
    return inquiry


@pytest.mark.both_engines
def test_the_most_urgent_that_nobody_has_is_handed_out(officer):
    late, soon = filed(5), filed(1)
    filed(0, assignee=factories.OfficerFactory())
    filed(0, status="processed", outcome="approved")
    for expected in (soon, late):
        taken = actions.take_next(actor=officer)
        assert (taken, taken.assignee) == (expected, officer)
        assert list(taken.events.values_list("event_type", flat=True))[-1] == "claimed"
    assert refused(actions.take_next, actor=officer) == NOTHING


def test_nobody_is_handed_their_own_case_or_one_without_the_right(officer):
    resident = factories.UserFactory(is_staff=True)
    inquiry = factories.filed(resident)
    factories.permit(resident, "view_inquiry", "triage_inquiry")
    assert refused(actions.take_next, actor=resident) == NOTHING
    with pytest.raises(RuleViolation, match="not_officer"):
        actions.take_next(actor=factories.UserFactory())
    assert actions.take_next(actor=officer) == inquiry


def test_one_button_takes_and_opens_it(officer):
    inquiry = filed(1)
    browser = signed_in_staff(officer)
    assert "Take the most urgent inquiry" in browser.get(QUEUE).content.decode()
    page = browser.post(NEXT, follow=True)
    assert page.request["PATH_INFO"] == f"{QUEUE}{inquiry.pk}/change/"
    assert "Take the most urgent inquiry" in page.content.decode()
    page = browser.post(NEXT, follow=True)
    assert (page.request["PATH_INFO"], notices_on(page)) == (QUEUE, [NOTHING])
