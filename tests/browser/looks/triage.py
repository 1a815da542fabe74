"""The looks of the staff site: signing in, the triage desk with its queue, and the catalogue."""

import uuid
from datetime import timedelta
from itertools import chain

from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.catalogue.models import DocumentType, Service
from requests_app import actions
from requests_app.models import Export, Inquiry
from tawasul.portal.demo_phone import current_code
from tests import factories
from tests.appointments import places
from tests.browser.looks import Group, people, staff_look
from tests.browser.looks.inquiries import (
    MANY,
    filed_in_every_status,
    submitted,
    through_quarantine,
    with_documents,
    written,
)
from tests.browser.looks.people import GOOD, WRONG
from tests.browser.looks.steps import (
    press,
    press_selected,
    send,
    send_nothing,
    send_nothing_selected,
)
from tests.browser.looks.tables import ON_ANY_SCREEN, pages_of_model, staff_looks
from tests.conftest import signed_in_staff
from tests.portal.invitations import invited

QUEUE, PASSWORD = "requests_app/inquiry/", "password_change/"
DESK = "requests_app/inquiry/{%s.pk}/change/"
NEWLY = "{newly.username}"
MODELS = {
    "service": "catalogue/service/",
    "documenttype": "catalogue/documenttype/",
    "canned": "requests_app/cannedtext/",
}
INVITATION = "requests_app/inquiry/{mine.pk}/invitation/"


def prepare(language):
    call_command("load_reference", verbosity=0)
    resident = people.resident(language, email="aslam@example.com")
    filed = filed_in_every_status(resident, language)
    of_supervisors = ("assign_inquiry", "export_inquiry", "export_personal")
    supervisor = people.officer("1000000024", "خالد القحطاني", "Khalid Alqahtani", *of_supervisors)
    rights = ("open_person", "download_original")
    officer = people.officer("1000000032", "منى الحربي", "Mona Alharbi", *rights)
    mine = submitted(with_documents(written(resident, "resident-services")))
    mine = actions.claim(actor=supervisor, inquiry=mine, expected_version=mine.version)
    waiting = {name: decided(resident, supervisor, language) for name in ("decided", "held_back")}
    waiting["held_back"].decisions.update(state="held_back")
    Inquiry.objects.filter(pk=waiting["held_back"].pk).update(pending_outcome="")
    asked = submitted(written(resident, "resident-services"))
    asked = actions.claim(actor=supervisor, inquiry=asked, expected_version=asked.version)
    places.window()
    invited(asked)
    people.many_like(filed["under_processing"], MANY)
    Inquiry.objects.filter(pk=filed["open"].pk).update(due_on="2026-01-04")
    newly = people.officer("1000000040", "هند المطيري", "Hind Almutairi")
    TOTPDevice.objects.create(user=newly, name="authenticator")
    shut = people.officer("1000000057", "ماجد الغامدي", "Majed Alghamdi")
    people.shut_out(Client(), "/en/staff/login/", shut)
    exported_in_every_state(supervisor, language)
    return {
        "browsers": {
            "supervisor": signed_in_staff(supervisor),
            "colleague": signed_in_staff(people.of_group("supervisor", "1000000149")),
            "officer": signed_in_staff(officer),
            "clerk": signed_in_staff(people.of_group("clerk", "1000000065")),
            "chief": signed_in_staff(people.chief()),
            "editor": signed_in_staff(people.of_group("editor", "1000000123")),
            "auditor": signed_in_staff(people.of_group("auditor", "1000000131")),
        },
        **filed,
        **waiting,
        **through_quarantine(resident, supervisor),
        "mine": mine,
        "asked": asked,
        "newly": newly,
        "shut": shut,
        "note": people.ANSWERS[language],
        "resident": resident.identity,
        "newcomer": people.newcomer(language).identity,
        "service": Service.objects.get(slug="iqama-renew"),
        "documenttype": DocumentType.objects.first(),
        "canned": factories.canned_text(),
    }


def decided(resident, officer, language):
    """Return an inquiry of the resident that the officer approves, ten minutes from leaving."""
    inquiry = submitted(written(resident, "resident-services"))
    inquiry = actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    with override_settings(DECISION_MINUTES=10):
        return actions.approve(
            actor=officer,
            inquiry=inquiry,
            expected_version=inquiry.version,
            text=people.ANSWERS[language],
            idempotency_key=uuid.uuid4(),
        )


def exported_in_every_state(owner, language):
    """Make exports of the owner: removed, failed, ready, in the making and waiting."""
    ended = {"language": language, "ended_at": timezone.now(), "rows": 1204}
    state = Export.State
    factories.export(owner, state=state.EXPIRED, **ended | {"query": ""})
    factories.export(owner, state=state.FAILED, failure=Export.Failure.NO_RIGHT, **ended)
    factories.export(owner, state=state.READY, with_personal=True, stored_name="ab/abc", **ended)
    lasting = timezone.now() + timedelta(days=1)
    for each in (state.RUNNING, state.WAITING):
        factories.export(owner, state=each, leased_until=lasting, rows=3001, rows_done=1500)


