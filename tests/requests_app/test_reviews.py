"""The applicant asks for a review of a rejection, and a supervisor who did not make it decides."""

import uuid
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
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, TEXT, answer, desk_of, now, press
from tests.requests_app.people import act, after, user_named
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.usefixtures("handled")
DAY = timedelta(days=1)
KEPT = "This is a review. Only a supervisor who did not reject the inquiry decides it."
SENT = "Your request for a review has been sent."

officer = user_named("officer")
resident = user_named("resident")


@pytest.fixture
def rejected(handled_inquiry):
    return handled_inquiry("rejected")


@pytest.fixture
def review(rejected, resident):
    return act("review_asked", rejected, resident)


@pytest.fixture
def supervisor(db):
    return factories.supervisor()


@pytest.fixture
def as_supervisor(supervisor):
    return signed_in_staff(supervisor)


def ask(browser, inquiry, **fields):
    fields = {"text": TEXT, "idempotency_key": uuid.uuid4(), **fields}
    fields = {"expected_version": now(inquiry).version, **fields}
    return browser.post(page_of(inquiry, "ask-for-review"), fields, follow=True)


def fresh(user):
    """Return the user with the permissions of now."""
    return User.objects.get(pk=user.pk)


def promoted(officer):
    return fresh(factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry"))


def refusal_of(deed, *args, **kwargs):
    with pytest.raises(RuleViolation) as refused:
        deed(*args, **kwargs)
    return refused.value.code


# The applicant


@pytest.mark.both_engines
def test_review_of_a_rejection_goes_to_the_queue(rejected, as_resident, resident, officer):
    page = as_resident.get(page_of(rejected))
    assert "If you do not agree, you can ask for a review until" in words(page)
    assert page_of(rejected, "ask-for-review") in page.content.decode()

    page = ask(as_resident, rejected, text="The fee was paid under my old iqama.")

    assert notices_on(page) == [SENT]
    assert "The fee was paid under my old iqama." in words(page)
    assert "This is a review" in words(page)
    review = now(rejected)
    assert (review.status, review.outcome) == ("under_processing", "")
    assert (review.assignee, review.rejected_by, review.processed_at) == (None, officer, None)
    days = review.service.target_working_days
    assert review.due_on == add_working_days(timezone.localdate(), days)
    event = review.events.last()
    assert (event.event_type, event.role, event.actor) == ("review_asked", "applicant", resident)
    assert Message.objects.about(review.reference).order_by("pk").last().text == (
        f"Tawasul: we have received your request for a review of inquiry {review.reference}. "
        "A supervisor decides it anew, and we text you."
    )


def test_person_it_is_about_is_told(resident, officer):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    factories.let_a_minute_pass(resident)
    filed = factories.filed(resident, beneficiary=worker.identity)
    after(filed, officer, "claimed", "rejected", "review_asked")
    told = Message.objects.about(filed.reference).filter(recipient=str(worker.mobile))
    asked = f"has asked for a review of inquiry {filed.reference} for"
    assert asked in told.order_by("pk").last().text


def test_closed_rejection_is_reviewed_too(rejected, officer, resident):
    closed = act("closed", rejected, officer)
    assert act("review_asked", closed, resident).is_review


@pytest.mark.parametrize("state", ["approved", "closed", "withdrawn"])
def test_only_a_rejection_is_reviewed(handled_inquiry, as_resident, state):
    inquiry = handled_inquiry(state)
    assert "ask for a review" not in words(as_resident.get(page_of(inquiry)))
    assert as_resident.get(page_of(inquiry, "ask-for-review")).status_code == 302
    page = ask(as_resident, inquiry)
    assert notices_on(page)[0].startswith("This cannot be done while the inquiry is")
    assert now(inquiry).version == inquiry.version


def test_thirty_days_are_whole_days(rejected, as_resident, resident):
    def rejected_ago(days):
        then = timezone.now() - days * DAY
        Inquiry.objects.filter(pk=rejected.pk).update(processed_at=then)
        return now(rejected)

    assert rejected_ago(30).can_be_reviewed
    too_late = rejected_ago(31)
    assert "If you do not agree" not in words(as_resident.get(page_of(rejected)))
    assert refusal_of(act, "review_asked", too_late, resident) == "too_late"
    page = ask(as_resident, rejected)
    assert notices_on(page) == [
        "This inquiry was rejected too long ago for a review. Please file a new one."
    ]
    assert page.context["form"]["text"].value() == TEXT


def test_days_are_a_setting(rejected, settings):
    settings.INQUIRIES = {**settings.INQUIRIES, "REVIEW_DAYS": 2}
    assert rejected.review_by == timezone.localdate() + 2 * DAY


def test_second_click_asks_once(rejected, as_resident):
    key, version = uuid.uuid4(), rejected.version
    for _click in range(2):
        page = ask(as_resident, rejected, idempotency_key=key, expected_version=version)
        assert notices_on(page) == [SENT]
    assert now(rejected).version == version + 1


def test_reason_is_required(rejected, as_resident):
    page = ask(as_resident, rejected, text=" ")
    assert errors_on(page) == ["Write why the inquiry should be decided anew."]
    assert now(rejected).status == "processed"


def test_another_rejection_can_be_reviewed_by_a_third(review, supervisor, resident):
    again = after(review, supervisor, "claimed", "rejected")
    assert (again.outcome, again.rejected_by) == ("rejected", None)
    second = act("review_asked", again, resident)
    assert second.rejected_by == supervisor
    assert refusal_of(act, "claimed", second, supervisor) == "review"


# The desk


@pytest.mark.both_engines
def test_only_another_supervisor_decides_it(review, supervisor, officer, resident):
    officer = promoted(officer)
    colleague = factories.OfficerFactory()
    for each in (officer, colleague):
        assert refusal_of(act, "claimed", review, each) == "review"
        given = {"officer": each}
        assert refusal_of(act, "assigned", review, supervisor, **given) == "officer"
        assert now(review).assignee is None

    approved = after(review, supervisor, "claimed", "approved")

    assert (approved.outcome, approved.rejected_by) == ("approved", None)


def test_supervisor_who_rejected_it_gives_it_to_another(review, supervisor, officer):
    officer = promoted(officer)
    assert act("assigned", review, officer, officer=supervisor).assignee == supervisor


@pytest.mark.parametrize("deed", ["replied", "returned", "approved", "rejected"])
def test_officer_who_is_no_supervisor_any_more_answers_nothing(review, supervisor, deed):
    taken = act("claimed", review, supervisor)
    officer = fresh(factories.permit(supervisor, "triage_inquiry", "view_inquiry"))
    assert refusal_of(act, deed, taken, officer) == "review"
    assert now(review).version == taken.version


@pytest.mark.both_engines
def test_next_passes_it_over_for_who_may_not_decide_it(review, supervisor, officer):
    Inquiry.objects.filter(pk=review.pk).update(due_on=timezone.localdate() - 90 * DAY)
    officer = promoted(officer)
    for each in (officer, factories.OfficerFactory()):
        assert actions.take_next(actor=each) != review
    assert actions.take_next(actor=supervisor) == review


def test_desk_offers_it_to_another_supervisor_alone(review, as_officer, as_supervisor, officer):
    name = officer.get_short_name()
    said = f"The applicant has asked for a review: {name} has rejected this inquiry."
    for browser, can_claim in ((as_officer, False), (as_supervisor, True)):
        page = browser.get(desk_of(review))
        assert said in words(page)
        assert page.context["can_claim"] is can_claim
    assert notices_on(press(as_officer, review, "claim"))[0] == KEPT
    press(as_supervisor, review, "claim")
    page = answer(as_supervisor, review, "approve")
    assert notices_on(page) == ["The inquiry has been approved."]
    assert said not in words(page)


def test_supervisors_find_reviews_on_the_first_page_and_in_the_queue(
    review, as_supervisor, as_officer
):
    address = f"{QUEUE}?queue=all&amp;review=yes"
    assert address in as_supervisor.get("/en/staff/").content.decode()
    assert address not in as_officer.get("/en/staff/").content.decode()
    page = as_supervisor.get(f"{QUEUE}?queue=all&review=yes")
    assert [each.pk for each in page.context["cl"].result_list] == [review.pk]
    assert "Under processing, a review" in words(page)


def test_withdrawn_review_stays_one_when_it_is_resumed(review, resident, officer):
    resumed = after(review, officer, "withdrawn", "resumed")
    assert resumed.rejected_by == officer


def test_rejection_of_a_review_needs_no_second_officer(review, supervisor, settings):
    settings.SECOND_READING_PERCENT = 100
    again = after(review, supervisor, "claimed", "rejected")
    assert again.outcome == "rejected"
