"""Documents that came while the virus scanner was away: kept apart, then released or removed."""

import logging
import re
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone

from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import attachments, quarantine, scan_quarantined
from requests_app.models import Attachment, Inquiry
from requests_app.scanner import Outcome, Verdict
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, answer, buttons_on, desk_of, listed, now, press
from tests.requests_app.files import names_on, paths_in, photo, stored_files
from tests.requests_app.malware import FakeScanner, malware
from tests.requests_app.people import act, after
from tests.requests_app.refusals import changed
from tests.requests_app.steps import add_documents, confirm, form_on, page_of
from tests.requests_app.test_document_files import grow_older
from tests.worlds import undone

WAITS = "It is being checked for viruses and cannot be opened yet."
REMOVED = "It was removed, as it contained malware."
UNREAD = (
    "“{}” is still being checked for viruses and cannot be opened yet. "
    "Decide once it can, or ask a supervisor to decide without it."
)
NOTICES = {
    "en": "Tawasul: a document of your inquiry {} contained malware and was removed. "
    "Sign in to read more.",
    "ar": "تواصل: أزيل أحد مستندات طلبك {} لاحتوائه على برنامج خبيث. "
    "يرجى تسجيل الدخول للاطلاع على التفاصيل.",
}
SENT_BACK = (
    "A document of this inquiry was removed, as it contained malware, and the inquiry has been "
    "returned to you. Send another copy if it is needed, and answer."
)
DAY = 24 * 60 * 60


@pytest.fixture
def scanner(monkeypatch):
    """A scanner that is away until the test brings it back."""
    return FakeScanner(monkeypatch.setattr)


@pytest.fixture
def scan(scanner):
    """Return a function that brings the scanner back and scans what waits."""

    def scan():
        scanner.is_away = False
        return scan_quarantined()

    return scan


@pytest.fixture
def draft(resident, scanner):
    """A draft of the resident, whose documents come while the scanner is away."""
    factories.document_type()
    return factories.draft(resident)


@pytest.fixture
def supervisor(db):
    return factories.supervisor(username="supervisor")


def quarantined_files():
    return [path.read_bytes() for path in paths_in("quarantine")]


def documents_on(page):
    """Return the words of each document on a page of its sender."""
    files = re.search(r'(?s)<ul class="files">(.*?)</ul>', page.content.decode())
    return [words(row) for row in re.findall(r"(?s)<li>(.*?)</li>", files[1])] if files else []


def opened(browser, *addresses):
    """Return the status and the words of each answer."""
    found = []
    for page in map(browser.get, addresses):
        page.getvalue()  # Otherwise the file stays open.
        found.append((page.status_code, words(page) if page.status_code == 409 else ""))
    return found


def doors(attachment):
    """Return the addresses of a document for its sender, and those for officers."""
    sender = page_of(attachment.inquiry, f"documents/{attachment.pk}")
    staff = f"{QUEUE}{attachment.inquiry_id}/documents/{attachment.pk}/"
    page = f"{staff}pages/1/"
    return (sender, f"{sender}preview/"), (staff, page, f"{page}picture/")


def closed_with(told, browser, *addresses):
    return all(status == 409 and told in said for status, said in opened(browser, *addresses))


def event_types_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))


def since_filed(inquiry):
    """Return the texts about the inquiry after the receipt."""
    return list(Message.objects.about(inquiry.reference).values_list("text", flat=True))[1:]


def test_document_is_kept_apart_shown_as_waiting_and_released(
    draft, as_resident, as_officer, officer, scan
):
    page = add_documents(as_resident, draft, factories.picture())
    waits = f"passport.jpg {WAITS}"
    assert documents_on(page) == [
        f"JPEG {waits} You can go on meanwhile. Remove passport.jpg",
    ]
    assert f"JPEG Supporting proof {waits}" in documents_on(
        as_resident.get(page_of(draft, "review"))
    )
    attachment = draft.attachments.get()
    (kept,) = quarantined_files()
    assert stored_files() == []
    assert kept.startswith(b"\xff\xd8"), "it was re-encoded nevertheless"

    inquiry = factories.submitted(draft)
    of_sender, of_staff = doors(attachment)
    assert documents_on(as_resident.get(page_of(inquiry))) == [f"JPEG Supporting proof {waits}"]
    not_yet = "This document cannot be opened yet It is being checked for viruses. Try again later."
    assert closed_with(not_yet, as_resident, *of_sender)
    assert closed_with(not_yet, as_officer, *of_staff)
    assert opened(signed_in(factories.UserFactory()), *of_sender) == [(404, "")] * 2
    desk = as_officer.get(desk_of(inquiry))
    assert f"Supporting proof: passport.jpg {WAITS}" in words(desk)
    assert names_on(desk) == []

    before = since_filed(inquiry)
    assert scan() == 1
    assert scan() == 0
    assert (stored_files(), quarantined_files()) == ([kept], [])
    assert event_types_of(inquiry) == ["submitted", "checked"]
    assert not inquiry.events.public().filter(event_type="checked").exists()
    assert since_filed(inquiry) == before, "nobody is told"
    for browser, addresses in ((as_resident, of_sender), (as_officer, of_staff)):
        assert {status for status, _said in opened(browser, *addresses)} == {200}
    for browser, address in ((as_resident, page_of(inquiry)), (as_officer, desk_of(inquiry))):
        page = browser.get(address)
        assert names_on(page) == ["passport.jpg"]
        assert WAITS not in words(page)