def authenticator_code(visitor, things):
    """Fill in the right code; the wrong one of an earlier look no longer delays it."""
    device = things["newly"].totpdevice_set.get()
    device.throttle_reset()
    visitor.page.locator("[name=code]").fill(current_code(device))


def write_note(visitor, things):
    """Fill in the note by its label, as the field of the answer is named `text` as well."""
    visitor.fill("For officers alone; the applicant never sees it", things["note"])


def write_answer(visitor, things):
    visitor.fill("Answer to the applicant", things["note"])


def choose_canned(visitor, _things):
    visitor.page.locator("[name=canned]").select_option(index=1)


def choose(action):
    """Return a step that chooses rows of the queue and an action for them."""

    def step(visitor, _things):
        for box in visitor.page.locator("input[name=_selected_action]").all()[:2]:
            box.check()
        visitor.page.locator("[name=action]").select_option(action)
        visitor.click(visitor.page.locator("[name=index]").first)

    return step


def claim_meanwhile(_visitor, things):
    """Claim the inquiry for another officer after the page was loaded."""
    inquiry = Inquiry.objects.get(pk=things["open"].pk)
    colleague = things["mine"].assignee
    actions.claim(actor=colleague, inquiry=inquiry, expected_version=inquiry.version)


def desk_of(name):
    return DESK % name


def go_to_pages(visitor, _things):
    visitor.click(visitor.page.locator(".larger a").first)


