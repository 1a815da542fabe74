"""The buttons of the desk: which roles see them, their effects and messages, and refusals."""

import re
import uuid

import pytest

from core.exceptions import RuleViolation
from core.references import grouped_reference
from requests_app import actions
from requests_app.models import Reply
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, TEXT, buttons_on, desk_of, now, press

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]

# PRESSED are the buttons that send no fields of their own.
PRESSED = ["claim", "release", "close"]
ALL = [*PRESSED, "assign", "note"]
ACTIONS = ["reply", "return", "approve", "reject"]

ANSWER = ["Approve", "Reject", "Return to the applicant", "Answer and keep open"]
CLAIM, RELEASE, CLOSE = "Assign to me", "Give back to the queue", "Close the inquiry"
ASSIGN, NOTE = "Assign", "Add the note"
# The buttons on the desk of an inquiry: for the officer who has or had it, for another officer,
# and for a supervisor.
SEEN = {
    "queue": ([CLAIM, NOTE], [CLAIM, NOTE], [CLAIM, ASSIGN, NOTE]),
    "claimed": ([*ANSWER, RELEASE, NOTE], [NOTE], [ASSIGN, NOTE]),
    "returned": ([NOTE], [NOTE], [NOTE]),
    "answered": ([*ANSWER, RELEASE, NOTE], [NOTE], [ASSIGN, NOTE]),
    "answered, released": ([CLAIM, NOTE], [CLAIM, NOTE], [CLAIM, ASSIGN, NOTE]),
    "approved": ([CLOSE, NOTE], [CLOSE, NOTE], [CLOSE, NOTE]),
    "rejected": ([CLOSE, NOTE], [CLOSE, NOTE], [CLOSE, NOTE]),
    "closed": ([NOTE], [NOTE], [NOTE]),
    "withdrawn": ([NOTE], [NOTE], [NOTE]),
}
WAYS = {
    "queue": [],
    "claimed": ["claim"],
    "returned": ["claim", "send_back"],
    "answered": ["claim", "send_back", "answer_return"],
    "answered, released": ["claim", "send_back", "answer_return", "release"],
    "approved": ["claim", "approve"],
    "rejected": ["claim", "reject"],
    "closed": ["claim", "approve", "close"],
    "withdrawn": ["withdraw"],
}


def answer(browser, inquiry, action, **changes):
    form = browser.get(desk_of(inquiry)).context["form"]
    typed = {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": form["expected_version"].value(),
        "text": TEXT,
        "decision": action,
    }
    return browser.post(desk_of(inquiry, "answer"), {**typed, **changes}, follow=True)


def status_on(page):
    return words(re.search(r'(?s)<p class="facts">.*?</p>', page.content.decode())[0])


def assigned_on(page):
    return re.search(r"Assigned to (Nobody yet|\S+)", words(page))[1]


@pytest.fixture
def colleague(db):
    return factories.OfficerFactory()


@pytest.fixture
def as_colleague(colleague):
    return signed_in_staff(colleague)


@pytest.fixture
def as_supervisor(db):
    return signed_in_staff(factories.supervisor())


@pytest.fixture
def make_inquiry(officer, resident):
    """Return a function that makes an inquiry in a state of WAYS, handled by the officer."""

    def build(way):
        inquiry = factories.filed(resident)
        for action in WAYS[way]:
            fields = {"actor": officer, "inquiry": inquiry, "expected_version": inquiry.version}
            if action in ("answer_return", "withdraw"):
                fields["actor"] = resident
            if action not in PRESSED:
                fields |= {"text": TEXT, "idempotency_key": uuid.uuid4()}
            inquiry = getattr(actions, action)(**fields)
        return inquiry

    return build


@pytest.fixture
def queued(make_inquiry):
    return make_inquiry("queue")


@pytest.fixture
def mine(make_inquiry):
    return make_inquiry("claimed")


# Buttons by role


