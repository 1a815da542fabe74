"""Every event in every status of an inquiry: the next status, the writes and the refusals."""

import uuid
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone, translation

from core.digests import digest_of
from core.exceptions import RuleViolation
from core.hijri import both_in_text
from core.messaging.models import Message
from requests_app.models import Inquiry, InquiryEvent
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.people import APPLICANT_EVENTS, TEXT, traces
from tests.requests_app.refusals import changed
from tests.worlds import undone

# Where each event leads from each status. The assigned officer causes the desk's events, with two
# exceptions: a colleague claims the inquiry, after its release where that is possible, and a
# supervisor assigns it to that colleague, passes it to another team or reopens it. What is
# closed was approved: for what is withdrawn or rejected, see test_resuming and test_reviews.
TABLE = """
            | draft      | processing   | to_applicant | by_applicant | processed | closed
submitted   | processing | sent         | sent         | sent         | sent      | sent
claimed     | unseen     | same         | taken        | same         | taken     | taken
released    | unseen     | same         | no           | same         | no        | no
assigned    | unseen     | same         | no           | same         | no        | no
transferred | unseen     | same         | same         | same         | no        | no
noted       | unseen     | same         | same         | same         | same      | same
replied     | unseen     | same         | no           | same         | no        | no
returned    | unseen     | to_applicant | no           | to_applicant | no        | no
resubmitted | no         | no           | by_applicant | no           | no        | no
added       | no         | same         | no           | same         | no        | no
asked_back  | no         | no           | no           | no           | same      | no
approved    | unseen     | approved     | no           | approved     | no        | no
rejected    | unseen     | rejected     | no           | rejected     | no        | no
reopened    | unseen     | no           | no           | no           | processing | processing
closed      | unseen     | no           | no           | no           | closed    | no
withdrawn   | no         | withdrawn    | withdrawn    | withdrawn    | no        | no
resumed     | no         | no           | no           | no           | no        | no
review_asked | no        | no           | no           | no           | no        | no
"""
# The value of each status, and its label on the screen.
STATUSES = {
    "draft": ("draft", "Draft"),
    "processing": ("under_processing", "Under processing"),
    "to_applicant": ("returned_to_applicant", "Returned to applicant"),
    "by_applicant": ("returned_by_applicant", "Returned by applicant"),
    "processed": ("processed", "Processed"),
    "closed": ("closed", "Closed"),
}
NEXT = {
    "processing": ("under_processing", ""),
    "to_applicant": ("returned_to_applicant", ""),
    "by_applicant": ("returned_by_applicant", ""),
    "approved": ("processed", "approved"),
    "rejected": ("processed", "rejected"),
    "closed": ("closed", "approved"),
    "withdrawn": ("closed", "withdrawn"),
}
OUTCOME_SO_FAR = {"processed": "approved", "closed": "approved"}
REFUSALS = {
    "no": "This cannot be done while the inquiry is “{status}”.",
    "taken": "This inquiry is already assigned to {officer}.",
    "unseen": "You cannot work on an inquiry of your own, or of somebody you are linked to.",
}
ASSIGN_FIRST = "This inquiry is not assigned to you. Assign it to yourself first."


def cells():
    """Yield the status, event type and cell text of each cell in the table."""
    head, *rows = [[cell.strip() for cell in row.split("|")] for row in TABLE.split("\n")[1:-1]]
    for event_type, *row in rows:
        for status, cell in zip(head[1:], row, strict=True):
            yield STATUSES[status][0], event_type, cell


CELLS = list(cells())
ALLOWED = [
    (status, event_type, *NEXT.get(cell, (status, OUTCOME_SO_FAR.get(status, ""))))
    for status, event_type, cell in CELLS
    if cell == "same" or cell in NEXT
]
REFUSED = [
    (status, event_type, REFUSALS[cell]) for status, event_type, cell in CELLS if cell in REFUSALS
]

SENT = [status for status, _event_type, cell in CELLS if cell == "sent"]
REPLY_KINDS = {
    **dict.fromkeys(("replied", "returned", "approved", "rejected", "reopened"), "answer"),
    **dict.fromkeys(("noted", "transferred"), "note"),
    **dict.fromkeys(("resubmitted", "added", "asked_back", "withdrawn"), "from_applicant"),
}

