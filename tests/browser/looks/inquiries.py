"""The looks of inquiries for applicants: filing, following, answering and withdrawing."""

import datetime
import uuid

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from appointments.models import OpeningWindow
from core.accounts.models import Identity, Session
from core.catalogue.models import DocumentType, Service
from requests_app import actions
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.browser.looks import Group, look, people
from tests.browser.looks.steps import (
    choose_file,
    enter,
    open_all,
    press,
    send,
    send_code,
    send_nothing,
    send_refused,
)
from tests.browser.looks.tables import looks
from tests.portal.invitations import invited
from tests.requests_app.files import pdf, upload
from tests.requests_app.malware import FakeScanner, malware

MANY = 30
SHOWN = ("drafts", "waiting", "open", "finished")
OTHER_MOBILE = {"mobile": people.OTHER_MOBILE, "description": "{description}"}
# The addresses of prepared inquiries, by their names.
DRAFT, READY, MOBILE, MISSING, UNFIT, SCANNED, TWICE, OF_WORKER, RETURNED, OPEN = (
    f"inquiries/{{{name}.reference}}/"
    for name in (
        *("draft", "ready", "other_mobile", "missing", "unfit", "scanned", "same_again"),
        *("of_worker", "returned", "open"),
    )
)


def prepare(language):
    call_command("load_reference", verbosity=0)
    factories.expectation(Service.objects.get(slug="resident-services"), 11)
    resident = people.resident(language, email="aslam@example.com")
    palm = people.establishment(resident.identity)
    beneficiary = people.beneficiary(language, employer=resident)
    child, other = Identity.objects.get(name_en=people.CHILD), beneficiary.identity
    drafts = {
        "draft": written(resident, "resident-services", is_ready=False),
        "ready": written(resident, "resident-services", beneficiary=child),
        "other_mobile": written(resident, "resident-id-issue", is_ready=False),
        "missing": written(resident, "iqama-renew"),
        "scanned": with_documents(written(resident, "resident-services", beneficiary=other)),
        "same": written(resident, "final-exit-visa"),
        "same_again": written(resident, "final-exit-visa"),
        "unfit": written(resident, "sponsorship-transfer"),
    }
    filed = filed_in_every_status(resident, language)
    asked = asked_to_come(resident)
    of_beneficiary = submitted(written(resident, "resident-services", beneficiary=other))
    filed_for_worker = submitted(for_a_worker(resident, palm))
    worker = people.former_worker(language, resident)
    passed_on = submitted(written(resident, "resident-services", beneficiary=worker.identity))
    people.leave(worker)
    people.many_like(filed["under_processing"], MANY)
    people.deliver_everything()
    return {
        "browsers": {
            "resident": people.acting_for(None, resident),
            "newcomer": verified(people.newcomer(language)),
            "employer": people.acting_for(palm, resident),
            "beneficiary": verified(beneficiary),
            "former_worker": verified(worker),
            "returner": verified(resident),
            "employer_of_many": verified(people.employer_of_many(language)),
        },
        **drafts,
        **filed,
        **through_quarantine(resident, factories.supervisor(username="supervisor")),
        **asked,
        "of_beneficiary": of_beneficiary,
        "passed_on": passed_on,
        "of_worker": for_a_worker(resident, palm),
        "filed_for_worker": filed_for_worker,
        "description": people.DESCRIPTIONS[language],
        "answer": people.ANSWERS[language],
    }


def written(applicant, slug, *, is_ready=True, beneficiary=None):
    """Return a draft in the language of its applicant."""
    service = Service.objects.get(slug=slug)
    draft = factories.draft(applicant, service, beneficiary, is_ready=False)
    return explained(draft) if is_ready else draft


def explained(draft):
    description = people.DESCRIPTIONS[draft.applicant.language]
    fields = {**factories.details_of(draft, description=description), "mobile": draft.mobile}
    actions.save_details(actor=draft.applicant, inquiry=draft, **fields)
    return draft


def for_a_worker(resident, palm):
    """Return a draft that is filed through the establishment."""
    draft = actions.start(
        actor=resident,
        holder=palm,
        beneficiary=Identity.objects.get(name_en=people.WORKER),
        service=Service.objects.get(slug="sponsored-services"),
        idempotency_key=uuid.uuid4(),
    )
    return explained(draft)