@pytest.mark.parametrize(("way", "shown"), SEEN.items())
def test_each_role_sees_its_buttons(
    make_inquiry, as_officer, as_colleague, as_supervisor, way, shown
):
    address = desk_of(make_inquiry(way))
    everybody = (as_officer, as_colleague, as_supervisor)
    assert tuple(buttons_on(browser.get(address)) for browser in everybody) == shown


# Effects and messages


def test_released_inquiry_can_be_claimed_by_another(as_officer, as_colleague, colleague, mine):
    page = press(as_officer, mine, "release")
    assert notices_on(page) == ["The inquiry is in the queue again."]
    assert assigned_on(page) == "Nobody yet"
    page = press(as_colleague, mine, "claim")
    assert notices_on(page) == ["The inquiry is assigned to you. You can answer it now."]
    assert assigned_on(page) == colleague.username


@pytest.mark.parametrize("way", ["queue", "claimed", "answered"])
def test_only_the_assigned_officer_can_answer(
    make_inquiry, as_supervisor, as_officer, as_colleague, colleague, way
):
    inquiry = make_inquiry(way)
    page = press(as_supervisor, inquiry, "assign", officer=colleague.pk)
    assert notices_on(page) == ["The inquiry has been assigned."]
    assert assigned_on(page) == colleague.username
    assert "Assigned by a supervisor · officer-" in words(page)
    assert desk_of(inquiry) in as_colleague.get(QUEUE).content.decode()
    assert desk_of(inquiry) not in as_officer.get(QUEUE).content.decode()
    answer(as_officer, inquiry, "approve")
    assert now(inquiry).outcome == ""
    page = answer(as_colleague, inquiry, "approve")
    assert notices_on(page) == ["The inquiry has been approved."]


def test_return_shows_its_text_to_the_applicant(as_officer, as_resident, mine):
    page = answer(as_officer, mine, "return")
    assert notices_on(page) == ["The inquiry has been returned to the applicant."]
    assert status_on(page) == f"{grouped_reference(mine.reference)} Returned to applicant"
    assert TEXT in words(as_resident.get(f"/en/inquiries/{mine.reference}/"))
    assert desk_of(mine) not in as_officer.get(QUEUE).content.decode()


def test_answered_return_is_back_in_officers_queue(make_inquiry, as_officer, as_colleague):
    answered = make_inquiry("answered")
    assert desk_of(answered) in as_officer.get(QUEUE).content.decode()
    assert desk_of(answered) not in as_colleague.get(QUEUE).content.decode()
    assert notices_on(answer(as_officer, answered, "reject")) == ["The inquiry has been rejected."]


@pytest.mark.parametrize("way", ["approved", "rejected"])
def test_any_officer_closes_decided_inquiry(make_inquiry, as_colleague, as_resident, way):
    inquiry = make_inquiry(way)
    page = press(as_colleague, inquiry, "close")
    assert notices_on(page) == ["The inquiry has been closed."]
    shown = f"{grouped_reference(inquiry.reference)} {way.capitalize()}"
    assert status_on(page) == shown
    assert now(inquiry).status == "closed"
    assert shown in words(as_resident.get(f"/en/inquiries/{inquiry.reference}/"))


@pytest.mark.parametrize("way", WAYS)
def test_note_is_added_anytime_and_hidden_from_applicant(
    make_inquiry, as_colleague, colleague, as_resident, way
):
    inquiry = make_inquiry(way)
    before = words(as_resident.get(f"/en/inquiries/{inquiry.reference}/"))
    page = press(as_colleague, inquiry, "note", text="Ask the bank.\nThen call back.")
    assert notices_on(page) == ["The note has been added."]
    assert f"internal note · {colleague.username} · " in words(page)
    assert "Ask the bank. Then call back." in words(page)
    after = now(inquiry)
    assert (after.status, after.outcome) == (inquiry.status, inquiry.outcome)
    assert words(as_resident.get(f"/en/inquiries/{inquiry.reference}/")) == before


@pytest.mark.parametrize("text", ["", " \n ", "\0\u202e"])
def test_empty_note_is_refused(as_officer, queued, text):
    assert notices_on(press(as_officer, queued, "note", text=text)) == ["Write the note."]
    assert not Reply.objects.exists()