# The text of each notice to the applicant. SILENT lists the events without one, because they are
# internal or no news to the applicant.
NOTICES = {
    "en": {
        "submitted": "Tawasul: we have received your inquiry {}, Services for residents. "
        "We will text you when it is answered.",
        "replied": "Tawasul: there is an answer to your inquiry {}. Sign in to read it.",
        "returned": "Tawasul: your inquiry {} needs something from you. "
        "Sign in to read what, and answer.",
        "approved": "Tawasul: your inquiry {} has been approved. Sign in to read the answer.",
        "rejected": "Tawasul: your inquiry {} has been rejected. Sign in to read the reason. "
        "You can ask for a review until {day}.",
        "reopened": "Tawasul: your inquiry {} has been reopened. Sign in to read why.",
        "withdrawn": "Tawasul: your inquiry {} has been withdrawn, as you asked.",
    },
    "ar": {
        "submitted": "تواصل: تم استلام طلبك {}، الخدمات الخاصة بالمقيمين. "
        "ستصلك رسالة نصية عند الرد عليه.",
        "replied": "تواصل: تم الرد على طلبك {}. للاطلاع على الرد يرجى تسجيل الدخول.",
        "returned": "تواصل: طلبك {} بانتظار ردك. يرجى تسجيل الدخول للاطلاع على المطلوب والرد.",
        "approved": "تواصل: تمت الموافقة على طلبك {}. للاطلاع على الرد يرجى تسجيل الدخول.",
        "rejected": "تواصل: نأسف لإبلاغك برفض طلبك {}. السبب في صفحة الطلب، "
        "ويمكنك طلب المراجعة حتى {day}.",
        "reopened": "تواصل: أعيد فتح طلبك {}. للاطلاع على السبب يرجى تسجيل الدخول.",
        "withdrawn": "تواصل: تم سحب طلبك {} بناءً على رغبتك.",
    },
}
SUBJECTS = {"en": "Tawasul: your inquiry {}", "ar": "تواصل: طلبك {}"}
SILENT = [
    *("claimed", "released", "assigned", "transferred", "noted"),
    *("resubmitted", "added", "asked_back", "closed"),
]


def refusal_of(people, event_type, inquiry, **fields):
    """Return the refusal of an action, after a check that it wrote nothing."""
    before = traces(inquiry)
    with pytest.raises(RuleViolation) as refused:
        people.do(event_type, inquiry, **fields)
    assert traces(inquiry) == before, event_type
    return refused.value


def messages_about(inquiry):
    """Return channel, recipient, language, subject and text of each message on this inquiry."""
    return list(
        Message.objects.about(inquiry.reference).values_list(
            "channel", "recipient", "language", "subject", "text"
        )
    )


# Where each event leads


def test_table_covers_every_status_and_event():
    known = {(status, event_type) for status, event_type, _cell in CELLS}
    # An inquiry is passed on by the portal, with the link of its holder: see test_passing_on. It is
    # handed back with the end of its officer's account: see test_staff_keeping. What becomes of
    # documents that were not scanned: see test_quarantine. A clerk prepares a draft, which says so
    # when it is sent: see test_preparation. A decision that waits: see test_decisions; one that a
    # second officer reads: test_second_reading. What is overdue: see test_escalation. Who is asked
    # to come to an office: see tests/portal/invitations.
    elsewhere = {"prepared", "passed_on", "handed_back", "checked", "infected", "looked_again"}
    elsewhere |= {"decided", "taken_back", "seconded", "sent_back", "escalated", "unanswered"}
    elsewhere |= {"invited", "uninvited"}
    event_types = set(InquiryEvent.EventType) - elsewhere
    assert known == set(product(Inquiry.Status, event_types))
    assert len(known) == len(ALLOWED) + len(REFUSED) + len(SENT)


@pytest.mark.both_engines
def test_event_leads_to_status_in_table(people, inquiry_in):
    for status, event_type, next_status, outcome in ALLOWED:
        case = f"{event_type} while {status}"
        with undone():
            before = inquiry_in(status, event_type)
            actor = people.colleague if event_type == "claimed" else people.actor_of(event_type)
            after = people.do(event_type, before, by=actor)
            after.refresh_from_db()
            assert (after.status, after.outcome) == (next_status, outcome), case
            assert after.version == before.version + 1, case
            assert (after.processed_at is not None) == bool(outcome), case
            event = after.events.last()
            expected = (after.version, actor, event_type)
            assert (event.seq, event.actor, event.event_type) == expected, case
            role = "applicant" if event_type in APPLICANT_EVENTS else "officer"
            assert event.role == role, case
            assert (event.from_status, event.to_status) == (status, next_status), case