def with_documents(inquiry):
    name = people.FILES[inquiry.applicant.language]
    kind = DocumentType.objects.get(slug="supporting-proof")
    factories.attached(inquiry, factories.picture(name, size=(600, 400)), kind)
    second = factories.attached(inquiry, upload("2.pdf", pdf()), kind)
    # As if it were signed, and had three pages.
    Attachment.objects.filter(pk=second.pk).update(
        pages=3,
        original_stored_name=uuid.uuid4().hex,
        original_size=48_000,
        signatures=people.SIGNATURES,
    )
    return inquiry


def submitted(draft):
    inquiry = factories.submitted(draft)
    factories.let_a_minute_pass(draft.applicant)
    return inquiry


def filed_in_every_status(resident, language):
    """Return a filed inquiry in every status, by name."""
    officer = people.officer("1000000016", "سارة عبدالله الشهري", "Sarah Abdullah Alshehri")

    def filed(slug="resident-services"):
        return submitted(written(resident, slug))

    def did(action, inquiry, actor=officer):
        inquiry.refresh_from_db()
        said = {"text": people.ANSWERS[language], "idempotency_key": uuid.uuid4()}
        return action(actor=actor, inquiry=inquiry, expected_version=inquiry.version, **said)

    def claimed():
        inquiry = filed()
        return actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)

    returned, answered, unanswered = (did(actions.send_back, claimed()) for _each in range(3))
    Inquiry.objects.filter(pk=unanswered.pk).update(ends_at=timezone.now())
    actions.end_inquiries()
    closed = did(actions.reject, claimed())
    return {
        "under_processing": filed(),
        "with_scans": submitted(with_documents(written(resident, "resident-services"))),
        "replied": did(actions.reply, claimed()),
        "returned": returned,
        "answered": did(actions.answer_return, answered, resident),
        "added": did(actions.add_message, claimed(), resident),
        "approved": did(actions.approve, claimed()),
        "asked": did(actions.ask_back, did(actions.approve, claimed()), resident),
        "rejected": did(actions.reject, claimed()),
        "withdrawn": did(actions.withdraw, filed(), resident),
        "review": did(actions.ask_for_review, did(actions.reject, claimed()), resident),
        "unanswered": unanswered,
        "closed": actions.close(actor=officer, inquiry=closed, expected_version=closed.version),
        "open": filed(),
    }


def asked_to_come(resident):
    """Return inquiries whose person is asked to come to an office, with and without a visit."""
    call_command("load_offices", verbosity=0)
    officer = factories.OfficerFactory()
    hours = OpeningWindow.objects.filter(office__region__slug="riyadh").first()

    def asked():
        inquiry = submitted(written(resident, "resident-services"))
        inquiry = actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
        invited(inquiry)
        return inquiry

    comes = asked()
    slot = places.slot(timezone.localdate() + datetime.timedelta(days=2), of=hours)
    places.confirmed(resident, slot=slot, service=comes.service)
    return {"comes": comes, "asked": asked()}


def through_quarantine(resident, supervisor):
    """Return inquiries whose documents came while the virus scanner was away, by name.

    Where it was back meanwhile, a document was removed.
    """

    def document(inquiry, *uploads):
        kind = DocumentType.objects.get(slug="supporting-proof")
        for each in uploads:
            factories.attached(inquiry, each, kind)
        return inquiry

    def ready():
        return written(resident, "resident-services")

    def claimed(inquiry):
        version = {"expected_version": inquiry.version}
        return actions.claim(actor=supervisor, inquiry=inquiry, **version)

    with pytest.MonkeyPatch.context() as patch:
        scanner = FakeScanner(patch.setattr)
        draft = document(ready(), malware())
        removed, again = (claimed(submitted(document(ready(), malware()))) for _each in range(2))
        said = {"text": people.ANSWERS[resident.language], "idempotency_key": uuid.uuid4()}
        actions.approve(actor=supervisor, inquiry=again, expected_version=again.version, **said)
        scanner.is_away = False
        actions.scan_quarantined()
        scanner.is_away = True
        name = people.FILES[resident.language]
        document(draft, factories.picture(name))
        unread = claimed(submitted(document(ready(), factories.picture(name))))
    return {
        "unscanned": draft,
        "removed": removed,
        "again": again,
        "unread": unread,
        "closed_document": unread.attachments.get(),
    }


