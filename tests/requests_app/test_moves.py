"""Every deed on an inquiry in every status: where it leads, what it writes, why it is refused."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.utils import translation

from core.digests import digest_of
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent, Reply
from tests import factories
from tests.conftest import signed_in, words

TEXT = "The receipt of the payment, with its number and its day."

# Where each deed leads from each status. The desk's deeds are those of the officer who has the
# inquiry; a claim is a colleague's, of an inquiry that was given back where that is possible, and
# a supervisor assigns it to that colleague.
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
# The code of each status, and how it is called on the screen.
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
    """Each status, deed and cell of the table."""
    head, *rows = [[cell.strip() for cell in row.split("|")] for row in TABLE.split("\n")[1:-1]]
    for deed, *row in rows:
        for status, cell in zip(head[1:], row, strict=True):
            yield STATUSES[status][0], deed, cell


CELLS = list(cells())
LEADS_ON = [
    (status, deed, *NEXT.get(cell, (status, OUTCOME_SO_FAR.get(status, ""))))
    for status, deed, cell in CELLS
    if cell == "same" or cell in NEXT
]
REFUSED = [(status, deed, REFUSALS[cell]) for status, deed, cell in CELLS if cell in REFUSALS]

# How an inquiry that was filed comes into each status.
WAYS = {
    "under_processing": ["claimed"],
    "returned_to_applicant": ["claimed", "returned"],
    "returned_by_applicant": ["claimed", "returned", "resubmitted"],
    "processed": ["claimed", "approved"],
    "closed": ["claimed", "approved", "closed"],
}
WITHOUT_TEXT = {
    "claimed": actions.claim,
    "released": actions.release,
    "assigned": actions.assign,
    "closed": actions.close,
}
WITH_TEXT = {
    "noted": actions.note,
    "replied": actions.reply,
    "returned": actions.send_back,
    "resubmitted": actions.answer_return,
    "approved": actions.approve,
    "rejected": actions.reject,
    "withdrawn": actions.withdraw,
}
OF_THE_APPLICANT = ("submitted", "resubmitted", "withdrawn")
KIND_OF_REPLY = {
    **dict.fromkeys(("replied", "returned", "approved", "rejected"), "answer"),
    "noted": "note",
    **dict.fromkeys(("resubmitted", "withdrawn"), "from_applicant"),
}

# What the applicant is told, and where: not of what is no news to them, and of nothing internal.
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


class People:
    """Who does what: the applicant, the officer who has the inquiry, two others at the desk."""

    def __init__(self, **applicant):
        self.applicant = factories.UserFactory(**applicant)
        self.officer = factories.OfficerFactory()
        self.colleague = factories.OfficerFactory()
        self.supervisor = factories.OfficerFactory()
        self.supervisor.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))

    def who_does(self, deed):
        if deed in OF_THE_APPLICANT:
            return self.applicant
        return {"assigned": self.supervisor}.get(deed, self.officer)

    def do(self, deed, inquiry, *, by=None, seen=None, key=None):
        """The inquiry after it, on the page of somebody who has just opened theirs."""
        actor = by or self.who_does(deed)
        if deed == "submitted":
            return self.send(inquiry)
        fields = {"seen": inquiry.version if seen is None else seen}
        if deed == "assigned":
            fields["officer"] = self.colleague
        if deed in WITH_TEXT:
            return WITH_TEXT[deed](
                actor=actor, inquiry=inquiry, text=TEXT, key=key or uuid.uuid4(), **fields
            )
        return WITHOUT_TEXT[deed](actor=actor, inquiry=inquiry, **fields)

    def send(self, inquiry):
        if inquiry.is_draft:
            return factories.submitted(inquiry)
        return actions.submit(
            actor=self.applicant, inquiry=inquiry, session_key="another", guess="000000"
        )

    def inquiry_after(self, *deeds):
        inquiry = factories.filed(self.applicant)
        for deed in deeds:
            inquiry = self.do(deed, inquiry)
        return inquiry

    def inquiry_in(self, status, *, to_be_claimed=False):
        if status == "draft":
            return factories.draft(self.applicant)
        inquiry = self.inquiry_after(*WAYS[status])
        assert inquiry.status == status
        if to_be_claimed and inquiry.is_at_the_desk:
            inquiry = self.do("released", inquiry)
        return inquiry

    def try_out(self, deed, status):
        """The inquiry in this status, the same after the deed, and whose the deed was."""
        before = self.inquiry_in(status, to_be_claimed=deed == "claimed")
        actor = self.colleague if deed == "claimed" else self.who_does(deed)
        return before, self.do(deed, before, by=actor), actor


@pytest.fixture
def people(db):
    return People()


def traces(inquiry):
    """All that a deed could leave behind."""
    return (
        Inquiry.objects.values().get(pk=inquiry.pk),
        list(InquiryEvent.objects.values()),
        list(Reply.objects.values()),
        list(Message.objects.about(inquiry.reference).values()),
    )


def written_about(inquiry):
    """What went to the applicant: channel, recipient, language, subject, text."""
    return list(
        Message.objects.about(inquiry.reference).values_list(
            "channel", "recipient", "language", "subject", "text"
        )
    )


def changed(what):
    return f"This inquiry has changed since you opened it: {what}. Read it again first."


# Where each deed leads


def test_the_table_knows_every_status_and_every_deed():
    known = {(status, deed) for status, deed, _cell in CELLS}
    assert known == {(status, deed) for status in Inquiry.Status for deed in InquiryEvent.Deed}
    assert len(known) == len(LEADS_ON) + len(REFUSED) + 5


@pytest.mark.parametrize(("status", "deed", "next_status", "outcome"), LEADS_ON)
def test_a_deed_leads_where_the_table_says_and_is_recorded(
    people, status, deed, next_status, outcome
):
    before, after, actor = people.try_out(deed, status)

    after.refresh_from_db()
    assert (after.status, after.outcome) == (next_status, outcome)
    assert after.version == before.version + 1
    assert (after.processed_at is not None) == bool(outcome)
    event = after.events.last()
    assert (event.seq, event.actor, event.deed) == (after.version, actor, deed)
    assert event.role == ("applicant" if deed in OF_THE_APPLICANT else "officer")
    assert (event.from_status, event.to_status) == (status, next_status)


@pytest.mark.parametrize(("status", "deed", "sentence"), REFUSED)
def test_a_deed_that_does_not_fit_the_status_is_refused_and_leaves_no_trace(
    people, status, deed, sentence
):
    inquiry = people.inquiry_in(status, to_be_claimed=deed == "claimed")
    before = traces(inquiry)

    with pytest.raises(RuleViolation) as refused:
        people.do(deed, inquiry, by=people.colleague if deed == "claimed" else None)

    assert refused.value.message == sentence.format(
        officer=people.officer.username,
        colleague=people.colleague.username,
        status=dict(STATUSES.values())[status],
    )
    assert traces(inquiry) == before


@pytest.mark.parametrize("status", [status for status, deed, cell in CELLS if cell == "sent"])
def test_who_sends_a_filed_inquiry_again_gets_it_as_it_is(people, status):
    inquiry = people.inquiry_in(status)
    before = traces(inquiry)

    assert people.do("submitted", inquiry) == inquiry

    assert traces(inquiry) == before


@pytest.mark.parametrize(
    ("deeds", "outcome"),
    [
        (["withdrawn"], "withdrawn"),
        (["claimed", "released", "withdrawn"], "withdrawn"),
        (["claimed", "rejected", "closed"], "rejected"),
        (["claimed", "returned", "resubmitted", "approved", "closed", "noted"], "approved"),
        (["claimed", "returned", "withdrawn", "noted"], "withdrawn"),
    ],
)
def test_what_is_closed_keeps_its_outcome(people, deeds, outcome):
    closed = people.inquiry_after(*deeds)

    assert (closed.status, closed.outcome) == ("closed", outcome)
    decided = closed.events.get(deed=outcome)
    assert closed.events.get(seq=decided.seq - 1).at <= closed.processed_at <= decided.at


def test_an_inquiry_is_returned_as_often_as_it_takes(people):
    deeds = ["claimed", "returned", "resubmitted", "returned", "resubmitted", "approved"]
    inquiry = people.inquiry_after(*deeds)

    assert inquiry.version == 7
    assert list(inquiry.events.values_list("seq", "deed", "from_status", "to_status")) == [
        (1, "submitted", "draft", "under_processing"),
        (2, "claimed", "under_processing", "under_processing"),
        (3, "returned", "under_processing", "returned_to_applicant"),
        (4, "resubmitted", "returned_to_applicant", "returned_by_applicant"),
        (5, "returned", "returned_by_applicant", "returned_to_applicant"),
        (6, "resubmitted", "returned_to_applicant", "returned_by_applicant"),
        (7, "approved", "returned_by_applicant", "processed"),
    ]


@pytest.mark.parametrize("deed", ["claimed", "assigned", "released"])
def test_whose_it_is_follows_from_who_took_it_up_or_gave_it(people, deed):
    has_it = {"claimed": people.colleague, "assigned": people.colleague, "released": None}
    for status in ("under_processing", "returned_by_applicant"):
        assert people.try_out(deed, status)[1].assignee == has_it[deed]


@pytest.mark.parametrize("status", ["under_processing", "returned_by_applicant"])
@pytest.mark.parametrize("deed", ["replied", "returned", "approved", "rejected"])
def test_only_whose_it_is_answers_and_others_are_told_to_take_it_up_first(people, deed, status):
    inquiry = people.inquiry_in(status)
    before = traces(inquiry)

    with pytest.raises(RuleViolation) as refused:
        people.do(deed, inquiry, by=people.colleague)

    assert traces(inquiry) == before
    assert refused.value.message == ASSIGN_FIRST


# What each deed writes


@pytest.mark.parametrize("deed", KIND_OF_REPLY)
def test_what_is_typed_is_kept_once_and_the_event_holds_its_digest_alone(people, deed):
    status = "returned_to_applicant" if deed == "resubmitted" else "under_processing"
    inquiry = people.inquiry_in(status)
    earlier = set(inquiry.replies.values_list("pk", flat=True))
    key = uuid.uuid4()

    for _click in range(2):
        people.do(deed, inquiry, key=key)

    reply = inquiry.replies.exclude(pk__in=earlier).get()
    assert (reply.kind, reply.author, reply.text, reply.read_at) == (
        *(KIND_OF_REPLY[deed], people.who_does(deed)),
        *(TEXT, None),
    )
    # What an applicant sends is words and documents.
    content = [TEXT] if deed in OF_THE_APPLICANT else TEXT
    assert inquiry.events.filter(deed=deed).get().content_digest == digest_of(content)
    for event in inquiry.events.values():
        assert TEXT not in str(event)


@pytest.mark.parametrize("deed", ["resubmitted", "withdrawn"])
def test_the_event_of_what_an_applicant_sends_holds_the_digest_of_its_documents_too(people, deed):
    inquiry = people.inquiry_in("returned_to_applicant")
    first = factories.attached(inquiry)
    second = factories.attached(inquiry, factories.picture(size=(80, 40)))

    people.do(deed, inquiry)

    content = [TEXT, first.sha256, second.sha256]
    assert inquiry.events.get(deed=deed).content_digest == digest_of(content)


def test_each_event_holds_the_digest_of_the_one_before_and_the_inquiry_the_last(people):
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
@pytest.mark.parametrize("deed", [*NOTICES, *SILENT])
def test_the_applicant_is_told_in_their_language_and_by_mail_where_there_is_an_address(
    db, deed, address, language
):
    people = People(email=address, language=language)
    status = {
        "submitted": "draft",
        "resubmitted": "returned_to_applicant",
        "closed": "processed",
    }.get(deed, "under_processing")
    inquiry = people.inquiry_in(status)
    already = len(written_about(inquiry))
    # Whoever does it may read the pages in the other language.
    with translation.override("en" if language == "ar" else "ar"):
        people.do(deed, inquiry)

    expected = []
    if deed in NOTICES:
        text = NOTICES[deed][language].format(inquiry.reference)
        subject = SUBJECTS[language].format(inquiry.reference)
        expected.append(("sms", str(people.applicant.mobile), language, "", text))
        if address:
            expected.append(("email", address, language, subject, text))
    assert written_about(inquiry)[already:] == expected


# What is internal


def test_what_is_internal_stands_on_no_page_of_those_whom_it_is_not_for(db):
    beneficiary = factories.UserFactory()
    people = People()
    factories.link(people.applicant.identity, beneficiary.identity)
    inquiry = factories.filed(people.applicant, beneficiary=beneficiary.identity)
    for deed in ("claimed", "noted", "released", "assigned"):
        inquiry = people.do(deed, inquiry)

    for reader in (people.applicant, beneficiary):
        browser = signed_in(reader)
        for page in ("my/", "inquiries/", f"inquiries/{inquiry.reference}/"):
            shown = words(browser.get(f"/en/{page}"))
            for internal in (TEXT, "Internal note", "Given back", "by a supervisor", "officer-"):
                assert internal not in shown


def test_every_event_that_is_not_internal_stands_in_the_timeline(people):
    inquiry = people.inquiry_after(
        *("claimed", "replied", "returned", "noted", "resubmitted", "approved", "closed")
    )
    shown = signed_in(people.applicant).get(f"/en/inquiries/{inquiry.reference}/").context["events"]
    assert [event.get_deed_display() for event in shown] == [
        *("Filed", "Assigned to an officer", "Answered", "Returned to applicant"),
        *("Answered by the applicant", "Approved", "Closed"),
    ]


# A page older than a change


@pytest.mark.parametrize("deed", ["released", "assigned", "noted", "replied", "approved"])
def test_who_has_not_seen_the_latest_changes_nothing_and_is_told_what_has_changed(people, deed):
    old = people.inquiry_in("under_processing")
    new = people.do("noted", people.do("replied", old))
    before = traces(new)

    with pytest.raises(RuleViolation) as refused:
        people.do(deed, old)

    name = people.officer.username
    assert refused.value.message == changed(f"Answered ({name}), Internal note ({name})")
    assert refused.value.code == "stale"
    assert traces(new) == before


def test_what_has_changed_is_told_in_the_language_of_the_page(people):
    old = people.inquiry_in("under_processing")
    people.do("noted", people.do("replied", old))
    with translation.override("ar"), pytest.raises(RuleViolation) as refused:
        people.do("approved", old)
    name = people.officer.username
    assert refused.value.message == (
        f"تغيّر الطلب بعد فتح الصفحة: تم الرد على الطلب ({name})، ملاحظة داخلية ({name}). "
        "يرجى الاطلاع عليه من جديد قبل المتابعة."
    )


@pytest.mark.parametrize(
    ("deed", "status"),
    [("resubmitted", "returned_to_applicant"), ("withdrawn", "under_processing")],
)
def test_an_applicant_who_withdrew_in_another_tab_is_told_so(people, deed, status):
    old = people.inquiry_in(status)
    new = people.do("withdrawn", old)
    before = traces(new)

    with pytest.raises(RuleViolation) as refused:
        people.do(deed, old)

    assert refused.value.message == changed("Withdrawn")
    assert traces(new) == before


@pytest.mark.parametrize("deed", ["claimed", "approved", "withdrawn"])
def test_nobody_has_seen_a_version_that_is_yet_to_come(people, deed):
    inquiry = people.inquiry_in("under_processing", to_be_claimed=deed == "claimed")
    before = traces(inquiry)
    with pytest.raises(RuleViolation):
        people.do(deed, inquiry, seen=inquiry.version + 1)
    assert traces(inquiry) == before
