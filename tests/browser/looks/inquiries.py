"""The looks of inquiries for applicants: filing, following, answering and withdrawing."""

import uuid

from django.conf import settings
from django.core.management import call_command

from core.accounts.models import Identity, Session
from core.catalogue.models import DocumentType, Service
from requests_app import actions
from tests import factories
from tests.appointments.browsing import verified
from tests.browser.looks import Group, look, people
from tests.browser.looks.steps import (
    choose_file,
    enter,
    enter_code,
    open_all,
    press,
    send_nothing,
)
from tests.requests_app.files import pdf

MANY = 30
DRAFT, READY = "inquiries/{draft.reference}/", "inquiries/{ready.reference}/"


def prepare(language):
    call_command("load_reference", verbosity=0)
    resident = people.resident(language)
    palm = people.establishment(resident)
    beneficiary = people.account(
        "noor", people.person("2000000089", "نور خان", "Noor Khan"), language
    )
    factories.link(resident.identity, beneficiary.identity, "host")
    child, other = Identity.objects.get(name_en=people.CHILD), beneficiary.identity
    drafts = {
        "draft": written(resident, "resident-services", is_ready=False),
        "ready": written(resident, "resident-services", beneficiary=child),
        "other_mobile": written(resident, "profession-change", is_ready=False),
        "missing": written(resident, "iqama-renew"),
        "scanned": with_documents(written(resident, "resident-services", beneficiary=other)),
        "same": written(resident, "final-exit-visa"),
        "same_again": written(resident, "final-exit-visa"),
        "unfit": written(resident, "sponsorship-transfer"),
    }
    filed = filed_in_every_status(resident, language)
    of_beneficiary = submitted(
        written(resident, "resident-services", beneficiary=beneficiary.identity)
    )
    filed_for_worker = submitted(for_a_worker(resident, palm))
    people.many_like(filed["under_processing"], MANY)
    people.deliver_everything()
    return {
        "browsers": {
            "resident": verified(resident),
            "newcomer": verified(people.newcomer(language)),
            "employer": people.acting_for(palm, resident),
            "beneficiary": verified(beneficiary),
            "returner": verified(resident),
        },
        **drafts,
        **filed,
        "of_beneficiary": of_beneficiary,
        "of_worker": for_a_worker(resident, palm),
        "filed_for_worker": filed_for_worker,
        "mobile": people.OTHER_MOBILE,
        "password": factories.PASSWORD,
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
    worker = Identity.objects.get(name_en=people.WORKER)
    service = Service.objects.get(slug="sponsored-services")
    draft = actions.start(
        actor=resident,
        holder=palm,
        beneficiary=worker,
        service=service,
        idempotency_key=uuid.uuid4(),
    )
    return explained(draft)


def with_documents(inquiry):
    name = people.FILES[inquiry.applicant.language]
    kind = DocumentType.objects.get(slug="supporting-proof")
    factories.attached(inquiry, factories.picture(name, size=(600, 400)), kind)
    factories.attached(inquiry, factories.picture("2.png", "PNG"), kind)
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
        text, idempotency_key = people.ANSWERS[language], uuid.uuid4()
        return action(
            actor=actor,
            inquiry=inquiry,
            expected_version=inquiry.version,
            text=text,
            idempotency_key=idempotency_key,
        )

    def claimed():
        inquiry = filed()
        return actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)

    returned, answered = (did(actions.send_back, claimed()) for _inquiry in range(2))
    closed = did(actions.reject, claimed())
    return {
        "under_processing": filed(),
        "with_scans": submitted(with_documents(written(resident, "resident-services"))),
        "replied": did(actions.reply, claimed()),
        "returned": returned,
        "answered": did(actions.answer_return, answered, resident),
        "approved": did(actions.approve, claimed()),
        "rejected": did(actions.reject, claimed()),
        "withdrawn": did(actions.withdraw, filed(), resident),
        "closed": actions.close(actor=officer, inquiry=closed, expected_version=closed.version),
        "open": filed(),
    }


def close_service_to_residents(visitor, things):
    """Close the service to residents after the draft was begun."""
    Service.objects.filter(pk=things["unfit"].service_id).update(beneficiary_kinds=["citizen"])
    visitor.page.reload()


def end_session(visitor, _things):
    Session.objects.filter(session_key=visitor.cookie(settings.SESSION_COOKIE_NAME)).delete()


