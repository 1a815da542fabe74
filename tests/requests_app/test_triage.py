"""The buttons of the desk: which roles see them, their effects and messages, and refusals."""

import re
import uuid
from itertools import product

import pytest
from django.db import connection

from core.accounts.models import User
from core.exceptions import RuleViolation
from core.references import grouped_reference
from requests_app import actions
from requests_app.forms import officers
from requests_app.models import Reply
from tawasul.portal.actions import add_staff
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, TEXT, answer, buttons_on, desk_of, now, press
from tests.requests_app.people import act, user_named
from tests.requests_app.refusals import changed
from tests.requests_app.steps import form_on, page_of
from tests.worlds import undone

pytestmark = pytest.mark.usefixtures("handled")

NOT_AN_OFFICER = "This account may not work on inquiries. Choose another."
BUTTONS = ["claim", "release", "close", "assign", "reopen", "note"]
ANSWER = ["Preview", "Answer and keep open", "Return to the applicant", "Approve", "Reject"]
CLAIM, RELEASE, CLOSE = "Assign to me", "Return to the queue", "Close the inquiry"
ASSIGN, REOPEN, NOTE = "Assign", "Reopen", "Add the note"
# The buttons on the desk of an inquiry: for the officer who has or had it, for another officer,
# and for a supervisor.
SEEN = {
    "queue": ([CLAIM, NOTE], [CLAIM, NOTE], [CLAIM, ASSIGN, NOTE]),
    "claimed": ([*ANSWER, RELEASE, NOTE], [NOTE], [ASSIGN, NOTE]),
    "returned": ([NOTE], [NOTE], [NOTE]),
    "answered": ([*ANSWER, RELEASE, NOTE], [NOTE], [ASSIGN, NOTE]),
    "answered, released": ([CLAIM, NOTE], [CLAIM, NOTE], [CLAIM, ASSIGN, NOTE]),
    "approved": ([CLOSE, NOTE], [CLOSE, NOTE], [CLOSE, REOPEN, NOTE]),
    "rejected": ([CLOSE, NOTE], [CLOSE, NOTE], [CLOSE, REOPEN, NOTE]),
    "closed": ([NOTE], [NOTE], [REOPEN, NOTE]),
    "withdrawn": ([NOTE], [NOTE], [NOTE]),
}


def status_on(page):
    return words(re.search(r'(?s)<p class="facts">.*?</p>', page.content.decode())[0])


def assigned_on(page):
    return re.search(r"Assigned to (Nobody yet|\S+)", words(page))[1]


officer = user_named("officer")
resident = user_named("resident")
colleague = user_named("colleague")


@pytest.fixture
def as_colleague(colleague):
    return signed_in_staff(colleague)


@pytest.fixture
def supervisor(db):
    return factories.supervisor()


@pytest.fixture
def as_supervisor(supervisor):
    return signed_in_staff(supervisor)


@pytest.fixture
def with_every_button(as_officer, officer):
    """Return the browser of the officer, who is a supervisor, too."""
    factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry")
    return as_officer


@pytest.fixture
def queued(handled_inquiry):
    return handled_inquiry("queue")


@pytest.fixture
def mine(handled_inquiry):
    return handled_inquiry("claimed")


# Buttons by role


def test_each_role_sees_its_buttons(handled_inquiry, as_officer, as_colleague, as_supervisor):
    for state, shown in SEEN.items():
        address = desk_of(handled_inquiry(state))
        everybody = (as_officer, as_colleague, as_supervisor)
        buttons = [buttons_on(browser.get(address)) for browser in everybody]
        # The one that leads on is there whatever has become of this inquiry.
        assert {each.pop(0) for each in buttons} == {"Take the most urgent inquiry"}, state
        assert tuple(buttons) == shown, state


# Effects and messages