def test_infected_document_of_a_draft_is_told_on_its_page_alone(draft, as_resident, resident, scan):
    draft.service.documents.add(factories.document_type())
    add_documents(as_resident, draft, malware(), photo("passport.jpg"))
    ask_for_code(as_resident, draft)
    code = factories.code_sent_to(resident)
    messages = Message.objects.count()
    assert scan() == 2
    page = as_resident.get(page_of(draft, "documents"))
    infected, _clean = documents_on(page)
    assert infected == f"PDF invoice.pdf {REMOVED} Remove invoice.pdf"
    assert names_on(page) == ["passport.jpg"]
    assert quarantined_files() == []
    assert len(stored_files()) == 1
    attachment = draft.attachments.infected().get()
    gone = "This document has been removed It contained malware."
    assert closed_with(gone, as_resident, *doors(attachment)[0])
    assert Message.objects.count() == messages
    assert not draft.events.exists()
    # What the code was to confirm has changed.
    changed_since = (
        "The inquiry has changed since this code was sent. "
        "Check your answers and ask for a new code."
    )
    assert errors_on(confirm(as_resident, draft, code)) == [changed_since]
    with undone():
        # It counts no longer, neither for what is missing nor for what there is room for.
        actions.remove(actor=resident, inquiry=draft, pk=draft.attachments.kept().get().pk)
        missing = as_resident.get(page_of(draft, "documents"))
        assert "Before you can go on, this is still needed: Supporting proof" in words(missing)
        actions.remove(actor=resident, inquiry=draft, pk=attachment.pk)
        assert not draft.attachments.exists()
    factories.let_a_minute_pass(resident)
    inquiry = factories.submitted(draft)
    assert [each.original_name for each in inquiry.attachments.all()] == ["passport.jpg"]


def test_document_that_turned_out_to_be_infected_is_not_taken_again(draft, as_resident, scanner):
    add_documents(as_resident, draft, malware())
    scanner.is_away = False
    scan_quarantined()
    scanner.is_away = True
    for _time in range(2):
        page = add_documents(as_resident, draft, malware("again.pdf"))
        assert errors_on(page) == [
            "“again.pdf” contains malware and was not added. Do not open it. "
            "Photograph the paper, or have your device checked and send a clean copy."
        ]
        assert (stored_files(), quarantined_files()) == ([], [])


@pytest.mark.parametrize("language", ["en", "ar"])
def test_inquiry_at_the_desk_is_returned_by_itself(
    draft, as_resident, resident, officer, as_officer, scan, scanner, language
):
    resident.language = language
    resident.save(update_fields=["language"])
    factories.attached(draft, malware())
    inquiry = act("claimed", factories.submitted(draft), officer)
    told = since_filed(inquiry)
    assert scan() == 1
    returned = now(inquiry)
    assert event_types_of(inquiry) == ["submitted", "claimed", "infected", "returned"]
    digest = inquiry.attachments.get().sha256
    assert (
        list(inquiry.events.filter(seq__gt=2).values_list("role", "actor", "content_digest"))
        == [("portal", None, digest)] * 2
    )
    assert (returned.status, returned.assignee) == ("returned_to_applicant", officer)
    assert returned.remind_at - timezone.now() > timedelta(days=6)
    assert since_filed(inquiry) == [*told, NOTICES[language].format(inquiry.reference)]
    # From a page that was opened before.
    with pytest.raises(RuleViolation) as refused:
        act("approved", inquiry, officer)
    which = "A document was removed, as it contained malware (the portal)"
    assert refused.value.message == changed(f"{which}, Returned to applicant (the portal)")
    assert f"invoice.pdf {REMOVED}" in words(as_officer.get(desk_of(inquiry)))

    page = as_resident.get(page_of(inquiry))
    assert SENT_BACK in words(page)
    assert documents_on(page) == [f"PDF Supporting proof invoice.pdf {REMOVED}"]
    address = page_of(inquiry, "answer")
    page = as_resident.get(address)
    assert "so the inquiry has been returned to you. Send another copy below" in words(page)
    files = {"document_type": "supporting-proof", "files": [factories.picture()]}
    form = form_on(page, "A photograph of the paper.", **files)
    Inquiry.objects.filter(pk=inquiry.pk).update(due_on="2026-01-04")
    as_resident.post(address, form)
    answered = now(inquiry)
    assert answered.status == "returned_by_applicant"
    assert answered.due_on > timezone.localdate()
    assert SENT_BACK not in words(as_resident.get(page_of(inquiry)))


