"""A clerk and the person at one draft: what the person does on their phone, and what is sent."""

from functools import partial

import pytest
from django.db import IntegrityError

from core.exceptions import RuleViolation
from requests_app import actions, purposes
from requests_app.actions import submission
from requests_app.models import Inquiry, InquiryQuerySet
from tests import factories
from tests.deeds.inquiries import prepared
from tests.races.inquiries import FILED
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
OTHER_WORDS = "I meant something else: the fee was paid, and the iqama card has never arrived."


def send(draft, actor, session, code):
    return actions.submit(actor=actor, inquiry=now(draft), session_key=session, guess=code)


def code_for(draft, actor, session):
    """Ask for the code as the clerk or the person; return the step that sends the draft with it."""
    shown = {"session_key": session, "shown": draft.content_digest()}
    actions.request_confirmation(actor=actor, inquiry=draft, **shown)
    purpose = purposes.to_file(draft, actor)
    code = factories.code_sent_to(draft.applicant, purpose)
    return partial(send, draft, actor, session, code)


@pytest.fixture
def clerk(db):
    return factories.of_role("clerk", identity=factories.IdentityFactory())


@pytest.fixture
def draft(clerk, resident):
    draft = prepared(resident, clerk, factories.ServiceFactory())
    actions.save_details(actor=clerk, inquiry=draft, **factories.details_of(draft))
    return now(draft)


@pytest.fixture
def at_counter(draft, clerk):
    """The step that sends the draft at the screen of the clerk."""
    return code_for(draft, clerk, "session-of-the-clerk")


@pytest.fixture
def on_phone(draft, resident):
    """The step that sends the draft on the phone of the person."""
    return code_for(draft, resident, "session-of-the-phone")


def edit(draft, actor, description=OTHER_WORDS):
    """Save other details, as from a page that has loaded the draft by itself."""
    details = factories.details_of(draft, description=description)
    actions.save_details(actor=actor, inquiry=now(draft), **details)


def delete(draft):
    actions.delete_draft(actor=draft.applicant, inquiry=now(draft))


@pytest.mark.parametrize("_round", range(5))
def test_sent_at_the_counter_and_on_the_phone_it_is_filed_once(draft, at_counter, on_phone, _round):
    results = at_once(at_counter, on_phone)

    assert told(results) == []
    assert {result.pk for result in results} == {draft.pk}
    assert event_types_of(now(draft)) == ["prepared", "submitted"]


def test_control_without_guards_what_was_filed_would_be_prepared_again(
    draft, at_counter, on_phone, guards
):
    guards.take_out_row_locks()
    guards.act_between_look_and_write(InquiryQuerySet, on_phone)

    with pytest.raises(IntegrityError, match="inquiry_filed_has_events"):
        at_counter()


@pytest.mark.parametrize("_round", range(5))
def test_sent_at_the_counter_while_the_person_edits_one_succeeds(
    draft, resident, at_counter, _round
):
    results = at_once(at_counter, partial(edit, draft, resident))

    inquiry = now(draft)
    if inquiry.is_draft:
        assert told(results) == [actions.preparation_is_over().message]
        assert inquiry.description == OTHER_WORDS
    else:
        assert told(results) == [FILED]
        assert inquiry.description == factories.DESCRIPTION
        assert inquiry.events.last().content_digest == inquiry.content_digest()


def sent_during_edit(guards, draft, resident, at_counter):
    editing = partial(edit, draft, resident)
    return guards.run_during(Inquiry, "save", first=editing, second=at_counter)


def test_sending_waits_for_the_person_who_takes_it_over(draft, resident, at_counter, guards):
    _edited, sending = sent_during_edit(guards, draft, resident, at_counter)

    assert told([sending]) == [actions.preparation_is_over().message]
    assert now(draft).is_draft


def test_control_without_lock_what_the_person_has_taken_over_is_sent(
    draft, resident, at_counter, guards
):
    guards.take_out_row_locks()

    _edited, sending = sent_during_edit(guards, draft, resident, at_counter)

    assert told([sending]) == []
    inquiry = now(draft)
    assert not inquiry.is_draft
    assert inquiry.events.last().content_digest != inquiry.content_digest()


def deleted_during_sending(guards, draft, at_counter):
    deletion = partial(delete, draft)
    return guards.run_during(submission, "_submit", first=at_counter, second=deletion)


def test_deletion_on_the_phone_waits_for_sending_and_is_refused(draft, at_counter, guards):
    filed, deletion = deleted_during_sending(guards, draft, at_counter)

    assert told([deletion]) == [FILED]
    assert event_types_of(filed) == ["prepared", "submitted"]


def test_control_without_lock_what_is_being_sent_is_deleted(draft, at_counter, guards):
    guards.take_out_row_locks()

    with pytest.raises(Inquiry.DoesNotExist):
        deleted_during_sending(guards, draft, at_counter)

    assert not Inquiry.objects.exists()


def sent_during_deletion(guards, draft, at_counter):
    deletion = partial(delete, draft)
    return guards.run_during(Inquiry, "delete", first=deletion, second=at_counter)


def test_sending_waits_for_deletion_and_files_nothing(draft, at_counter, guards):
    deletion, sending = sent_during_deletion(guards, draft, at_counter)

    assert deletion is None
    assert isinstance(sending, RuleViolation)
    assert not Inquiry.objects.exists()


def test_control_without_lock_sending_meets_a_deleted_draft(draft, at_counter, guards):
    guards.take_out_row_locks()

    with pytest.raises(Inquiry.DoesNotExist):
        sent_during_deletion(guards, draft, at_counter)


@pytest.mark.parametrize("_round", range(5))
def test_the_clerk_and_the_person_who_write_at_once_both_write_or_the_clerk_is_told(
    draft, clerk, resident, _round
):
    by_clerk = f"{factories.DESCRIPTION} Nobody has answered."
    results = at_once(partial(edit, draft, clerk, by_clerk), partial(edit, draft, resident))

    # Whoever comes last, the words of the person stand: they have taken it over.
    assert told(results) in ([], [actions.preparation_is_over().message])
    assert now(draft).description == OTHER_WORDS
    assert now(draft).prepared_until is None
