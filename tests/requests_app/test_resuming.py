"""An inquiry that was withdrawn is taken up again by those whose it is, within a week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.catalogue.working_days import add_working_days
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, signed_in, words
from tests.requests_app.desk_pages import now
from tests.requests_app.people import act, after, user_named
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.usefixtures("handled")
DAY = timedelta(days=1)

officer = user_named("officer")
resident = user_named("resident")


@pytest.fixture
def withdrawn(handled_inquiry, officer, resident):
    """Return an inquiry that was withdrawn while the officer had it."""
    return after(handled_inquiry("claimed"), officer, "withdrawn")


def withdrawn_ago(inquiry, **time):
    Inquiry.objects.filter(pk=inquiry.pk).update(processed_at=timezone.now() - timedelta(**time))
    return now(inquiry)


def resumed_by(browser, inquiry, version=None):
    fields = {"expected_version": inquiry.version if version is None else version}
    return browser.post(page_of(inquiry, "resume"), fields, follow=True)


@pytest.mark.both_engines
def test_withdrawn_inquiry_goes_on_with_its_officer(withdrawn, as_resident, resident, officer):
    Inquiry.objects.filter(pk=withdrawn.pk).update(due_on=timezone.localdate() - 90 * DAY)
    page = as_resident.get(page_of(withdrawn))
    assert page_of(withdrawn, "resume") in page.content.decode()
    question = words(as_resident.get(page_of(withdrawn, "resume")))
    assert "You have withdrawn it. If you take it up again, an officer goes on with it" in question

    page = resumed_by(as_resident, withdrawn)

    assert notices_on(page) == ["The inquiry goes on."]
    after_it = now(withdrawn)
    assert (after_it.status, after_it.outcome) == ("under_processing", "")
    assert (after_it.processed_at, after_it.assignee) == (None, officer)
    days = withdrawn.service.target_working_days
    assert after_it.due_on == add_working_days(timezone.localdate(), days)
    event = after_it.events.last()
    assert (event.event_type, event.role, event.actor) == ("resumed", "applicant", resident)
    assert "Taken up again by the applicant" in words(page)
    assert Message.objects.about(withdrawn.reference).order_by("pk").last().text == (
        f"Tawasul: your inquiry {withdrawn.reference} goes on, as you asked. "
        "We will text you when it is answered."
    )


def test_person_it_is_about_is_told(resident):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    factories.let_a_minute_pass(resident)
    inquiry = act("withdrawn", factories.filed(resident, beneficiary=worker.identity), resident)
    act("resumed", inquiry, resident)
    told = Message.objects.about(inquiry.reference).filter(recipient=str(worker.mobile))
    assert f"has taken up inquiry {inquiry.reference} for" in told.order_by("pk").last().text


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_officer_who_left_does_not_get_it_back(withdrawn, resident, officer, change):
    User.objects.filter(pk=officer.pk).update(**change)
    assert act("resumed", now(withdrawn), resident).assignee is None


def test_second_click_takes_it_up_once(withdrawn, as_resident):
    for _click in range(2):
        page = resumed_by(as_resident, withdrawn)
        assert notices_on(page) == ["The inquiry goes on."]
    assert now(withdrawn).version == withdrawn.version + 1


def test_note_of_an_officer_is_no_conflict(withdrawn, as_resident, officer):
    act("noted", withdrawn, officer)
    page = resumed_by(as_resident, withdrawn)
    assert notices_on(page) == ["The inquiry goes on."]


def test_it_goes_on_until_the_end_of_the_seventh_day(withdrawn, as_resident, resident):
    withdrawn_ago(withdrawn, days=7)
    last_day = words(as_resident.get(page_of(withdrawn)))
    assert "You can take it up again until" in last_day

    too_late = withdrawn_ago(withdrawn, days=8)

    assert "You can take it up again until" not in words(as_resident.get(page_of(withdrawn)))
    assert as_resident.get(page_of(withdrawn, "resume")).status_code == 302
    with pytest.raises(RuleViolation) as refused:
        act("resumed", too_late, resident)
    assert refused.value.code == "too_late"
    page = resumed_by(as_resident, too_late)
    assert notices_on(page) == ["This inquiry was withdrawn too long ago. Please file a new one."]
    assert now(withdrawn).status == "closed"


def test_days_are_a_setting(withdrawn, settings):
    settings.INQUIRIES = {**settings.INQUIRIES, "RESUME_DAYS": 1}
    assert withdrawn.resume_by == timezone.localdate() + DAY


def test_what_ended_unanswered_is_not_taken_up_by_its_applicant(handled_inquiry, as_resident):
    returned = handled_inquiry("returned")
    Inquiry.objects.filter(pk=returned.pk).update(ends_at=timezone.now())
    actions.end_inquiries()
    page = resumed_by(as_resident, now(returned))
    assert notices_on(page) == ["This cannot be done while the inquiry is “Closed”."]
    assert now(returned).outcome == "unanswered"


def test_stranger_finds_nothing(withdrawn):
    browser = signed_in(factories.UserFactory())
    assert browser.get(page_of(withdrawn, "resume")).status_code == 404
    assert resumed_by(browser, withdrawn).status_code == 404
    assert now(withdrawn).status == "closed"
