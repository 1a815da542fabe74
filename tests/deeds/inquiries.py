"""The deeds on inquiries."""

import uuid

from django.test import override_settings
from django.utils import timezone

from requests_app import actions as filing
from requests_app import purposes
from requests_app.models import Decision, Inquiry
from tests import factories
from tests.appointments import places
from tests.deeds.rows import (
    AUTHOR,
    DRAFT_SENT,
    KEY,
    OWNERS,
    PASSPORT,
    READERS,
    SPEAKERS,
    WHO_IS_AT_THE_COUNTER,
    act,
    page,
    row,
    versioned,
    written,
)
from tests.portal.invitations import TO_BRING, invited, withdrawn
from tests.requests_app.people import TEXT, after
from tests.requests_app.people import act as act_of


def saved_details(world, role):
    fields = {"mobile": world.draft.mobile}
    filing.save_details(
        actor=getattr(world, role),
        inquiry=world.draft,
        description=factories.DESCRIPTION,
        **fields,
    )
    return True


def removed(world, role):
    filing.remove(actor=getattr(world, role), inquiry=world.returned, pk=world.unsent[1].pk)
    return not world.returned.attachments.filter(pk=world.unsent[1].pk).exists()


def moved_up(world, role):
    filing.move_up(actor=getattr(world, role), inquiry=world.returned, pk=world.unsent[1].pk)
    return list(world.returned.attachments.unsent()) != world.unsent


def marked_read(world, role):
    filing.mark_answers_read(actor=getattr(world, role), inquiry=world.returned)
    return not world.returned.replies.filter(read_at=None).exists()


def messages_read(world, role):
    Inquiry.objects.filter(pk=world.waiting.pk).update(new_since=timezone.now())
    waiting = Inquiry.objects.get(pk=world.waiting.pk)
    filing.mark_messages_read(actor=getattr(world, role), inquiry=waiting)
    return Inquiry.objects.get(pk=waiting.pk).new_since is None


def submitted(world, role):
    filing.submit(
        actor=getattr(world, role), inquiry=world.draft, session_key="s", guess=world.code
    )
    return True


def decided(world):
    """Return what is `taken`, approved by the officer and with ten minutes until that leaves."""
    with override_settings(DECISION_MINUTES=10):
        return act_of("approved", world.taken, world.officer)


def decision_taken_back(world, role):
    inquiry = decided(world)
    filing.take_back(actor=getattr(world, role), inquiry=inquiry, expected_version=inquiry.version)
    return True


def read_a_second_time(action, **fields):
    """Return how a role reads what the officer has refused."""

    def do(world, role):
        with override_settings(SECOND_READING_PERCENT=100):
            inquiry = act_of("rejected", world.taken, world.officer)
        by_version = {"inquiry": inquiry, "expected_version": inquiry.version}
        action(actor=getattr(world, role), **by_version, **fields)
        return True

    return do


def held_back_seen(world, role):
    decisions = decided(world).decisions
    decisions.update(state=Decision.State.HELD_BACK)
    filing.see_held_back(actor=getattr(world, role), decision=decisions.get())
    return decisions.get().seen_at is not None


def confirmed_mobile(world, role):
    filing.confirm_mobile(
        actor=getattr(world, role), inquiry=world.abroad, session_key="s", guess=world.mobile_code
    )
    return True


def new_inquiry(world, role):
    filing.start(
        actor=getattr(world, role),
        holder=world.palm,
        beneficiary=world.worker.identity,
        service=world.service,
        idempotency_key=KEY,
    )
    return True


def draft_for_oneself(world, role):
    user = getattr(world, role)
    if user.identity is None:
        return False
    filing.change_subject(
        actor=user,
        inquiry=world.draft,
        holder=user.identity,
        beneficiary=user.identity,
        service=world.service,
    )
    return True


def exported(world, role, **personal):
    """Ask for a file of all inquiries, as whoever may would on the queue."""
    return filing.request_export(
        actor=getattr(world, role),
        listed=Inquiry.objects.filed(),
        query="queue=all",
        filters="",
        file_format="csv",
        language="en",
        idempotency_key=KEY,
        **{"with_personal": False, **personal},
    )


def prepared(applicant, clerk, service):
    """Begin an inquiry of the applicant at the counter of the clerk."""
    person = applicant.identity
    choice = {"holder": person, "beneficiary": person, "service": service}
    return filing.prepare(
        actor=clerk, person=person, idempotency_key=uuid.uuid4(), **choice, **PASSPORT
    )


def of_inquiry(step="", thing="returned"):
    return lambda world: f"/en/inquiries/{getattr(world, thing).reference}/{step}"


def a_document(step=""):
    return lambda world: of_inquiry(f"documents/{world.sent.pk}/{step}")(world)