@pytest.mark.both_engines
def test_event_not_allowed_in_status_is_refused(people, inquiry_in):
    for status, event_type, sentence in REFUSED:
        with undone():
            inquiry = inquiry_in(status, event_type)
            by = people.colleague if event_type == "claimed" else None
            assert refusal_of(people, event_type, inquiry, by=by).message == sentence.format(
                officer=people.officer.username,
                colleague=people.colleague.username,
                status=dict(STATUSES.values())[status],
            )


def test_submitting_filed_inquiry_changes_nothing(people, inquiry_in):
    for status in SENT:
        inquiry = inquiry_in(status)
        before = traces(inquiry)
        assert people.do("submitted", inquiry) == inquiry, status
        assert traces(inquiry) == before, status


def test_closed_inquiry_keeps_its_outcome(people):
    for event_types, outcome in (
        (["withdrawn"], "withdrawn"),
        (["claimed", "released", "withdrawn"], "withdrawn"),
        (["claimed", "rejected", "closed"], "rejected"),
        (["claimed", "returned", "resubmitted", "approved", "closed", "noted"], "approved"),
        (["claimed", "returned", "withdrawn", "noted"], "withdrawn"),
    ):
        closed = people.inquiry_after(*event_types)
        assert (closed.status, closed.outcome) == ("closed", outcome), event_types
        decided = closed.events.get(event_type=outcome)
        before = closed.events.get(seq=decided.seq - 1)
        assert before.at <= closed.processed_at <= decided.at, event_types


def test_inquiry_can_be_returned_repeatedly(people):
    event_types = ["claimed", "returned", "resubmitted", "returned", "resubmitted", "approved"]
    inquiry = people.inquiry_after(*event_types)

    assert inquiry.version == 7
    assert list(inquiry.events.values_list("seq", "event_type", "from_status", "to_status")) == [
        (1, "submitted", "draft", "under_processing"),
        (2, "claimed", "under_processing", "under_processing"),
        (3, "returned", "under_processing", "returned_to_applicant"),
        (4, "resubmitted", "returned_to_applicant", "returned_by_applicant"),
        (5, "returned", "returned_by_applicant", "returned_to_applicant"),
        (6, "resubmitted", "returned_to_applicant", "returned_by_applicant"),
        (7, "approved", "returned_by_applicant", "processed"),
    ]


def test_assignee_follows_claim_assign_and_release(people, inquiry_in):
    assignees = {"claimed": people.colleague, "assigned": people.colleague, "released": None}
    statuses = ("under_processing", "returned_by_applicant")
    for status, (event_type, assignee) in product(statuses, assignees.items()):
        with undone():
            by = people.colleague if event_type == "claimed" else None
            after = people.do(event_type, inquiry_in(status, event_type), by=by)
            assert after.assignee == assignee, (status, event_type)


def test_only_the_assignee_can_answer(people, inquiry_in):
    answers = ("replied", "returned", "approved", "rejected")
    for status, event_type in product(("under_processing", "returned_by_applicant"), answers):
        refused = refusal_of(people, event_type, inquiry_in(status), by=people.colleague)
        assert refused.message == ASSIGN_FIRST


# Rows and messages


def test_reply_is_kept_once_and_event_holds_its_digest(people, inquiry_in):
    for event_type, kind in REPLY_KINDS.items():
        with undone():
            before = {"resubmitted": "returned_to_applicant"}
            before |= dict.fromkeys(("reopened", "asked_back"), "processed")
            inquiry = inquiry_in(before.get(event_type, "under_processing"))
            earlier = set(inquiry.replies.values_list("pk", flat=True))
            idempotency_key = uuid.uuid4()

            for _click in range(2):
                people.do(event_type, inquiry, idempotency_key=idempotency_key)

            reply = inquiry.replies.exclude(pk__in=earlier).get()
            expected = (kind, people.actor_of(event_type), TEXT, None)
            assert (reply.kind, reply.author, reply.text, reply.read_at) == expected, event_type
            # The digest of an applicant's event covers the text and the documents.
            content = [TEXT] if event_type in APPLICANT_EVENTS else TEXT
            event = inquiry.events.filter(event_type=event_type).get()
            assert event.content_digest == digest_of(content), event_type
            assert all(TEXT not in str(event) for event in inquiry.events.values()), event_type


def test_applicants_event_digest_covers_documents(people, inquiry_in):
    inquiry = inquiry_in("returned_to_applicant")
    first = factories.attached(inquiry)
    second = factories.attached(inquiry, factories.picture(size=(80, 40)))
    content = [TEXT, first.sha256, second.sha256]
    for event_type in ("resubmitted", "withdrawn"):
        with undone():
            people.do(event_type, inquiry)
            event = inquiry.events.get(event_type=event_type)
            assert event.content_digest == digest_of(content), event_type


