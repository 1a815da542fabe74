"""A supervisor passes an inquiry to another team, with a note."""

import uuid

import pytest

from core.catalogue.models import Service
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import (
    QUEUE,
    TEXT,
    desk_of,
    listed,
    now,
    press,
    sent_after_session_end,
)
from tests.requests_app.people import act
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor():
    return factories.supervisor()


@pytest.fixture
def receiver():
    """A supervisor of the team of passports."""
    return factories.supervisor()


@pytest.fixture
def inquiry(officer, supervisor, receiver):
    """An inquiry about a service of the team of visas, in the hands of the officer."""
    inquiry = factories.claimed(officer)
    factories.team("visas", inquiry.service, members=[officer, supervisor])
    factories.team("passports", factories.ServiceFactory(), members=[receiver])
    return now(inquiry)


def transfer(actor, inquiry, slug="passports", **changes):
    fields = {"expected_version": now(inquiry).version, "idempotency_key": uuid.uuid4(), **changes}
    team = factories.team(slug)
    return actions.transfer(actor=actor, inquiry=inquiry, team=team, text=TEXT, **fields)


def refusal(*given, **changes):
    with pytest.raises(RuleViolation) as refused:
        transfer(*given, **changes)
    return refused.value.code


@pytest.mark.both_engines
@pytest.mark.parametrize("event_types", [[], ["returned"], ["returned", "resubmitted"]])
def test_it_waits_in_the_queue_of_the_other_team_as_it_was(
    inquiry, officer, supervisor, receiver, event_types
):
    for event_type in event_types:
        actor = inquiry.applicant if event_type == "resubmitted" else officer
        inquiry = act(event_type, inquiry, actor)
    before = now(inquiry)
    after = transfer(supervisor, inquiry)
    assert (after.status, after.due_on, after.assignee) == (before.status, before.due_on, None)
    event, note = after.events.last(), after.replies.last()
    assert (event.event_type, event.actor, event.role) == ("transferred", supervisor, "officer")
    assert (note.kind, note.text, note.author) == ("note", TEXT, supervisor)
    theirs, ours = signed_in_staff(receiver), signed_in_staff(supervisor)
    queue = {"queue": "nobody", "status__exact": after.status}
    assert listed(theirs, **queue) == [after.reference]
    assert listed(ours, queue="all") == []
    assert TEXT in words(theirs.get(desk_of(after)))
    for browser in (ours, signed_in_staff(officer)):
        assert browser.get(desk_of(after)).status_code == 404


def test_the_page_leads_to_the_queue_and_a_second_click_too(inquiry, supervisor):
    browser = signed_in_staff(supervisor)
    page = browser.get(desk_of(inquiry))
    assert "Team Visas" in words(page)
    offered = page.context["transfer_form"].fields["team"].choices
    assert [key for key, _label in offered] == ["", "passports"]
    form = {"team": "passports", "idempotency_key": uuid.uuid4()}
    for _click in range(2):
        page = press(browser, inquiry, "transfer", **form)
        assert page.request["PATH_INFO"] == QUEUE
        assert notices_on(page) == ["The inquiry waits in the queue of the other team."]
    assert inquiry.replies.count() == 1


def test_the_applicant_is_told_nothing(inquiry, supervisor):
    browser = signed_in(inquiry.applicant)
    before = words(browser.get(page_of(inquiry)))
    transfer(supervisor, inquiry)
    assert words(browser.get(page_of(inquiry))) == before
    assert "Passed" not in words(browser.get(f"{page_of(inquiry)}handled/"))


def test_refusals(inquiry, officer, supervisor, receiver):
    assert refusal(officer, inquiry) == "not_supervisor"
    assert refusal(factories.of_role("auditor"), inquiry) == "not_officer"
    assert refusal(receiver, inquiry) == "other_team"
    assert refusal(supervisor, inquiry, "visas") == "team"
    assert refusal(supervisor, inquiry, expected_version=inquiry.version - 1) == "stale"
    Inquiry.objects.filter(pk=inquiry.pk).update(applicant=supervisor)
    assert refusal(supervisor, inquiry) == "own_case"
    Inquiry.objects.filter(pk=inquiry.pk).update(applicant=inquiry.applicant)
    transfer(supervisor, inquiry)
    assert refusal(receiver, inquiry) == "team"
    assert refusal(supervisor, inquiry, "visas") == "other_team"


@pytest.mark.parametrize("event_type", ["approved", "rejected", "withdrawn"])
def test_what_is_decided_stays_with_its_team(inquiry, officer, supervisor, event_type):
    actor = inquiry.applicant if event_type == "withdrawn" else officer
    inquiry = act(event_type, inquiry, actor)
    assert refusal(supervisor, inquiry) == "status"
    assert "transfer_form" not in signed_in_staff(supervisor).get(desk_of(inquiry)).context


def test_back_with_the_team_of_its_service_it_follows_the_service(inquiry, supervisor, receiver):
    transfer(supervisor, inquiry)
    assert now(inquiry).team == factories.team("passports")
    transfer(receiver, inquiry, "visas")
    assert now(inquiry).team is None
    Service.objects.filter(pk=inquiry.service_id).update(team=factories.team("passports"))
    assert listed(signed_in_staff(receiver), queue="all") == [inquiry.reference]
    assert listed(signed_in_staff(supervisor), queue="all") == []


def test_what_was_passed_stays_when_its_service_changes_team(inquiry, supervisor, receiver):
    transfer(supervisor, inquiry)
    factories.team("fees", inquiry.service)
    assert listed(signed_in_staff(receiver), queue="all") == [inquiry.reference]


def test_an_inquiry_of_every_team_is_given_to_one(inquiry, supervisor, receiver):
    Service.objects.filter(pk=inquiry.service_id).update(team=None)
    theirs, ours = signed_in_staff(receiver), signed_in_staff(supervisor)
    assert listed(theirs, queue="all") == listed(ours, queue="all") == [inquiry.reference]
    transfer(supervisor, inquiry)
    assert listed(theirs, queue="all") == [inquiry.reference]
    assert listed(ours, queue="all") == []


def test_what_is_wrong_is_said_and_what_was_typed_stays(inquiry, supervisor):
    browser = signed_in_staff(supervisor)
    for wrong, sentence in (
        ({"text": ""}, "Write why the other team gets it."),
        ({"team": ""}, "Choose a team."),
        ({"team": "nowhere"}, "There is no such team. Choose from the list."),
        ({"team": "visas"}, "This team works on the inquiry already. Choose another."),
    ):
        form = {"team": "passports", "text": "Kept as typed.", **wrong}
        page = press(browser, inquiry, "transfer", **form)
        assert notices_on(page) == [sentence]
        shown = page.context["transfer_form"]
        assert shown["text"].value() == form["text"], wrong
        assert shown["team"].value() == form["team"], wrong
    assert now(inquiry).team is None


def test_note_is_kept_when_the_session_has_ended(inquiry, supervisor):
    page, button = desk_of(inquiry), desk_of(inquiry, "transfer")
    shown = sent_after_session_end(supervisor, supervisor, page, button)
    assert shown.context["transfer_form"]["text"].value() == TEXT
    assert now(inquiry).team is None


@pytest.mark.parametrize("who", ["officer", "supervisor"])
def test_without_another_team_there_is_no_button(officer, supervisor, who):
    inquiry = factories.claimed(officer)
    factories.team("visas", inquiry.service, members=[officer, supervisor])
    person = {"officer": officer, "supervisor": supervisor}[who]
    page = signed_in_staff(person).get(desk_of(inquiry))
    assert "team" not in words(page).lower()
    assert "transfer_form" not in page.context