def test_inquiry_that_waits_for_its_applicant_stays_with_them(
    draft, resident, officer, as_resident, scan, scanner
):
    """One document was sent before the return, another one waits to be sent with the answer."""
    factories.attached(draft, malware("sent.pdf"))
    inquiry = after(factories.submitted(draft), officer, "claimed", "returned")
    factories.attached(inquiry, factories.picture())
    told = since_filed(inquiry)
    assert scan() == 2
    assert now(inquiry).status == "returned_to_applicant"
    # A document that nobody has received yet is no event.
    assert event_types_of(inquiry)[3:] == ["infected"]
    assert since_filed(inquiry) == [*told, NOTICES["en"].format(inquiry.reference)]
    page = as_resident.get(page_of(inquiry))
    assert "An officer has returned this inquiry to you." in words(page)
    assert f"PDF Supporting proof sent.pdf {REMOVED}" in documents_on(page)
    # The form of before is good still: the applicant's events alone would make it old.
    scanner.is_away = True
    factories.attached(inquiry, malware("unsent.pdf", b"another "))
    scan()
    _clean, infected = documents_on(as_resident.get(page_of(inquiry, "answer")))
    assert infected == (
        f"PDF Supporting proof unsent.pdf {REMOVED} Move up unsent.pdf Remove unsent.pdf"
    )
    assert event_types_of(inquiry)[3:] == ["infected"]
    act("resubmitted", now(inquiry), resident)
    names = inquiry.attachments.values_list("original_name", flat=True)
    assert sorted(names) == ["passport.jpg", "sent.pdf"]


def test_officer_does_not_decide_on_what_cannot_be_read(draft, officer, as_officer, scan):
    factories.attached(draft)
    inquiry = act("claimed", factories.submitted(draft), officer)
    for decision in ("approve", "reject"):
        page = answer(as_officer, inquiry, decision)
        assert UNREAD.format("passport.jpg") in notices_on(page)
        assert now(inquiry).version == inquiry.version
        assert since_filed(inquiry) == []
    for name in ("replied", "noted", "returned"):
        with undone():
            act(name, inquiry, officer)
    assert scan() == 1
    assert "You can ask for more meanwhile" not in words(as_officer.get(desk_of(inquiry)))
    assert answer(as_officer, inquiry, "approve").status_code == 200
    assert now(inquiry).outcome == "approved"


@pytest.mark.parametrize("events", [["approved"], ["rejected"], ["approved", "closed"]])
def test_decided_inquiry_goes_to_a_supervisor(draft, supervisor, as_officer, scan, events):
    factories.attached(draft, malware())
    inquiry = act("claimed", factories.submitted(draft), supervisor)
    as_supervisor = signed_in_staff(supervisor)
    assert "As a supervisor you can also decide without it." in words(
        as_supervisor.get(desk_of(inquiry))
    )
    decided = after(inquiry, supervisor, *events)
    told = since_filed(inquiry)
    to_look_at = {"queue": "all", "again": "yes"}
    assert listed(as_supervisor, **to_look_at) == []
    assert scan() == 1
    found = now(inquiry)
    assert (found.status, found.outcome) == (decided.status, decided.outcome)
    assert event_types_of(inquiry)[-1] == "infected"
    assert since_filed(inquiry) == [*told, NOTICES["en"].format(inquiry.reference)]
    assert listed(as_supervisor, **to_look_at) == [inquiry.reference]
    first_page = "1 Decided, then a document was removed"
    assert first_page in words(as_supervisor.get("/en/staff/"))
    reason = "A document was removed after the decision because it contained malware"
    desk = as_supervisor.get(desk_of(inquiry))
    assert reason in words(desk)
    # Others read it too, and have nothing to press.
    assert reason in words(as_officer.get(desk_of(inquiry)))
    assert "Mark as reviewed" not in buttons_on(as_officer.get(desk_of(inquiry)))
    assert "Decided, then" not in words(as_officer.get("/en/staff/"))
    assert "decisions to review" not in words(as_officer.get(QUEUE))
    page = press(as_supervisor, inquiry, "look_again")
    assert "The decision has been reviewed." in words(page)
    assert reason not in words(page)
    assert listed(as_supervisor, **to_look_at) == []
    assert "Mark as reviewed" not in buttons_on(page)
    assert event_types_of(inquiry)[-1] == "looked_again"
    assert not inquiry.events.public().filter(event_type="looked_again").exists()