def test_released_inquiry_can_be_claimed_by_another(as_officer, as_colleague, officer, mine):
    told = "This inquiry is not assigned to you. Assign it to yourself first."
    assert notices_on(press(as_colleague, mine, "release")) == [told]
    assert now(mine).assignee == officer
    page = press(as_officer, mine, "release")
    assert notices_on(page) == ["The inquiry is in the queue again."]
    assert assigned_on(page) == "Nobody yet"
    page = press(as_colleague, mine, "claim")
    assert notices_on(page) == ["The inquiry is assigned to you. You can answer it now."]
    assert assigned_on(page) == "colleague"


def test_only_the_assigned_officer_can_answer(
    handled_inquiry, as_supervisor, as_officer, as_colleague, colleague
):
    for state in ("queue", "claimed", "answered"):
        inquiry = handled_inquiry(state)
        with undone():
            page = press(as_supervisor, inquiry, "assign", officer=colleague.pk)
            assert notices_on(page) == ["The inquiry has been assigned."], state
            assert assigned_on(page) == "colleague", state
            assert "Assigned by a supervisor · officer-" in words(page), state
            assert desk_of(inquiry) in as_colleague.get(QUEUE).content.decode(), state
            assert desk_of(inquiry) not in as_officer.get(QUEUE).content.decode(), state
            answer(as_officer, inquiry, "approve")
            assert now(inquiry).outcome == "", state
            page = answer(as_colleague, inquiry, "approve")
            assert notices_on(page) == ["The inquiry has been approved."], state


def test_return_waits_for_the_applicant(
    handled_inquiry, as_officer, as_colleague, as_resident, mine
):
    page = answer(as_officer, mine, "return")
    assert notices_on(page) == ["The inquiry has been returned to the applicant."]
    assert status_on(page) == f"{grouped_reference(mine.reference)} Returned to applicant"
    assert TEXT in words(as_resident.get(page_of(mine)))
    assert desk_of(mine) not in as_officer.get(QUEUE).content.decode()

    answered = handled_inquiry("answered")
    assert desk_of(answered) in as_officer.get(QUEUE).content.decode()
    assert desk_of(answered) not in as_colleague.get(QUEUE).content.decode()
    assert notices_on(answer(as_officer, answered, "reject")) == ["The inquiry has been rejected."]


def test_any_officer_closes_decided_inquiry(handled_inquiry, as_colleague, as_resident):
    for outcome in ("approved", "rejected"):
        inquiry = handled_inquiry(outcome)
        page = press(as_colleague, inquiry, "close")
        assert notices_on(page) == ["The inquiry has been closed."], outcome
        shown = f"{grouped_reference(inquiry.reference)} {outcome.capitalize()}"
        assert status_on(page) == shown
        assert now(inquiry).status == "closed", outcome
        assert shown in words(as_resident.get(page_of(inquiry)))


def test_note_is_added_anytime_and_hidden_from_applicant(
    handled_inquiry, as_colleague, as_resident
):
    for state in SEEN:
        inquiry = handled_inquiry(state)
        as_colleague.get(desk_of(inquiry))  # which the applicant reads, unlike the note
        before = words(as_resident.get(page_of(inquiry)))
        page = press(as_colleague, inquiry, "note", text="Ask the bank.\nThen call back.")
        assert notices_on(page) == ["The note has been added."], state
        assert "internal note · colleague · " in words(page), state
        assert "Ask the bank. Then call back." in words(page), state
        after = now(inquiry)
        assert (after.status, after.outcome) == (inquiry.status, inquiry.outcome), state
        assert words(as_resident.get(page_of(inquiry))) == before, state


def test_refused_note_is_kept_in_form(as_officer, queued):
    for text in ("", " \n ", "\u200d\u0640\u3164"):
        assert notices_on(press(as_officer, queued, "note", text=text)) == ["Write the note."]
    page = press(as_officer, queued, "note", text="a" * 4001)
    assert len(notices_on(page)) == 1
    assert "a" * 4001 in page.content.decode()
    assert TEXT in press(as_officer, queued, "note", expected_version=0).content.decode()
    assert not queued.replies.exists()
    page = press(as_officer, queued, "note", text="<script>alert(1)</script> & so on")
    assert "<script>alert" not in page.content.decode()
    assert "<script>alert(1)</script> & so on" in words(page)