def test_a_note_that_is_too_long_is_not_added(as_officer, queued):
    assert len(notices_on(press(as_officer, queued, "note", text="a" * 4001))) == 1
    assert not Reply.objects.exists()


@pytest.mark.parametrize("wrong", [{"text": "a" * 4001}, {"expected_version": 0}])
def test_refused_note_is_kept_in_form(as_officer, queued, wrong):
    page = press(as_officer, queued, "note", **wrong)
    assert wrong.get("text", TEXT) in page.content.decode()


def test_markup_in_note_is_escaped(as_officer, queued):
    page = press(as_officer, queued, "note", text="<script>alert(1)</script> & so on")
    assert "<script>alert" not in page.content.decode()
    assert "<script>alert(1)</script> & so on" in words(page)


@pytest.mark.parametrize("what", ["note", "return"])
def test_second_click_writes_once_with_same_result(as_officer, mine, what):
    typed = {"idempotency_key": uuid.uuid4(), "expected_version": mine.version}
    told = []
    for _click in range(2):
        if what == "note":
            page = press(as_officer, mine, "note", **typed)
        else:
            page = answer(as_officer, mine, "return", **typed)
        told.append(notices_on(page))
    assert told[0] == told[1]
    assert Reply.objects.count() == 1
    assert now(mine).version == mine.version + 1


def test_claim_of_colleagues_inquiry_names_the_colleague(as_officer, colleague, mine):
    theirs = factories.claimed(colleague)
    page = press(as_officer, theirs, "claim")
    assert notices_on(page) == [f"This inquiry is already assigned to {colleague.username}."]
    assert (now(theirs).assignee, now(theirs).version) == (colleague, theirs.version)


def test_second_claim_click_is_recorded_once(as_officer, queued):
    for _click in range(2):
        page = press(as_officer, queued, "claim", expected_version=queued.version)
        assert notices_on(page) == ["The inquiry is assigned to you. You can answer it now."]
    assert now(queued).version == queued.version + 1


# Refusals


def not_allowed_notice(status):
    return [f"This cannot be done while the inquiry is “{status}”."]


@pytest.mark.parametrize(
    ("button", "way", "status"),
    [
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
    ],
)
def test_button_not_allowed_in_status_is_refused(
    make_inquiry, as_officer, officer, button, way, status
):
    factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry")
    inquiry = make_inquiry(way)
    page = press(as_officer, inquiry, button, officer=officer.pk)
    assert notices_on(page) == not_allowed_notice(status)
    assert now(inquiry).version == inquiry.version


@pytest.mark.parametrize("button", ["release", "assign", "note", "close"])
def test_stale_button_reports_what_changed(make_inquiry, as_officer, officer, colleague, button):
    factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry")
    inquiry = make_inquiry("approved" if button == "close" else "claimed")
    actions.note(
        actor=colleague,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=TEXT,
        idempotency_key=uuid.uuid4(),
    )
    page = press(as_officer, inquiry, button, expected_version=inquiry.version, officer=officer.pk)
    assert notices_on(page) == [
        "This inquiry has changed since you opened it: "
        f"Internal note ({colleague.username}). Read it again first."
    ]
    assert now(inquiry).version == inquiry.version + 1


def test_colleagues_inquiry_cannot_be_released(as_colleague, officer, mine):
    told = "This inquiry is not assigned to you. Assign it to yourself first."
    assert notices_on(press(as_colleague, mine, "release")) == [told]
    assert now(mine).assignee == officer


def test_answer_after_release_in_another_tab_is_kept(as_officer, officer, mine):
    form = as_officer.get(desk_of(mine)).context["form"]
    actions.release(actor=officer, inquiry=mine, expected_version=mine.version)
    typed = {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": mine.version,
        "text": TEXT,
        "decision": "approve",
    }
    page = as_officer.post(desk_of(mine, "answer"), typed)
    assert notices_on(page) == [
        "This inquiry has changed since you opened it: "
        f"Given back to the queue ({officer.username}). Read it again first."
    ]
    assert TEXT in page.content.decode()


# Permissions


