"""Documents that leave quarantine, while others release, remove or decide at the same moment."""

import uuid
from functools import partial

import pytest
from django.core.files.storage import storages

from requests_app import actions
from requests_app.actions import quarantine, scan_quarantined
from requests_app.models import Attachment, AttachmentQuerySet, Inquiry, Reply
from tests import factories
from tests.races.inquiries import notices, remove
from tests.races.together import at_once, event_types_of, now, told
from tests.requests_app.files import paths_in
from tests.requests_app.malware import FakeScanner, malware
from tests.requests_app.people import TEXT, act
from tests.requests_app.refusals import changed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REMOVED = "A document was removed, as it contained malware"
MALWARE_NOTICE = "contained malware and was removed. Sign in to read more."


@pytest.fixture
def scanner(monkeypatch):
    return FakeScanner(monkeypatch.setattr)


@pytest.fixture
def draft(scanner):
    """A draft with a document in quarantine, of which the scanner is back."""
    factories.document_type()
    return in_quarantine(scanner, factories.picture())


def in_quarantine(scanner, upload):
    inquiry = factories.draft()
    factories.attached(inquiry, upload)
    scanner.is_away = False
    return inquiry


def files():
    """Return how many files lie where documents are opened from, and how many in quarantine."""
    return len(paths_in("private")), len(paths_in("quarantine"))


@pytest.mark.parametrize("_round", range(3))
def test_two_workers_release_once(draft, guards, _round):
    inquiry = factories.submitted(draft)
    # Both have read the file before one of them writes.
    guards.wait_after(quarantine, "_read", parties=2)

    assert sorted(at_once(scan_quarantined, scan_quarantined)) == [0, 1]

    assert event_types_of(inquiry) == ["submitted", "checked"]
    assert files() == (1, 0)
    assert storages["private"].exists(inquiry.attachments.get().stored_name)


def test_control_without_conditional_update_a_copy_stays(draft, guards):
    guards.take_out_row_locks()
    guards.look_before_writing(AttachmentQuerySet, parties=2, only_if_changes="status")

    assert at_once(scan_quarantined, scan_quarantined) == [1, 1]

    assert files() == (3, 0)  # with one of the preview


def remove_against_release(draft, guards):
    """Let the worker release the document while its sender is about to delete its row."""
    return guards.run_during(
        Attachment, "delete", first=partial(remove, draft), second=scan_quarantined
    )


def test_document_that_is_removed_is_not_released(draft, guards):
    assert remove_against_release(draft, guards) == [None, 0]

    assert not Attachment.objects.exists()
    assert files() == (0, 0)


def test_control_without_lock_the_file_of_the_removed_document_stays(draft, guards):
    guards.take_out_row_locks()

    assert remove_against_release(draft, guards) == [None, 1]

    assert not Attachment.objects.exists()
    assert files() == (2, 0)  # with its preview


@pytest.fixture
def supervisor(db):
    return factories.supervisor(username="supervisor")


@pytest.fixture
def infected(scanner, supervisor):
    """An inquiry of the supervisor, who may decide without its document in quarantine."""
    scanner.is_away = True
    factories.document_type()
    draft = in_quarantine(scanner, malware())
    return act("claimed", factories.submitted(draft), supervisor)


def approve(inquiry, supervisor):
    return actions.approve(
        actor=supervisor,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text=TEXT,
        idempotency_key=uuid.uuid4(),
    )


def test_approval_after_the_removal_is_refused(infected, supervisor, guards):
    results = guards.run_during(
        quarantine,
        "tell_infected",
        first=scan_quarantined,
        second=partial(approve, infected, supervisor),
    )

    returned = "Returned to applicant (the portal)"
    assert told(results) == [changed(f"{REMOVED} (the portal), {returned}")]
    assert event_types_of(infected) == ["submitted", "claimed", "infected", "returned"]
    assert len(notices(infected)) == 1
    assert notices(infected)[0].endswith(MALWARE_NOTICE)


def approve_against_removal(infected, supervisor, guards):
    """Let the worker look at the inquiry while the supervisor is about to write their answer."""
    return guards.run_during(
        Reply.objects,
        "create",
        first=partial(approve, infected, supervisor),
        second=scan_quarantined,
    )


def test_removal_after_the_approval_goes_to_a_supervisor(infected, supervisor, guards):
    approved, removed = approve_against_removal(infected, supervisor, guards)

    assert (approved.status, removed) == ("processed", 1)
    assert event_types_of(infected) == ["submitted", "claimed", "approved", "infected"]
    assert list(Inquiry.objects.to_look_at_again()) == [infected]
    assert len(notices(infected)) == 2
    assert files() == (0, 0)


def test_control_without_lock_the_removal_does_not_see_the_approval(infected, supervisor, guards):
    guards.take_out_row_locks()

    results = approve_against_removal(infected, supervisor, guards)

    assert told(results) == [changed("Approved")]
    assert event_types_of(infected) == ["submitted", "claimed", "approved"]
    assert not Inquiry.objects.to_look_at_again().exists()
