"""Every event in every status of an inquiry: the next status, the writes and the refusals."""

import uuid

import pytest
from django.utils import translation

from core.digests import digest_of
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app.models import Inquiry, InquiryEvent
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.people import APPLICANT_EVENTS, TEXT, People, traces

pytestmark = pytest.mark.both_engines

# Where each event leads from each status. The assigned officer causes the desk's events, with two
# exceptions: a colleague claims the inquiry, after its release where that is possible, and a
# supervisor assigns it to that colleague.
TABLE = """
            | draft      | processing   | to_applicant | by_applicant | processed | closed
submitted   | processing | sent         | sent         | sent         | sent      | sent
claimed     | unseen     | same         | taken        | same         | taken     | taken
released    | unseen     | same         | no           | same         | no        | no
assigned    | unsuited   | same         | no           | same         | no        | no
noted       | unseen     | same         | same         | same         | same      | same
replied     | unseen     | same         | no           | same         | no        | no
returned    | unseen     | to_applicant | no           | to_applicant | no        | no
resubmitted | no         | no           | by_applicant | no           | no        | no
approved    | unseen     | approved     | no           | approved     | no        | no
rejected    | unseen     | rejected     | no           | rejected     | no        | no
closed      | unseen     | no           | no           | no           | closed    | no
withdrawn   | no         | withdrawn    | withdrawn    | withdrawn    | no        | no
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
    "unseen": "You cannot work on an inquiry of your own.",
    "unsuited": "{colleague} may not work on this inquiry. Choose another officer.",
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

REPLY_KINDS = {
    **dict.fromkeys(("replied", "returned", "approved", "rejected"), "answer"),
    "noted": "note",
    **dict.fromkeys(("resubmitted", "withdrawn"), "from_applicant"),
}

# The text of each notice to the applicant. SILENT lists the events without one, because they are
# internal or no news to the applicant.
NOTICES = {
    "submitted": {
        "en": "Tawasul: we have received your inquiry {}, Services for residents. "
        "We will text you when it is answered.",
        "ar": "تواصل: تم استلام طلبك {}، الخدمات الخاصة بالمقيمين. ستصلك رسالة نصية عند الرد عليه.",
    },
    "replied": {
        "en": "Tawasul: there is an answer to your inquiry {}. Sign in to read it.",
        "ar": "تواصل: تم الرد على طلبك {}. للاطلاع على الرد يرجى تسجيل الدخول.",
    },
    "returned": {
        "en": "Tawasul: your inquiry {} needs something from you. Sign in to read what, "
        "and answer.",
        "ar": "تواصل: طلبك {} بانتظار ردك. يرجى تسجيل الدخول للاطلاع على المطلوب والرد.",
    },
    "approved": {
        "en": "Tawasul: your inquiry {} has been approved. Sign in to read the answer.",
        "ar": "تواصل: تمت الموافقة على طلبك {}. للاطلاع على الرد يرجى تسجيل الدخول.",
    },
    "rejected": {
        "en": "Tawasul: your inquiry {} has been rejected. Sign in to read the reason.",
        "ar": "تواصل: نأسف لإبلاغك برفض طلبك {}. للاطلاع على السبب يرجى تسجيل الدخول.",
    },
    "withdrawn": {
        "en": "Tawasul: your inquiry {} has been withdrawn, as you asked.",
        "ar": "تواصل: تم سحب طلبك {} بناءً على رغبتك.",
    },
}
SUBJECTS = {"en": "Tawasul: your inquiry {}", "ar": "تواصل: طلبك {}"}
SILENT = ["claimed", "released", "assigned", "noted", "resubmitted", "closed"]


@pytest.fixture
def people(db):
    return People()


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
    assert known == {
        (status, event_type) for status in Inquiry.Status for event_type in InquiryEvent.EventType
    }
    assert len(known) == len(ALLOWED) + len(REFUSED) + 5


@pytest.mark.parametrize(("status", "event_type", "next_status", "outcome"), ALLOWED)
def test_event_leads_to_status_in_table(people, status, event_type, next_status, outcome):
    before, after, actor = people.try_out(event_type, status)

    after.refresh_from_db()
    assert (after.status, after.outcome) == (next_status, outcome)
    assert after.version == before.version + 1
    assert (after.processed_at is not None) == bool(outcome)
    event = after.events.last()
    assert (event.seq, event.actor, event.event_type) == (after.version, actor, event_type)
    assert event.role == ("applicant" if event_type in APPLICANT_EVENTS else "officer")
    assert (event.from_status, event.to_status) == (status, next_status)


@pytest.mark.parametrize(("status", "event_type", "sentence"), REFUSED)
def test_event_not_allowed_in_status_is_refused(people, status, event_type, sentence):
    inquiry = people.inquiry_in(status, to_be_claimed=event_type == "claimed")
    before = traces(inquiry)

    with pytest.raises(RuleViolation) as refused:
        people.do(event_type, inquiry, by=people.colleague if event_type == "claimed" else None)

    assert refused.value.message == sentence.format(
        officer=people.officer.username,
        colleague=people.colleague.username,
        status=dict(STATUSES.values())[status],
    )
    assert traces(inquiry) == before


@pytest.mark.parametrize("status", [status for status, event_type, cell in CELLS if cell == "sent"])
def test_submitting_filed_inquiry_changes_nothing(people, status):
    inquiry = people.inquiry_in(status)
    before = traces(inquiry)

    assert people.do("submitted", inquiry) == inquiry

    assert traces(inquiry) == before


@pytest.mark.parametrize(
    ("event_types", "outcome"),
    [
        (["withdrawn"], "withdrawn"),
        (["claimed", "released", "withdrawn"], "withdrawn"),
        (["claimed", "rejected", "closed"], "rejected"),
        (["claimed", "returned", "resubmitted", "approved", "closed", "noted"], "approved"),
        (["claimed", "returned", "withdrawn", "noted"], "withdrawn"),
    ],
)
def test_closed_inquiry_keeps_its_outcome(people, event_types, outcome):
    closed = people.inquiry_after(*event_types)

    assert (closed.status, closed.outcome) == ("closed", outcome)
    decided = closed.events.get(event_type=outcome)
    assert closed.events.get(seq=decided.seq - 1).at <= closed.processed_at <= decided.at


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


@pytest.mark.parametrize("event_type", ["claimed", "assigned", "released"])
def test_assignee_follows_claim_assign_and_release(people, event_type):
    assignees = {"claimed": people.colleague, "assigned": people.colleague, "released": None}
    for status in ("under_processing", "returned_by_applicant"):
        assert people.try_out(event_type, status)[1].assignee == assignees[event_type]


@pytest.mark.parametrize("status", ["under_processing", "returned_by_applicant"])
@pytest.mark.parametrize("event_type", ["replied", "returned", "approved", "rejected"])
def test_only_the_assignee_can_answer(people, event_type, status):
    inquiry = people.inquiry_in(status)
    before = traces(inquiry)

    with pytest.raises(RuleViolation) as refused:
        people.do(event_type, inquiry, by=people.colleague)

    assert traces(inquiry) == before
    assert refused.value.message == ASSIGN_FIRST


# Rows and messages


@pytest.mark.parametrize("event_type", REPLY_KINDS)
def test_reply_is_kept_once_and_event_holds_its_digest(people, event_type):
    status = "returned_to_applicant" if event_type == "resubmitted" else "under_processing"
    inquiry = people.inquiry_in(status)
    earlier = set(inquiry.replies.values_list("pk", flat=True))
    idempotency_key = uuid.uuid4()

    for _click in range(2):
        people.do(event_type, inquiry, idempotency_key=idempotency_key)

    reply = inquiry.replies.exclude(pk__in=earlier).get()
    assert (reply.kind, reply.author, reply.text, reply.read_at) == (
        *(REPLY_KINDS[event_type], people.actor_of(event_type)),
        *(TEXT, None),
    )
    # The digest of an applicant's event covers the text and the documents.
    content = [TEXT] if event_type in APPLICANT_EVENTS else TEXT
    assert inquiry.events.filter(event_type=event_type).get().content_digest == digest_of(content)
    for event in inquiry.events.values():
        assert TEXT not in str(event)


@pytest.mark.parametrize("event_type", ["resubmitted", "withdrawn"])
def test_applicants_event_digest_covers_documents(people, event_type):
    inquiry = people.inquiry_in("returned_to_applicant")
    first = factories.attached(inquiry)
    second = factories.attached(inquiry, factories.picture(size=(80, 40)))

    people.do(event_type, inquiry)

    content = [TEXT, first.sha256, second.sha256]
    assert inquiry.events.get(event_type=event_type).content_digest == digest_of(content)


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


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("address", ["", "aslam@example.org"])
@pytest.mark.parametrize("event_type", [*NOTICES, *SILENT])
def test_applicant_is_notified_in_their_language(db, event_type, address, language):
    people = People(email=address, language=language)
    status = {
        "submitted": "draft",
        "resubmitted": "returned_to_applicant",
        "closed": "processed",
    }.get(event_type, "under_processing")
    inquiry = people.inquiry_in(status)
    already = len(messages_about(inquiry))
    # The actor may use the pages in the other language.
    with translation.override("en" if language == "ar" else "ar"):
        people.do(event_type, inquiry)

    expected = []
    if event_type in NOTICES:
        text = NOTICES[event_type][language].format(inquiry.reference)
        subject = SUBJECTS[language].format(inquiry.reference)
        expected.append(("sms", str(people.applicant.mobile), language, "", text))
        if address:
            expected.append(("email", address, language, subject, text))
    assert messages_about(inquiry)[already:] == expected


# Internal events


def test_internal_content_is_hidden_from_residents(db):
    beneficiary = factories.UserFactory()
    people = People()
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