@pytest.mark.parametrize("button", [*ALL, "answer"])
def test_a_clerk_has_no_desk(colleague, mine, button):
    clerk = signed_in_staff(factories.permit(colleague))
    for response in (
        clerk.get(desk_of(mine, button)),
        press(clerk, mine, button, officer=colleague.pk, decision="approve"),
    ):
        assert response.status_code == 403
    assert now(mine).version == mine.version


@pytest.mark.parametrize("button", ALL)
def test_viewer_is_refused(make_inquiry, colleague, button):
    viewer = signed_in_staff(factories.permit(colleague, "view_inquiry", "assign_inquiry"))
    inquiry = make_inquiry("queue")
    page = press(viewer, inquiry, button, officer=factories.OfficerFactory().pk)
    assert notices_on(page) == ["Your account may not work on inquiries."]
    assert now(inquiry).version == inquiry.version


@pytest.mark.parametrize("button", [*ALL, "answer"])
def test_buttons_need_a_full_staff_sign_in(as_resident, officer, mine, button):
    for browser in (as_resident, signed_in(officer)):
        page = press(browser, mine, button, officer=officer.pk, decision="approve")
        assert page.redirect_chain[0][0].startswith("/en/staff/login/?")
    assert now(mine).version == mine.version


@pytest.mark.parametrize("action", ["release", "assign", "note", "send_back", "close"])
def test_officer_cannot_work_on_own_case(db, action):
    concerned = factories.OfficerFactory(
        identity=factories.IdentityFactory(), mobile="+966501234567"
    )
    factories.permit(concerned, "view_inquiry", "triage_inquiry", "assign_inquiry")
    own = factories.filed(concerned)
    page = "answer" if action == "send_back" else action
    assert press(signed_in_staff(concerned), own, page).status_code == 404
    fields = (
        {"text": TEXT, "idempotency_key": uuid.uuid4()} if action in ("note", "send_back") else {}
    )
    if action == "assign":
        fields["officer"] = factories.OfficerFactory()
    with pytest.raises(RuleViolation) as refused:
        getattr(actions, action)(
            actor=concerned, inquiry=own, expected_version=own.version, **fields
        )
    assert refused.value.message == "You cannot work on an inquiry of your own."
    assert now(own).version == own.version


# Forged requests


@pytest.mark.parametrize(
    "expected_version", ["", "abc", "-1", str(2**31), "9" * 30, "1.5", "2\0", "٢٢"]
)
@pytest.mark.parametrize("button", [*ALL, "answer"])
def test_invalid_expected_version_does_nothing(as_officer, officer, mine, button, expected_version):
    factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry")
    page = press(
        as_officer,
        mine,
        button,
        expected_version=expected_version,
        officer=officer.pk,
        decision="approve",
    )
    assert page.status_code == 200
    assert now(mine).version == mine.version


@pytest.mark.parametrize("button", [*ALL, "answer"])
def test_get_of_button_address_does_nothing(as_officer, officer, mine, button):
    factories.permit(officer, "view_inquiry", "triage_inquiry", "assign_inquiry")
    fields = {
        "expected_version": mine.version,
        "idempotency_key": uuid.uuid4(),
        "text": TEXT,
        "decision": "approve",
    }
    fields["officer"] = officer.pk
    page = as_officer.get(desk_of(mine, button), fields, follow=True)
    assert page.redirect_chain == [(desk_of(mine), 302)]
    assert notices_on(page) == []
    assert now(mine).version == mine.version


@pytest.mark.parametrize("idempotency_key", ["", "abc", "0" * 40])
def test_invalid_idempotency_key_writes_nothing(as_officer, mine, idempotency_key):
    press(as_officer, mine, "note", idempotency_key=idempotency_key)
    answer(as_officer, mine, "return", idempotency_key=idempotency_key)
    assert not Reply.objects.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_empty_answer_is_refused_for_every_decision(as_officer, mine, action):
    page = answer(as_officer, mine, action, text=" ")
    assert errors_on(page) == ["Write the answer that the applicant will read."]
    assert now(mine).version == mine.version