LISTS = (
    look("my-page", "resident", "my/"),
    look("my-page-empty", "newcomer", "my/"),
    look("my-page-acting", "employer", "my/"),
    look("my-page-of-a-beneficiary", "beneficiary", "my/"),
    look("inquiries", "resident", "inquiries/"),
    look("inquiries-last-page", "resident", "inquiries/?page=3"),
    look("inquiries-none", "newcomer", "inquiries/"),
    *(
        look(f"inquiries-{show}", "resident", f"inquiries/?show={show}")
        for show in ("drafts", "waiting", "open", "finished")
    ),
    *(
        look(f"inquiries-{show}-none", "newcomer", f"inquiries/?show={show}")
        for show in ("drafts", "waiting", "open", "finished")
    ),
)
FILING = (
    look("new", "resident", "inquiries/new/"),
    look("new-for-oneself-alone", "newcomer", "inquiries/new/"),
    look("new-about-a-service", "resident", "inquiries/new/?service=iqama-renew"),
    look("new-empty", "resident", "inquiries/new/", send_nothing("Continue")),
    look("new-acting", "employer", "inquiries/new/"),
    look("subject", "resident", f"{DRAFT}subject/"),
    look("subject-empty", "resident", f"{DRAFT}subject/", send_nothing("Continue")),
    look("details", "resident", f"{DRAFT}details/", open_all),
    look("details-filled", "resident", f"{READY}details/"),
    look("details-empty", "resident", f"{DRAFT}details/", send_nothing("Save and continue")),
    look(
        "details-after-the-session-ended",
        "returner",
        f"{DRAFT}details/",
        enter(description="{description}"),
        end_session,
        press("Save and continue"),
        enter(login="aslam", password="{password}"),
        press("Continue"),
        enter_code,
        press("Sign in"),
    ),
    look("details-begun-twice", "resident", "inquiries/{same.reference}/details/"),
    look(
        "details-no-longer-for-them",
        "resident",
        "inquiries/{unfit.reference}/details/",
        close_service_to_residents,
    ),
    look(
        "mobile-to-confirm",
        "resident",
        "inquiries/{other_mobile.reference}/details/",
        enter(mobile="{mobile}", description="{description}"),
        press("Save and continue"),
    ),
    look(
        "mobile-to-confirm-empty",
        "resident",
        "inquiries/{other_mobile.reference}/mobile/",
        send_nothing("Confirm the mobile"),
    ),
    look(
        "mobile-to-confirm-wrong",
        "resident",
        "inquiries/{other_mobile.reference}/mobile/",
        enter(code="000000"),
        press("Confirm the mobile"),
    ),
    look("documents", "resident", f"{DRAFT}documents/"),
    look("documents-missing", "resident", "inquiries/{missing.reference}/documents/"),
    look(
        "documents-empty",
        "resident",
        "inquiries/{missing.reference}/documents/",
        send_nothing("Add"),
    ),
    look(
        "documents-refused",
        "resident",
        f"{DRAFT}documents/",
        choose_file("page-2.jpg", lambda: b"<html>"),
        press("Add"),
    ),
    look("documents-added", "resident", "inquiries/{scanned.reference}/documents/"),
    look("review", "resident", "inquiries/{scanned.reference}/review/"),
    look("details-acting", "employer", "inquiries/{of_worker.reference}/details/"),
    look("review-acting", "employer", "inquiries/{of_worker.reference}/review/"),
    look("review-not-ready", "resident", f"{DRAFT}review/", press("Confirm request")),
    look("confirm", "resident", f"{READY}review/", press("Confirm request")),
    look("confirm-empty", "resident", f"{READY}confirm/", send_nothing("Send inquiry")),
    look(
        "confirm-wrong", "resident", f"{READY}confirm/", enter(code="000000"), press("Send inquiry")
    ),
    look("confirm-too-soon", "resident", f"{READY}confirm/", press("Send another code")),
    look("confirm-without-a-code", "resident", "inquiries/{missing.reference}/confirm/"),
    look("filed", "resident", f"{READY}confirm/", enter_code, press("Send inquiry")),
    look("delete", "resident", "inquiries/{same_again.reference}/delete/"),
    look(
        "deleted",
        "resident",
        "inquiries/{same_again.reference}/delete/",
        press("Delete the draft"),
    ),
)
FOLLOWING = (
    look("receipt-acting", "employer", "inquiries/{filed_for_worker.reference}/receipt/"),
    look("inquiry-acting", "employer", "inquiries/{filed_for_worker.reference}/"),
    look("receipt", "resident", "inquiries/{with_scans.reference}/receipt/"),
    *(
        look(
            f"inquiry-{status.replace('_', '-')}", "resident", f"inquiries/{{{status}.reference}}/"
        )
        for status in (
            *("under_processing", "with_scans", "replied", "returned", "answered"),
            *("approved", "rejected", "withdrawn", "closed"),
        )
    ),
    look("inquiry-of-a-beneficiary", "beneficiary", "inquiries/{of_beneficiary.reference}/"),
    look("answer", "resident", "inquiries/{returned.reference}/answer/"),
    look(
        "answer-empty",
        "resident",
        "inquiries/{returned.reference}/answer/",
        send_nothing("Send the answer"),
    ),
    look(
        "answer-refused",
        "resident",
        "inquiries/{returned.reference}/answer/",
        enter(text="{answer}"),
        choose_file("page-3.jpg", lambda: b"?"),
        press("Send the answer"),
    ),
    look(
        "answer-sent",
        "resident",
        "inquiries/{returned.reference}/answer/",
        enter(text="{answer}"),
        choose_file("page-2.pdf", pdf),
        press("Send the answer"),
    ),
    look("withdraw", "resident", "inquiries/{open.reference}/withdraw/"),
    look(
        "withdraw-empty",
        "resident",
        "inquiries/{open.reference}/withdraw/",
        send_nothing("Withdraw the inquiry"),
    ),
    look(
        "withdraw-done",
        "resident",
        "inquiries/{open.reference}/withdraw/",
        enter(text="{answer}"),
        press("Withdraw the inquiry"),
    ),
)

INQUIRIES = Group("inquiries", ("en/inquiries/", "en/my/"), prepare, (LISTS, FILING, FOLLOWING))