@pytest.mark.both_engines
def test_events_form_a_digest_chain(people):
    inquiry = people.inquiry_after(
        *("claimed", "noted", "replied", "released", "assigned", "withdrawn", "noted")
    )
    before = ""
    for seq, event in enumerate(inquiry.events.all(), start=1):
        assert (event.seq, event.previous_digest) == (seq, before)
        assert event.digest == event.computed_digest()
        before = event.digest
    assert seq == inquiry.version == 8
    inquiry.refresh_from_db()
    assert inquiry.last_digest == before


def test_applicant_is_notified_in_their_language(people, inquiry_in):
    before = {
        "submitted": "draft",
        "resubmitted": "returned_to_applicant",
        **dict.fromkeys(("reopened", "asked_back", "closed"), "processed"),
    }
    person = people.applicant
    for language, address in product(("en", "ar"), ("", "aslam@example.org")):
        person.language, person.email = language, address
        person.save(update_fields=["language", "email"])
        for event_type in (*NOTICES[language], *SILENT):
            inquiry = inquiry_in(before.get(event_type, "under_processing"))
            expected = messages_about(inquiry)
            if event_type in NOTICES[language]:
                day = both_in_text(timezone.localdate() + timedelta(days=30), language)
                text = NOTICES[language][event_type].format(inquiry.reference, day=day)
                subject = SUBJECTS[language].format(inquiry.reference)
                expected.append(("sms", str(person.mobile), language, "", text))
                if address:
                    expected.append(("email", address, language, subject, text))
            # The actor may use the pages in the other language.
            with undone(), translation.override("en" if language == "ar" else "ar"):
                people.do(event_type, inquiry)
                assert messages_about(inquiry) == expected, (event_type, language, address)


# Another version than the current one


@pytest.mark.both_engines
def test_stale_version_is_refused_with_changes_listed(people, inquiry_in):
    old = inquiry_in("under_processing")
    people.do("noted", people.do("replied", old))
    name = people.officer.username
    for event_type in ("released", "assigned", "noted", "replied", "approved"):
        refused = refusal_of(people, event_type, old)
        told = changed(f"Answered ({name}), Internal note ({name})")
        assert (refused.message, refused.code) == (told, "stale"), event_type
    with translation.override("ar"):
        assert refusal_of(people, "approved", old).message == (
            f"تغيّر الطلب بعد فتح الصفحة: تم الرد على الطلب ({name})، ملاحظة داخلية ({name}). "
            "يرجى الاطلاع عليه من جديد قبل المتابعة."
        )


def test_an_applicant_who_withdrew_in_another_tab_is_told_so(people, inquiry_in):
    for event_type, status in (
        ("resubmitted", "returned_to_applicant"),
        ("withdrawn", "under_processing"),
    ):
        old = inquiry_in(status)
        people.do("withdrawn", old)
        assert refusal_of(people, event_type, old).message == changed("Withdrawn"), event_type


def test_future_version_is_refused(people, inquiry_in):
    for event_type in ("claimed", "approved", "withdrawn"):
        with undone():
            inquiry = inquiry_in("under_processing", event_type)
            refusal_of(people, event_type, inquiry, expected_version=inquiry.version + 1)


# Internal events


def test_internal_content_is_hidden_from_residents(people):
    beneficiary = factories.UserFactory()
    factories.link(people.applicant.identity, beneficiary.identity)
    inquiry = factories.filed(people.applicant, beneficiary=beneficiary.identity)
    for event_type in ("claimed", "noted", "released", "assigned"):
        inquiry = people.do(event_type, inquiry)

    for reader in (people.applicant, beneficiary):
        browser = signed_in(reader)
        for page in ("my/", "inquiries/", f"inquiries/{inquiry.reference}/"):
            shown = words(browser.get(f"/en/{page}"))
            for internal in (TEXT, "Internal note", "Given back", "by a supervisor", "officer-"):
                assert internal not in shown


def test_timeline_shows_every_public_event(people):
    inquiry = people.inquiry_after(
        *("claimed", "replied", "returned", "noted", "resubmitted", "approved", "closed")
    )
    shown = signed_in(people.applicant).get(f"/en/inquiries/{inquiry.reference}/").context["events"]
    assert [event.get_event_type_display() for event in shown] == [
        *("Filed", "Assigned to an officer", "Answered", "Returned to applicant"),
        *("Answered by the applicant", "Approved", "Closed"),
    ]