reject = (write_answer, press("Reject"), press("Reject and send"))
FIGURES = f"{QUEUE}figures/"
MINE, NOBODYS = desk_of("mine"), f"{QUEUE}?queue=nobody"
WAYS_IN = (
    *staff_looks(
        "newly",
        ("staff-sign-in", ""),
        ("staff-sign-in-empty", "login/", send_nothing("Continue")),
        ("staff-sign-in-wrong", "login/", send("Continue", login=NEWLY, **WRONG)),
        **ON_ANY_SCREEN,
    ),
    staff_look(
        "staff-sign-in-too-many-tries",
        "newly",
        "login/",
        send("Continue", login="{shut.username}", **WRONG),
        status=429,
        **ON_ANY_SCREEN,
    ),
    *staff_looks(
        "newly",
        ("staff-code", "login/", send("Continue", login=NEWLY, **GOOD)),
        ("staff-code-empty", "code/", send_nothing("Sign in")),
        ("staff-code-wrong", "code/", send("Sign in", code="not-one")),
        **ON_ANY_SCREEN,
    ),
    staff_look(
        "staff-signed-out",
        "leaver",
        "login/",
        send("Continue", login=NEWLY, **GOOD),
        authenticator_code,
        press("Sign in"),
        press_selected("#logout-form button"),
        **ON_ANY_SCREEN,
    ),
    *staff_looks(
        "supervisor",
        ("staff-password", PASSWORD),
        ("staff-password-empty", PASSWORD, send_nothing_selected("#content [type=submit]")),
        ("staff-password-done", f"{PASSWORD}done/"),
    ),
)
INDEX = (
    *(
        staff_look(f"staff-home-{who}", who, "")
        for who in ("supervisor", "officer", "clerk", "chief", "editor", "auditor")
    ),
    staff_look("staff-app-inquiries", "officer", "requests_app/"),
    staff_look("staff-app-catalogue", "chief", "catalogue/"),
    staff_look("staff-not-for-clerks", "clerk", QUEUE, status=403, **ON_ANY_SCREEN),
    staff_look("staff-no-such-page", "officer", "nothing/", status=404, **ON_ANY_SCREEN),
)
IN_THE_QUEUE = (
    staff_look("queue", "supervisor", QUEUE),
    staff_look("exports-none", "colleague", f"{QUEUE}exports/"),
    staff_look("workload", "supervisor", f"{QUEUE}workload/"),
    *staff_looks(
        "officer",
        ("queue-mine-none", f"{QUEUE}?queue=mine"),
        ("queue-all", f"{QUEUE}?queue=all"),
        ("queue-overdue", f"{QUEUE}?time=overdue"),
        ("queue-found", f"{QUEUE}?q={{mine.reference}}"),
        ("queue-not-found", f"{QUEUE}?q=zzz"),
        ("queue-finished", f"{QUEUE}?status__exact=closed"),
        ("queue-questions", f"{QUEUE}?queue=all&asked=yes"),
    ),
    *staff_looks(
        "supervisor",
        ("figures-of-inquiries", FIGURES),
        (
            "queue-of-a-figure",
            f"{QUEUE}?queue=all&answered=4-weeks&in_time=yes",
        ),
        ("queue-of-reviews", f"{QUEUE}?queue=all&review=yes"),
        ("export", f"{QUEUE}export/?queue=all&status__exact=processed&q=khan"),
        ("export-of-nothing", f"{QUEUE}export/?queue=all&q=zzz", press("Make the file")),
        ("exports", f"{QUEUE}exports/"),
        ("export-asked-for", f"{QUEUE}export/?queue=all", press("Make the file")),
        ("bulk-claim", QUEUE, choose("claim")),
        ("bulk-assign", QUEUE, choose("assign")),
        ("bulk-assign-empty", QUEUE, choose("assign"), send_nothing("Assign to an officer")),
        ("bulk-approve", QUEUE, choose("approve")),
        ("bulk-approve-empty", QUEUE, choose("approve"), send_nothing("Approve")),
        ("bulk-approve-refused", NOBODYS, choose("approve"), send("Approve", text="{note}")),
    ),
    staff_look("bulk-done", "officer", NOBODYS, choose("claim"), press("Assign to me")),
)
AT_THE_DESK = (
    *(
        staff_look(f"desk-{status.replace('_', '-')}", "officer", desk_of(status))
        for status in (
            *("under_processing", "with_scans", "replied", "returned", "answered"),
            *("approved", "rejected", "review", "withdrawn", "unanswered", "closed", "open"),
            *("added", "asked"),
        )
    ),
    *staff_looks(
        "supervisor",
        ("desk-to-assign", desk_of("under_processing")),
        ("desk-mine", MINE),
        ("desk-answer-empty", MINE, send_nothing("Approve")),
        ("desk-note-empty", MINE, send_nothing("Add the note")),
        ("desk-assign-empty", MINE, send_nothing("Assign")),
        ("desk-note-added", MINE, write_note, press("Add the note")),
    ),
    *staff_looks(
        "officer",
        ("desk-claimed", desk_of("under_processing"), press("Assign to me")),
        ("desk-somebody-was-quicker", desk_of("open"), claim_meanwhile, press("Assign to me")),
    ),
    *staff_looks(
        "supervisor",
        ("invitation", INVITATION),
        ("invitation-empty", INVITATION, send_nothing("Ask to come")),
        ("desk-asked-to-come", desk_of("asked")),
    ),
    staff_look("desk-removed", "officer", desk_of("removed")),
    staff_look("desk-in-quarantine", "supervisor", desk_of("unread")),
    *staff_looks(
        "supervisor",
        ("desk-to-look-at-again", desk_of("again")),
        ("queue-to-look-at-again", f"{QUEUE}?queue=all&again=yes"),
        ("desk-looked-at-again", desk_of("again"), press("Mark as reviewed")),
    ),
    staff_look("desk-reject-asked", "supervisor", MINE, write_answer, press("Reject")),
    staff_look("desk-preview", "supervisor", MINE, write_answer, press("Preview")),
    staff_look(
        "desk-canned-text", "supervisor", MINE, choose_canned, press("Put it into the answer")
    ),
    *staff_looks(
        "supervisor",
        ("desk-decided", desk_of("decided")),
        ("desk-decision-taken-back", desk_of("decided"), press("Take the decision back")),
        ("desk-decision-held-back", desk_of("held_back")),
    ),
    staff_look("desk-decided-by-a-colleague", "officer", desk_of("decided")),
    staff_look("desk-rejected-now", "supervisor", MINE, *reject),
    staff_look("history", "officer", "requests_app/inquiry/{approved.pk}/history/"),
)
CATALOGUE = (
    *chain(*(pages_of_model(name, place) for name, place in MODELS.items())),
    staff_look("canned-delete", "chief", f"{MODELS['canned']}{{canned.pk}}/delete/"),
)
PEOPLE, PERSON = "people/", "people/{newcomer.pk}/"
PERSONS = staff_looks(
    "officer",
    ("people", PEOPLE),
    ("people-empty", PEOPLE, send_nothing("Search")),
    ("people-none", PEOPLE, send("Search", words="zzz")),
    ("people-found", PEOPLE, send("Search", words="Khan")),
    ("person-why", PERSON),
    ("person-why-empty", PERSON, send_nothing("Open the page")),
    ("person-without-cases", PERSON, send("Open the page", reason="{note}")),
    ("person", "people/{resident.pk}/"),
    **ON_ANY_SCREEN,
)
READING = staff_looks(
    "auditor",
    ("figures-of-an-auditor", FIGURES),
    ("queue-of-an-auditor", f"{QUEUE}?queue=all"),
    ("desk-of-an-auditor", desk_of("with_scans")),
    ("page-of-a-document", desk_of("with_scans"), go_to_pages),
    ("service-only-read", f"{MODELS['service']}{{service.pk}}/change/"),
    ("document-only-read", f"{MODELS['documenttype']}{{documenttype.pk}}/change/"),
)

TRIAGE = Group(
    "triage",
    ("en/staff/",),
    prepare,
    (WAYS_IN, INDEX, AT_THE_DESK, IN_THE_QUEUE, CATALOGUE, PERSONS, READING),
)
