"""The triage desk: the queue, claiming, answering, and the messages to the applicant."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice

from core.hijri import both_calendars
from core.messaging.models import Message
from core.references import grouped_reference
from requests_app import actions
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words

QUEUE = "/en/staff/requests_app/inquiry/"
ANSWER = "Your iqama has been renewed. The fee will be shown as paid tomorrow."
EMPTY = "Write the answer that the applicant will read."
ASSIGN_FIRST = "This inquiry is not assigned to you. Assign it to yourself first."


def desk_of(inquiry, page="change"):
    return f"{QUEUE}{inquiry.pk}/{page}/"


def claim(client, inquiry):
    expected_version = {"expected_version": inquiry.version}
    return client.post(desk_of(inquiry, "claim"), expected_version, follow=True)


def answer(client, inquiry, action, text=ANSWER, **changes):
    """Answer on the form of the desk, and return the page that follows."""
    form = client.get(desk_of(inquiry)).context["form"]
    fields = {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": form["expected_version"].value(),
        "text": text,
        "decision": action,
    }
    return client.post(desk_of(inquiry, "answer"), {**fields, **changes}, follow=True)


def references_in(response):
    """Return the references in the list, from top to bottom."""
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(response))
    return [number.replace("-", "") for number in found]


@pytest.fixture
def inquiry(resident):
    return factories.filed(resident)


@pytest.fixture
def mine(officer, resident):
    """Return an inquiry that the officer has claimed."""
    return factories.claimed(officer, applicant=resident)


# The queue


def test_queue_shows_unassigned_and_own_by_due_date(as_officer, officer):
    services = [factories.ServiceFactory(target_working_days=days) for days in (9, 1, 5)]
    latest, first = factories.filed(service=services[0]), factories.filed(service=services[1])
    between = factories.claimed(officer, service=services[2])
    factories.claimed()
    factories.draft()
    decided = factories.claimed(officer)
    actions.approve(
        actor=officer,
        inquiry=decided,
        expected_version=decided.version,
        text=ANSWER,
        idempotency_key=uuid.uuid4(),
    )
    expected = [first.reference, between.reference, latest.reference]
    assert references_in(as_officer.get(QUEUE)) == expected


def test_all_filed_inquiries_can_be_listed(as_officer):
    filed, another = factories.filed(), factories.claimed()
    draft = factories.draft()
    listed = references_in(as_officer.get(QUEUE, {"queue": "all"}))
    assert set(listed) == {filed.reference, another.reference}
    assert draft.reference not in listed


def test_overdue_inquiry_is_marked(as_officer, inquiry):
    assert " on time " in words(as_officer.get(QUEUE))
    Inquiry.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    assert " overdue " in words(as_officer.get(QUEUE))
    assert "Overdue" in words(as_officer.get(desk_of(inquiry)))


@pytest.mark.parametrize(
    "typed",
    [
        lambda reference: reference,
        grouped_reference,
        lambda reference: f" {grouped_reference(reference).replace('-', ' ')} ",
        lambda reference: reference.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    ],
    ids=["plain", "grouped", "spaces", "arabic"],
)
def test_inquiry_is_found_by_reference_in_any_notation(as_officer, inquiry, typed):
    factories.filed()
    assert references_in(as_officer.get(QUEUE, {"q": typed(inquiry.reference)})) == [
        inquiry.reference
    ]


def test_reference_is_found_by_prefix_only(as_officer, inquiry):
    beginning, middle = inquiry.reference[:11], inquiry.reference[3:]
    assert references_in(as_officer.get(QUEUE, {"q": beginning})) == [inquiry.reference]
    assert references_in(as_officer.get(QUEUE, {"q": middle})) == []


# One inquiry


def test_desk_shows_filed_inquiry(as_officer, resident):
    draft = factories.draft(resident)
    document = factories.attached(draft)
    inquiry = factories.submitted(draft)
    page = as_officer.get(desk_of(inquiry))
    for line in (
        f"{grouped_reference(inquiry.reference)} Under processing",
        f"Assigned to Nobody yet Due on {both_calendars(inquiry.due_on, 'en')}",
        f"Beneficiary {inquiry.name} · {inquiry.id_number}",
        "Filed by Mohammed Aslam Khan",
        f"Mobile {resident.mobile.as_international}",
        f"Description {factories.DESCRIPTION}",
        "Documents Supporting proof: passport.jpg",
        "What has happened Filed · Mohammed Aslam Khan (applicant)",
    ):
        assert line in words(page)
    download = as_officer.get(desk_of(inquiry, f"documents/{document.pk}"))
    assert download["Content-Disposition"].startswith("attachment; ")
    assert b"".join(download.streaming_content).startswith(b"\xff\xd8\xff")


def test_an_officer_claims_an_inquiry(as_officer, officer, inquiry):
    page = claim(as_officer, inquiry)
    assert notices_on(page) == ["The inquiry is assigned to you. You can answer it now."]
    assert f"Assigned to {officer.username}" in words(page)
    assert "Answer to the applicant" in words(page)
    inquiry.refresh_from_db()
    assert inquiry.assignee == officer


def test_second_claim_names_first_officer(as_officer, officer, inquiry):
    claim(as_officer, inquiry)
    second = signed_in_staff(factories.OfficerFactory())
    page = claim(second, inquiry)
    assert notices_on(page) == [f"This inquiry is already assigned to {officer.username}."]
    assert "Answer to the applicant" not in words(page)


@pytest.mark.parametrize(
    ("action", "told", "status", "text"),
    [
        (
            "reply",
            "Your answer has been sent.",
            "Under processing",
            "there is an answer to your inquiry {}. Sign in to read it.",
        ),
        (
            "approve",
            "The inquiry has been approved.",
            "Approved",
            "your inquiry {} has been approved. Sign in to read the answer.",
        ),
        (
            "reject",
            "The inquiry has been rejected.",
            "Rejected",
            "your inquiry {} has been rejected. Sign in to read the reason.",
        ),
    ],
)
def test_an_answer_reaches_the_applicant(
    as_officer, mine, as_resident, resident, action, told, status, text
):
    page = answer(as_officer, mine, action)
    assert notices_on(page) == [told]
    assert f"{grouped_reference(mine.reference)} {status} Assigned to" in words(page)
    shown = words(as_resident.get(f"/en/inquiries/{mine.reference}/"))
    assert f"Request number {grouped_reference(mine.reference)} {status}" in shown
    assert re.search(rf"Answers The Directorate · [^·]* · \d\d:\d\d {re.escape(ANSWER)}", shown)
    message = Message.objects.latest("pk")
    assert (message.recipient, message.text) == (
        str(resident.mobile),
        "Tawasul: " + text.format(mine.reference),
    )


def test_officer_name_is_shown_to_staff_only(as_officer, officer, mine, as_resident):
    page = answer(as_officer, mine, "approve")
    assert f"Approved · {officer.username} (officer)" in words(page)
    shown = as_resident.get(f"/en/inquiries/{mine.reference}/").content.decode()
    assert officer.username not in shown


@pytest.mark.parametrize("text", ["", " \n ", "\0\u202e"])
@pytest.mark.parametrize("action", ["reply", "approve", "reject"])
def test_empty_answer_is_refused(as_officer, mine, action, text):
    assert errors_on(answer(as_officer, mine, action, text)) == [EMPTY]
    assert not Reply.objects.exists()
    mine.refresh_from_db()
    assert mine.status == Inquiry.Status.UNDER_PROCESSING


def test_too_long_answer_is_kept_in_form(as_officer, mine):
    page = answer(as_officer, mine, "reply", "a" * 4001)
    assert "a" * 4001 in page.content.decode()
    assert not Reply.objects.exists()


def test_stale_answer_is_refused_and_kept(as_officer, officer, mine):
    old = mine.version
    answer(as_officer, mine, "reply", "The first answer, from another tab.")
    page = answer(as_officer, mine, "approve", expected_version=old)
    assert notices_on(page) == [
        "This inquiry has changed since you opened it: "
        f"Answered ({officer.username}). Read it again first."
    ]
    assert ANSWER in page.content.decode()
    mine.refresh_from_db()
    assert mine.status == Inquiry.Status.UNDER_PROCESSING
    # The page now shows the change, so a second attempt carries the new version.
    form = page.context["form"]
    again = {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": form["expected_version"].value(),
        "text": ANSWER,
    }
    done = as_officer.post(desk_of(mine, "answer"), {**again, "decision": "approve"}, follow=True)
    assert notices_on(done) == ["The inquiry has been approved."]


@pytest.mark.parametrize("action", ["reply", "approve", "reject"])
def test_unclaimed_inquiry_cannot_be_answered(as_officer, inquiry, action):
    page = answer(as_officer, inquiry, action)
    assert notices_on(page) == [ASSIGN_FIRST]
    assert not Reply.objects.exists()


def test_colleagues_inquiry_cannot_be_answered(as_officer):
    theirs = factories.claimed()
    assert notices_on(answer(as_officer, theirs, "approve")) == [ASSIGN_FIRST]


@pytest.mark.parametrize("action", ["reply", "approve", "reject"])
def test_decided_inquiry_stays_decided(as_officer, mine, action):
    answer(as_officer, mine, "approve")
    mine.refresh_from_db()
    page = answer(as_officer, mine, action, "Something else altogether.")
    assert notices_on(page) == ["This cannot be done while the inquiry is “Processed”."]
    mine.refresh_from_db()
    assert (mine.status, mine.outcome) == ("processed", "approved")
    assert Reply.objects.count() == 1


def test_a_second_click_answers_once(as_officer, mine):
    form = as_officer.get(desk_of(mine)).context["form"]
    sent = {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": mine.version,
        "text": ANSWER,
        "decision": "reply",
    }
    for _click in range(2):
        page = as_officer.post(desk_of(mine, "answer"), sent, follow=True)
        assert notices_on(page) == ["Your answer has been sent."]
    assert Reply.objects.count() == 1


def test_idempotency_key_is_scoped_to_the_inquiry(as_officer, officer, mine):
    another = factories.claimed(officer)
    sent = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": mine.version,
        "text": ANSWER,
        "decision": "approve",
    }
    for inquiry in (mine, another):
        page = as_officer.post(desk_of(inquiry, "answer"), sent, follow=True)
        assert notices_on(page) == ["The inquiry has been approved."]
    assert Reply.objects.count() == 2


@pytest.mark.parametrize("action", ["", "close", "delete", "approve\0"])
def test_unknown_decision_is_refused(as_officer, mine, action):
    fields = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": mine.version,
        "text": ANSWER,
        "decision": action,
    }
    assert as_officer.post(desk_of(mine, "answer"), fields).status_code == 400
    assert not Reply.objects.exists()


def test_markup_in_answer_is_escaped(as_officer, mine, as_resident):
    typed = "<b>bold</b> <script>alert(1)</script> & “quotes”"
    page = answer(as_officer, mine, "reply", typed)
    for shown in (page, as_resident.get(f"/en/inquiries/{mine.reference}/")):
        assert "<script>alert" not in shown.content.decode()
        assert typed in words(shown)


@pytest.mark.parametrize("page", ["claim", "answer"])
def test_get_of_action_address_redirects_to_desk(as_officer, mine, page):
    # After signing in again, the browser requests the form's address with GET.
    response = as_officer.get(desk_of(mine, page), follow=True)
    assert response.request["PATH_INFO"] == desk_of(mine)


def answer_after_session_end(inquiry, officer, *, sign_in_as):
    """Send an answer after the session of `officer` has ended, sign in, and return the page."""
    browser = signed_in_staff(officer)
    form = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version,
        "text": ANSWER,
        "decision": "approve",
    }
    browser.session.flush()
    lost = browser.post(desk_of(inquiry, "answer"), form)
    password = {"login": sign_in_as.username, "password": factories.PASSWORD}
    browser.post("/en/staff/login/", {**password, "next": browser.get(lost.url).context["next"]})
    recovery = StaticDevice.objects.create(user=sign_in_as, name="paper")
    recovery.token_set.create(token="abcd2345")
    return browser.post("/en/staff/code/", {"code": "abcd2345"}, follow=True)


def test_answer_survives_session_end(officer, mine):
    page = answer_after_session_end(mine, officer, sign_in_as=officer)
    assert page.request["PATH_INFO"] == desk_of(mine)
    assert page.context["form"]["text"].value() == ANSWER
    assert not Reply.objects.exists()


def test_lost_answer_is_hidden_from_another_officer(officer, mine):
    colleague = factories.OfficerFactory()
    page = answer_after_session_end(mine, officer, sign_in_as=colleague)
    assert page.request["PATH_INFO"] == desk_of(mine)
    assert ANSWER not in page.content.decode()


# Writes past the actions


@pytest.mark.parametrize("is_superuser", [False, True])
def test_admin_cannot_add_change_or_delete_inquiries(inquiry, is_superuser):
    staff = signed_in_staff(factories.OfficerFactory(is_superuser=is_superuser))
    before = Inquiry.objects.values().get()
    fields = {**before, "status": "processed", "outcome": "approved", "post": "yes"}
    fields = {name: str(value) for name, value in fields.items()}
    for address in (f"{QUEUE}add/", desk_of(inquiry, "delete")):
        assert staff.get(address).status_code == 403
        assert staff.post(address, fields).status_code == 403
    for address in (QUEUE, desk_of(inquiry), desk_of(inquiry, "history")):
        for page in (staff.get(address), staff.post(address, fields)):
            assert page.status_code == 200
            assert "_save" not in page.content.decode()
    assert Inquiry.objects.values().get() == before


def test_queue_offers_no_bulk_delete(inquiry):
    staff = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    chosen = {"action": "delete_selected", "_selected_action": inquiry.pk, "post": "yes"}
    staff.post(QUEUE, chosen)
    assert Inquiry.objects.filter(pk=inquiry.pk).exists()
    assert "delete_selected" not in staff.get(QUEUE).content.decode()


def test_action_without_permission_is_refused(inquiry):
    clerk = factories.OfficerFactory()
    clerk.user_permissions.remove(*clerk.user_permissions.filter(codename="triage_inquiry"))
    client = signed_in_staff(clerk)
    assert notices_on(claim(client, inquiry)) == ["Your account may not work on inquiries."]
    assert notices_on(answer(client, inquiry, "approve")) == [
        "Your account may not work on inquiries."
    ]


def test_a_resident_does_not_reach_the_desk(as_resident, resident, inquiry):
    for address in (QUEUE, desk_of(inquiry)):
        assert as_resident.get(address).url == f"/en/staff/login/?next={address}"
    assert claim(signed_in(factories.OfficerFactory()), inquiry).context["form"] is not None
    inquiry.refresh_from_db()
    assert inquiry.assignee is None