def test_second_click_writes_once_with_same_result(as_officer, mine):
    typed = {"idempotency_key": uuid.uuid4(), "expected_version": mine.version}
    for clicks in (
        lambda: press(as_officer, mine, "note", **typed),
        lambda: answer(as_officer, mine, "return", **typed),
    ):
        with undone():
            first, second = notices_on(clicks()), notices_on(clicks())
            assert first == second
            assert mine.replies.count() == 1
            assert now(mine).version == mine.version + 1


def test_second_answer_returns_the_inquiry_as_it_is_now(officer, mine):
    key, version = uuid.uuid4(), mine.version
    for stale in (now(mine), now(mine)):
        found = actions.send_back(
            actor=officer,
            inquiry=stale,
            expected_version=version,
            text="The fee has arrived.",
            idempotency_key=key,
        )
        assert found.version == version + 1


def test_claim_is_recorded_once_and_names_the_colleague(
    as_officer, as_colleague, officer, queued, handled_inquiry
):
    press(as_colleague, handled_inquiry("answered, released"), "claim")
    typed = {"expected_version": queued.version}
    for _click in range(2):
        page = press(as_officer, queued, "claim", **typed)
        assert notices_on(page) == ["The inquiry is assigned to you. You can answer it now."]
    page = press(as_colleague, queued, "claim")
    assert notices_on(page) == ["This inquiry is already assigned to officer."]
    assert (now(queued).assignee, now(queued).version) == (officer, queued.version + 1)


# Refusals


def test_button_not_allowed_in_status_is_refused(with_every_button, officer, handled_inquiry):
    for button, state, status in (
        ("claim", "withdrawn", "Closed"),
        ("release", "returned", "Returned to applicant"),
        ("release", "approved", "Processed"),
        ("assign", "returned", "Returned to applicant"),
        ("assign", "approved", "Processed"),
        ("assign", "withdrawn", "Closed"),
        ("close", "claimed", "Under processing"),
        ("close", "returned", "Returned to applicant"),
        ("close", "answered", "Returned by applicant"),
        ("close", "closed", "Closed"),
    ):
        inquiry = handled_inquiry(state)
        page = press(with_every_button, inquiry, button, officer=officer.pk)
        told = [f"This cannot be done while the inquiry is “{status}”."]
        assert notices_on(page) == told, button
        assert now(inquiry).version == inquiry.version, (button, state)


def test_stale_button_reports_what_changed(with_every_button, officer, colleague, handled_inquiry):
    for button in ("release", "assign", "note", "close"):
        with undone():
            inquiry = handled_inquiry("approved" if button == "close" else "claimed")
            act("noted", inquiry, colleague)
            fields = {"expected_version": inquiry.version, "officer": officer.pk}
            page = press(with_every_button, inquiry, button, **fields)
            assert notices_on(page) == [changed("Internal note (colleague)")], button
            assert now(inquiry).version == inquiry.version + 1, button


def test_answer_after_release_in_another_tab_is_kept(as_officer, officer, mine):
    typed = form_on(as_officer.get(desk_of(mine)), TEXT, decision="approve")
    assert typed["expected_version"] == mine.version
    act("released", mine, officer)
    page = as_officer.post(desk_of(mine, "answer"), typed)
    assert notices_on(page) == [changed("Given back to the queue (officer)")]
    assert TEXT in page.content.decode()


# Permissions


def test_viewer_is_refused(officer, colleague, queued):
    viewer = signed_in_staff(factories.permit(colleague, "view_inquiry", "assign_inquiry"))
    for button in BUTTONS:
        page = press(viewer, queued, button, officer=officer.pk)
        assert notices_on(page) == ["Your account may not work on inquiries."], button
    assert now(queued).version == queued.version


# Assigning