INQUIRIES = {
    "start": row(new_inquiry, *SPEAKERS),
    "change_subject": row(draft_for_oneself, AUTHOR),
    "save_details": row(saved_details, AUTHOR),
    "ask_to_confirm_mobile": row(
        act(filing.ask_to_confirm_mobile, "abroad", session_key="t"), AUTHOR
    ),
    "confirm_mobile": row(confirmed_mobile, AUTHOR),
    "delete_draft": row(act(filing.delete_draft, "draft"), AUTHOR),
    "request_confirmation": row(
        act(
            filing.request_confirmation,
            "draft",
            session_key="t",
            shown=lambda world: world.draft.content_digest(),
        ),
        *DRAFT_SENT,
    ),
    "submit": row(submitted, *DRAFT_SENT),
    "attach": row(
        act(
            filing.attach,
            "returned",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        *OWNERS,
    ),
    "attach to a draft": row(
        act(
            filing.attach,
            "draft",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        AUTHOR,
    ),
    # The documents are of the side of the establishment.
    "remove": row(removed, *SPEAKERS),
    "move_up": row(moved_up, *SPEAKERS),
    "begin_preparing": row(
        lambda world, role: filing.begin_preparing(
            actor=getattr(world, role), person=world.stranger.identity, **PASSPORT
        ),
        "clerk manager",
    ),
    "prepare": row(
        lambda world, role: prepared(world.stranger, getattr(world, role), world.service),
        "clerk manager",
    ),
    # The clerk who prepares it, and whose it is.
    "fill in what is prepared": row(
        act(
            filing.save_details,
            "prepared",
            description=factories.DESCRIPTION,
            mobile=lambda world: world.prepared.mobile,
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "choose for what is prepared": row(
        act(
            filing.change_subject,
            "prepared",
            holder=lambda world: world.stranger.identity,
            beneficiary=lambda world: world.stranger.identity,
            service=lambda world: world.service,
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "attach to what is prepared": row(
        act(
            filing.attach,
            "prepared",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "ask for the code of what is prepared": row(
        act(
            filing.request_confirmation,
            "prepared",
            session_key="t",
            shown=lambda world: world.prepared.content_digest(),
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "send what is prepared": row(
        lambda world, role: filing.submit(
            actor=getattr(world, role),
            inquiry=world.prepared,
            session_key="counter",
            guess=world.counter_code,
        ),
        "clerk",
    ),
    "delete what is prepared": row(act(filing.delete_draft, "prepared"), WHO_IS_AT_THE_COUNTER),
    "answer_return": row(written(filing.answer_return, "returned"), *OWNERS),
    "ask_back": row(written(filing.ask_back, "processed"), *OWNERS),
    "add_message": row(written(filing.add_message, "waiting"), *OWNERS),
    "withdraw": row(written(filing.withdraw, "returned"), *OWNERS),
    "ask_for_review": row(written(filing.ask_for_review, "rejected"), *OWNERS),
    "claim a review": row(versioned(filing.claim, "review"), "supervisor"),
    "resume": row(versioned(filing.resume, "withdrawn"), *OWNERS),
    "mark_answers_read": row(marked_read, *OWNERS),
    "claim": row(versioned(filing.claim, "waiting"), "officer supervisor"),
    "release": row(versioned(filing.release, "taken"), "officer"),
    "assign": row(
        versioned(filing.assign, "waiting", officer=lambda world: world.officer), "supervisor"
    ),
    "transfer": row(
        act(
            filing.transfer,
            "taken",
            team=lambda world: factories.team("visas"),
            text=TEXT,
            idempotency_key=KEY,
            expected_version=None,
        ),
        "supervisor",
    ),
    "take_next": row(
        lambda world, role: filing.take_next(actor=getattr(world, role)), "officer supervisor"
    ),
    "note": row(written(filing.note, "taken"), "officer supervisor"),
    **{
        name: row(written(getattr(filing, name), "taken"), "officer")
        for name in ("reply", "send_back", "approve", "reject")
    },
    "take_back": row(decision_taken_back, "officer"),
    "confirm_refusal": row(read_a_second_time(filing.confirm_refusal), "supervisor"),
    "send_refusal_back": row(
        read_a_second_time(filing.send_refusal_back, text=TEXT, idempotency_key=KEY), "supervisor"
    ),
    "see_held_back": row(held_back_seen, "officer"),
    "mark_messages_read": row(messages_read, "officer supervisor"),
    "hand_back": row(act(filing.hand_back, "officer", name="officer"), "keeper"),
    "note_opening": row(act(filing.note_opening, "taken"), "officer supervisor auditor"),
    "hand_over": row(act(filing.hand_over, "officer", name="officer"), "supervisor"),
    "request_export": row(exported, "supervisor"),
    "request_export with personal data": row(
        lambda world, role: exported(world, role, with_personal=True), "supervisor"
    ),
    "note_download": row(act(filing.note_download, "export", name="export"), "supervisor"),
    "close": row(versioned(filing.close, "processed"), "officer supervisor"),
    "reopen": row(written(filing.reopen, "processed"), "supervisor"),
    "look_again": row(versioned(filing.look_again, "to_look_at_again"), "supervisor"),
    "record_invitation": row(
        versioned(filing.record_invitation, "taken", content_digest=""), "officer"
    ),
    "record_withdrawn_invitation": row(
        versioned(filing.record_withdrawn_invitation, "invited"), "officer"
    ),
    "invite": row(
        lambda world, role: invited(world.taken, getattr(world, role), idempotency_key=KEY),
        "officer",
    ),
    "withdraw_invitation": row(
        lambda world, role: withdrawn(world.invited, getattr(world, role)), "officer"
    ),
    "an invitation": row(
        page(lambda world: f"/en/inquiries/{world.invited.reference}/", shows=TO_BRING), *READERS
    ),
    "what was filed": row(
        page(of_inquiry(), shows=factories.DESCRIPTION), "author colleague worker"
    ),
    "what became of it": row(page(of_inquiry(), shows=TEXT), *READERS),
    "its receipt": row(page(of_inquiry("receipt/")), *READERS),
    "who handled it": row(page(of_inquiry("handled/")), *READERS),
    "its documents": row(page(a_document()), *SPEAKERS),
    "their previews": row(page(a_document("preview/")), *SPEAKERS),
    "the page to answer": row(page(of_inquiry("answer/")), *OWNERS),
    "the page to add to it": row(
        page(lambda world: f"/en/inquiries/{world.waiting.reference}/add/"), *OWNERS
    ),
    "the page to ask about it": row(
        page(lambda world: f"/en/inquiries/{world.processed.reference}/ask/"), *OWNERS
    ),
    "the page to withdraw": row(page(of_inquiry("withdraw/")), *OWNERS),
    "the page to ask for a review": row(page(of_inquiry("ask-for-review/", "rejected")), *OWNERS),
    "the page to take it up again": row(page(of_inquiry("resume/", "withdrawn")), *OWNERS),
}


def with_inquiries(world):
    """Add inquiries for the worker that the author has filed, in the statuses of the deeds."""

    def draft(**details):
        made = filing.start(
            actor=world.author,
            holder=world.palm,
            beneficiary=world.worker.identity,
            service=world.service,
            idempotency_key=uuid.uuid4(),
        )
        filing.save_details(
            actor=world.author, inquiry=made, **factories.details_of(made, **details)
        )
        return made

    def filed(*events):
        factories.let_a_minute_pass(world.author)
        return after(factories.submitted(draft()), world.officer, *events)

    sent = draft()
    world.sent = factories.attached(sent)
    world.returned = after(factories.submitted(sent), world.officer, "claimed", "returned")
    world.unsent = [
        factories.attached(world.returned, factories.picture(size=(side, 40))) for side in (50, 51)
    ]
    world.waiting, world.taken, world.invited = filed(), filed("claimed"), filed("claimed")
    places.window(office=world.office)
    invited(world.invited)
    world.invited.refresh_from_db()
    world.withdrawn, world.rejected = filed("withdrawn"), filed("claimed", "rejected")
    world.review = filed("claimed", "rejected", "review_asked")
    world.processed, world.to_look_at_again = (
        filed("claimed", "approved") for _inquiry in range(2)
    )
    Inquiry.objects.filter(pk=world.to_look_at_again.pk).update(look_again_since=timezone.now())
    factories.let_a_minute_pass(world.author)
    world.abroad = draft(mobile="+966500000077")
    filing.ask_to_confirm_mobile(actor=world.author, inquiry=world.abroad, session_key="s")
    world.mobile_code = factories.code_sent_to(world.author, purposes.CONTACT)
    world.export = exported(world, "supervisor")
    world.draft = draft()
    world.code = factories.confirmation(world.draft, "s")
    factories.let_a_minute_pass(world.author)
    with_prepared(world)
    return world


def with_prepared(world):
    """Add a draft that the clerk prepares with the stranger, and the code that sends it there."""
    world.prepared = prepared(world.stranger, world.clerk, world.service)
    filing.save_details(
        actor=world.clerk, inquiry=world.prepared, **factories.details_of(world.prepared)
    )
    filing.request_confirmation(
        actor=world.clerk,
        inquiry=world.prepared,
        session_key="counter",
        shown=world.prepared.content_digest(),
    )
    world.counter_code = factories.code_sent_to(world.stranger, purposes.FILE_COUNTER)
    factories.let_a_minute_pass(world.stranger)
