"""A supervisor takes a decided inquiry up again, with a reason that the applicant reads."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.catalogue.working_days import add_working_days
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import TEXT, desk_of, now, press
from tests.requests_app.people import user_named
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.usefixtures("handled")

officer = user_named("officer")
resident = user_named("resident")


@pytest.fixture
def supervisor(db):
    return factories.supervisor()


@pytest.fixture
def as_supervisor(supervisor):
    return signed_in_staff(supervisor)


def reopen(browser, inquiry, **fields):
    return press(browser, inquiry, "reopen", **fields)


@pytest.mark.parametrize("state", ["approved", "rejected", "closed"])
def test_reopened_inquiry_is_its_officers_again(handled_inquiry, as_supervisor, officer, state):
    inquiry = handled_inquiry(state)
    long_ago = timezone.localdate() - timedelta(days=90)
    Inquiry.objects.filter(pk=inquiry.pk).update(due_on=long_ago, look_again_since=timezone.now())

    page = reopen(as_supervisor, inquiry)

    assert notices_on(page) == ["The inquiry has been reopened, and the applicant is told."]
    after = now(inquiry)
    assert (after.status, after.outcome, after.processed_at) == ("under_processing", "", None)
    assert after.look_again_since is None
    assert after.assignee == officer
    days = inquiry.service.target_working_days
    assert after.due_on == add_working_days(timezone.localdate(), days)
    event = after.events.last()
    assert (event.event_type, event.role, event.from_status) == (
        "reopened",
        "officer",
        inquiry.status,
    )


def test_applicant_reads_the_reason(handled_inquiry, as_supervisor, resident):
    inquiry = handled_inquiry("closed")
    reopen(as_supervisor, inquiry, text="The fee was booked to another iqama.")
    page = words(signed_in(resident).get(page_of(inquiry)))
    assert "The fee was booked to another iqama." in page
    assert "Reopened" in page
    assert "Under processing" in page


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_officer_who_left_does_not_get_it_back(handled_inquiry, as_supervisor, officer, change):
    User.objects.filter(pk=officer.pk).update(**change)
    inquiry = handled_inquiry("approved")
    reopen(as_supervisor, inquiry)
    assert now(inquiry).status == "under_processing"
    assert now(inquiry).assignee is None


def test_second_click_reopens_once(handled_inquiry, supervisor):
    inquiry = handled_inquiry("approved")
    fields = {"expected_version": inquiry.version, "text": TEXT, "idempotency_key": uuid.uuid4()}
    for _click in range(2):
        after = actions.reopen(actor=supervisor, inquiry=now(inquiry), **fields)
        assert after.version == inquiry.version + 1
    assert inquiry.replies.filter(author=supervisor).count() == 1


def test_reason_is_required(handled_inquiry, as_supervisor):
    inquiry = handled_inquiry("approved")
    page = reopen(as_supervisor, inquiry, text="")
    assert notices_on(page) == ["Write why the inquiry is taken up again."]
    assert now(inquiry).status == "processed"


def test_refused_reason_stays_on_the_screen(handled_inquiry, as_supervisor):
    inquiry = handled_inquiry("approved")
    page = reopen(
        as_supervisor, inquiry, text="Kept as typed.", expected_version=inquiry.version - 1
    )
    assert page.context["reopen_form"]["text"].value() == "Kept as typed."
    assert page.context["note_form"]["text"].value() is None
    assert now(inquiry).status == "processed"


def test_withdrawn_inquiry_is_not_reopened_at_the_desk(handled_inquiry, supervisor, as_supervisor):
    inquiry = handled_inquiry("withdrawn")
    assert "reopen_form" not in as_supervisor.get(desk_of(inquiry)).context
    with pytest.raises(RuleViolation) as refused:
        actions.reopen(
            actor=supervisor,
            inquiry=inquiry,
            expected_version=inquiry.version,
            text=TEXT,
            idempotency_key=uuid.uuid4(),
        )
    assert refused.value.code == "withdrawn"
    assert now(inquiry).outcome == "withdrawn"


def test_officer_cannot_reopen(handled_inquiry, as_officer):
    inquiry = handled_inquiry("approved")
    assert "reopen_form" not in as_officer.get(desk_of(inquiry)).context
    reopen(as_officer, inquiry)
    assert now(inquiry).status == "processed"