def test_ineligible_officer_cannot_be_assigned(as_supervisor, supervisor, colleague, queued):
    accounts = User.objects.filter(pk=colleague.pk)
    for make_ineligible in (
        lambda: accounts.update(is_active=False),
        lambda: accounts.update(is_staff=False),
        lambda: factories.permit(colleague, "view_inquiry"),
    ):
        with undone():
            make_ineligible()
            assert "colleague" not in as_supervisor.get(desk_of(queued)).content.decode()
            page = press(as_supervisor, queued, "assign", officer=colleague.pk)
            assert notices_on(page) == [NOT_AN_OFFICER]
            assert (now(queued).assignee, now(queued).version) == (None, queued.version)
            with pytest.raises(RuleViolation) as refused:
                act("assigned", queued, supervisor, officer=accounts.get())
            told = "colleague may not work on this inquiry. Choose another officer."
            assert refused.value.message == told


@pytest.mark.postgres
def test_a_choice_of_officers_reads_no_residents(supervisor):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_staff" in officers().explain()


def test_nobody_is_assigned_by_forged_choice(as_supervisor, queued):
    for chosen, told in (
        ("", "Choose an officer."),
        *((pk, NOT_AN_OFFICER) for pk in ("999999", "-1", "abc", "9" * 30)),
        ("1\0", "Null characters are not allowed."),
    ):
        page = press(as_supervisor, queued, "assign", officer=chosen)
        assert notices_on(page) == [told], chosen
        assert (now(queued).assignee, now(queued).version) == (None, queued.version), chosen


def test_inquiry_cannot_be_assigned_to_its_applicant(as_supervisor):
    concerned = factories.OfficerFactory(
        identity=factories.IdentityFactory(name_en="Ayesha Noor"), mobile="+966501234567"
    )
    own = factories.filed(concerned)
    page = press(as_supervisor, own, "assign", officer=concerned.pk)
    assert notices_on(page) == ["Ayesha Noor may not work on this inquiry. Choose another officer."]
    assert now(own).assignee is None


def test_only_supervisors_can_assign(as_officer, officer, colleague, mine):
    page = press(as_officer, mine, "assign", officer=colleague.pk)
    assert notices_on(page) == ["Only supervisors give inquiries to others."]
    assert now(mine).assignee == officer


def test_added_supervisor_can_assign(queued):
    head, _code = add_staff(actor=None, username="head", roles=["supervisor"])
    assert "Assign" in buttons_on(signed_in_staff(head).get(desk_of(queued)))


# Forged requests


def test_invalid_expected_version_does_nothing(with_every_button, officer, mine):
    versions = ("", "abc", "-1", str(2**31), "9" * 30, "1.5", "2\0", "٢٢")
    for button, version in product((*BUTTONS, "answer"), versions):
        fields = {"expected_version": version, "officer": officer.pk, "decision": "approve"}
        page = press(with_every_button, mine, button, **fields)
        assert page.status_code == 200, (button, version)
        assert now(mine).version == mine.version, (button, version)


def test_get_of_button_address_does_nothing(with_every_button, officer, mine):
    fields = {"text": TEXT, "decision": "approve", "officer": officer.pk}
    fields |= {"expected_version": mine.version, "idempotency_key": uuid.uuid4()}
    for button in (*BUTTONS, "answer"):
        page = with_every_button.get(desk_of(mine, button), fields, follow=True)
        assert page.redirect_chain == [(desk_of(mine), 302)], button
        assert notices_on(page) == [], button
        assert now(mine).version == mine.version, button


def test_invalid_idempotency_key_writes_nothing(as_officer, mine):
    before = Reply.objects.count()
    for idempotency_key in ("", "abc", "0" * 40):
        press(as_officer, mine, "note", idempotency_key=idempotency_key)
        answer(as_officer, mine, "return", idempotency_key=idempotency_key)
        assert Reply.objects.count() == before, idempotency_key


def test_empty_answer_is_refused_for_every_decision(as_officer, mine):
    told = ["Write the answer that the applicant will read."]
    for action in ("reply", "return", "approve", "reject"):
        for text in ("", " ", " \n ", "\u200d\u0640\u3164"):
            assert errors_on(answer(as_officer, mine, action, text=text)) == told, action
    assert now(mine).version == mine.version
    assert not mine.replies.exists()