def test_withdrawn_inquiry_is_nothing_to_look_at_again(draft, resident, scan):
    factories.attached(draft, malware())
    inquiry = act("withdrawn", factories.submitted(draft), resident)
    assert scan() == 1
    assert event_types_of(inquiry) == ["submitted", "withdrawn", "infected"]
    assert now(inquiry).look_again_since is None


def test_a_document_that_cannot_be_scanned_keeps_no_other_waiting(
    draft, scanner, monkeypatch, caplog
):
    for width in range(60, 64):
        factories.attached(draft, photo(f"{width}.jpg", width))
    waiting = draft.attachments.quarantined()
    first, second, third, last = waiting
    of = {each.pk: quarantine._read(each.stored_name) for each in waiting}
    storages["quarantine"].delete(third.stored_name)

    def scan(content, seconds):
        verdict = scanner.scan(content)
        return Verdict(Outcome.UNABLE) if content == of[first.pk] else verdict

    assert scan_quarantined() == 0, "it is away"
    scanner.is_away = False
    monkeypatch.setattr(quarantine.scanner, "scan", scan)
    assert scan_quarantined() == 2
    assert scanner.scanned == [of[first.pk], of[second.pk], of[last.pk]], "the oldest first"
    assert list(waiting.all()) == [first, third]
    missing = f"a file of document {third.pk} is missing in quarantine"
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == [
        missing
    ]
    assert scan_quarantined() == 0
    assert len(scanner.scanned) == 3, "not at once again"
    monkeypatch.setattr(quarantine.scanner, "scan", scanner.scan)
    later = timezone.now() + quarantine.PAUSE
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert scan_quarantined() == 1
    assert list(waiting.all()) == [third]


def test_the_scanner_that_goes_away_again_ends_the_run(draft, scanner, monkeypatch):
    for width in range(60, 63):
        factories.attached(draft, photo(f"{width}.jpg", width))

    def scan(content, seconds):
        verdict = scanner.scan(content)
        scanner.is_away = True
        return verdict

    scanner.is_away = False
    monkeypatch.setattr(quarantine.scanner, "scan", scan)
    assert scan_quarantined() == 1
    scanner.is_away = False
    monkeypatch.setattr(quarantine.scanner, "scan", scanner.scan)
    assert scan_quarantined() == 2, "the others wait no longer than until it is back"


def test_files_in_quarantine_go_with_their_document_and_without_a_row(
    draft, resident, scan, monkeypatch
):
    first = factories.attached(draft, photo("first.jpg"))
    factories.attached(draft, photo("second.jpg", 61))
    storages["quarantine"].save("ab/of-nothing", photo("third.jpg", 62))

    def fail(*_arguments, **_fields):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(quarantine, "_lock", fail)
        with pytest.raises(ZeroDivisionError):
            scan()
    # Nobody knows which files the rows have; the copies of the previews count too.
    assert (len(stored_files()), len(quarantined_files())) == (4, 3)
    call_command("sweep_documents")
    assert (len(stored_files()), len(quarantined_files())) == (4, 3)
    grow_older(DAY + 60)
    call_command("sweep_documents")
    assert (len(stored_files()), len(quarantined_files())) == (0, 2)
    actions.remove(actor=resident, inquiry=draft, pk=first.pk)
    assert len(quarantined_files()) == 1
    actions.delete_draft(actor=resident, inquiry=draft)
    assert quarantined_files() == []
    assert not Attachment.objects.exists()


def test_unsent_documents_in_quarantine_go_with_a_withdrawal(draft, resident, officer):
    inquiry = after(factories.submitted(draft), officer, "claimed", "returned")
    factories.attached(inquiry)
    act("withdrawn", now(inquiry), resident)
    assert quarantined_files() == []


def test_infected_documents_take_no_room(draft, scan, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_DOCUMENTS", 1)
    factories.attached(draft, malware())
    scan()
    factories.attached(draft, photo("60.jpg", 60))
    with pytest.raises(RuleViolation):
        factories.attached(draft, photo("61.jpg", 61))