def close_service_to_residents(visitor, things):
    """Close the service to residents after the draft was begun."""
    Service.objects.filter(pk=things["unfit"].service_id).update(beneficiary_kinds=["citizen"])
    visitor.page.reload()


def end_session(visitor, _things):
    Session.objects.filter(session_key=visitor.cookie(settings.SESSION_COOKIE_NAME)).delete()


def no_picture():
    return b"<html>"


def press_found(visitor, _things):
    """Choose the first of the people found."""
    visitor.click(visitor.page.locator("main .rows a").first)


LISTS = (
    look("my-page", "resident", "my/"),
    look("my-page-empty", "newcomer", "my/"),
    look("my-page-acting", "employer", "my/"),
    look("my-page-of-a-beneficiary", "beneficiary", "my/"),
    look("inquiries", "resident", "inquiries/"),
    look("inquiries-last-page", "resident", "inquiries/?page=3"),
    look("inquiries-none", "newcomer", "inquiries/"),
    *(look(f"inquiries-{show}", "resident", f"inquiries/?show={show}") for show in SHOWN),
    *(look(f"inquiries-{show}-none", "newcomer", f"inquiries/?show={show}") for show in SHOWN),
)
FILING = (
    look("new", "resident", "inquiries/new/"),
    look("new-for-oneself-alone", "newcomer", "inquiries/new/"),
    look("new-about-a-service", "resident", "inquiries/new/?service=iqama-renew"),
    look("new-not-open", "newcomer", "inquiries/new/?service=absconding-cancel"),
    look("new-not-open-to-workers", "employer", "inquiries/new/?service=visit-visa-extend-ye-sy"),
    look(
        "new-already-open",
        "resident",
        "inquiries/new/?service=resident-services",
        press("Next"),
    ),
    look("new-empty", "resident", "inquiries/new/", send_nothing("Next")),
    look("new-acting", "employer", "inquiries/new/"),
    *looks(
        "employer_of_many",
        ("new-person", "inquiries/new/"),
        ("new-person-found", "inquiries/new/", send("Search", words="3"), press_found),
    ),
    *looks(
        "resident",
        ("subject", f"{DRAFT}subject/"),
        ("subject-person", f"{DRAFT}subject/person/"),
        ("subject-empty", f"{DRAFT}subject/", send_nothing("Next")),
        ("details", f"{DRAFT}details/", open_all),
        ("details-filled", f"{READY}details/"),
        ("details-empty", f"{DRAFT}details/", send_nothing("Next")),
    ),
    look(
        "details-after-the-session-ended",
        "returner",
        f"{DRAFT}details/",
        enter(description="{description}"),
        end_session,
        press("Next"),
        send("Continue", login="aslam", **people.GOOD),
        send_code("Sign in"),
    ),
    *looks(
        "resident",
        ("details-begun-twice", "inquiries/{same.reference}/details/"),
        ("details-no-longer-for-them", f"{UNFIT}details/", close_service_to_residents),
        ("mobile-to-confirm", f"{MOBILE}details/", send("Next", **OTHER_MOBILE)),
        ("mobile-to-confirm-empty", f"{MOBILE}mobile/", send_nothing("Confirm the mobile")),
        ("mobile-to-confirm-wrong", f"{MOBILE}mobile/", send("Confirm the mobile", code="000000")),
        ("documents", f"{DRAFT}documents/"),
        ("documents-missing", f"{MISSING}documents/"),
        ("documents-chosen", f"{DRAFT}documents/", choose_file("2.pdf", pdf)),
        (
            "documents-refused",
            f"{DRAFT}documents/",
            *(choose_file("2.jpg", no_picture), send_refused("Add")),
        ),
        ("documents-added", f"{SCANNED}documents/"),
        ("documents-in-quarantine", "inquiries/{unscanned.reference}/documents/"),
        ("review", f"{SCANNED}review/"),
        ("review-in-quarantine", "inquiries/{unscanned.reference}/review/"),
    ),
    look("details-acting", "employer", f"{OF_WORKER}details/"),
    look("review-acting", "employer", f"{OF_WORKER}review/"),
    *looks(
        "resident",
        ("review-not-ready", f"{DRAFT}review/", press("Confirm request")),
        ("confirm", f"{READY}review/", press("Confirm request")),
        ("confirm-empty", f"{READY}confirm/", send_nothing("Send")),
        ("confirm-wrong", f"{READY}confirm/", send("Send", code="000000")),
        ("confirm-too-soon", f"{READY}confirm/", press("Send another code")),
        ("confirm-without-a-code", f"{MISSING}confirm/"),
        ("filed", f"{READY}confirm/", send_code("Send")),
        ("delete", f"{TWICE}delete/"),
        ("deleted", f"{TWICE}delete/", press("Delete the draft")),
    ),
)
ANSWER, WITHDRAW = f"{RETURNED}answer/", f"{OPEN}withdraw/"
ADD, ASK = "inquiries/{added.reference}/add/", "inquiries/{approved.reference}/ask/"
REVIEW = "inquiries/{rejected.reference}/ask-for-review/"
send_answer = send("Send the answer", text="{answer}")
FOLLOWING = (
    look("receipt-acting", "employer", "inquiries/{filed_for_worker.reference}/receipt/"),
    look("inquiry-acting", "employer", "inquiries/{filed_for_worker.reference}/"),
    look("handled", "resident", "inquiries/{with_scans.reference}/handled/"),
    look("receipt", "resident", "inquiries/{with_scans.reference}/receipt/"),
    *(
        look(f"inquiry-{name.replace('_', '-')}", "resident", f"inquiries/{{{name}.reference}}/")
        for name in (
            *("under_processing", "with_scans", "replied", "returned", "answered"),
            *("approved", "rejected", "review", "withdrawn", "unanswered", "closed"),
            *("added", "asked"),
        )
    ),
    look("inquiry-asked-to-come", "resident", "inquiries/{asked.reference}/"),
    look("inquiry-with-a-visit", "resident", "inquiries/{comes.reference}/"),
    look("inquiry-in-quarantine", "resident", "inquiries/{unread.reference}/"),
    look(
        "document-in-quarantine",
        "resident",
        "inquiries/{unread.reference}/documents/{closed_document.pk}/",
        status=409,
    ),
    look("inquiry-returned-by-the-portal", "resident", "inquiries/{removed.reference}/"),
    look("answer-to-the-portal", "resident", "inquiries/{removed.reference}/answer/"),
    look("inquiry-of-a-beneficiary", "beneficiary", "inquiries/{of_beneficiary.reference}/"),
    look("inquiry-no-longer-theirs", "resident", "inquiries/{passed_on.reference}/"),
    look("inquiry-refused", "resident", "inquiries/{passed_on.reference}/withdraw/"),
    look("inquiry-passed-on", "former_worker", "inquiries/{passed_on.reference}/"),
    *looks(
        "resident",
        ("answer", ANSWER),
        ("answer-empty", ANSWER, send_nothing("Send the answer")),
        (
            "answer-refused",
            ANSWER,
            *(choose_file("page-3.jpg", no_picture), send_refused("Send the answer")),
        ),
        ("answer-sent", ANSWER, choose_file("page-2.pdf", pdf), send_answer),
        ("add", ADD),
        ("add-empty", ADD, send_nothing("Send to the officer")),
        ("add-sent", ADD, choose_file("2.pdf", pdf), send("Send to the officer", text="{answer}")),
        ("ask", ASK),
        ("ask-empty", ASK, send_nothing("Send the question")),
        ("ask-sent", ASK, send("Send the question", text="{answer}")),
        ("withdraw", WITHDRAW),
        ("withdraw-empty", WITHDRAW, send_nothing("Withdraw the inquiry")),
        ("ask-for-review", REVIEW),
        ("ask-for-review-empty", REVIEW, send_nothing("Send the request")),
        ("ask-for-review-done", REVIEW, send("Send the request", text="{answer}")),
        ("resume", "inquiries/{withdrawn.reference}/resume/"),
        (
            "resume-done",
            "inquiries/{withdrawn.reference}/resume/",
            press("Take the inquiry up again"),
        ),
        ("withdraw-done", WITHDRAW, send("Withdraw the inquiry", text="{answer}")),
    ),
)

INQUIRIES = Group("inquiries", ("en/inquiries/", "en/my/"), prepare, (LISTS, FILING, FOLLOWING))
