"""The looks of the staff site: signing in, the triage desk with its queue, and the catalogue."""

from django.core.management import call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.catalogue.models import DocumentType, Service
from requests_app import actions
from requests_app.models import Inquiry
from tawasul.portal.demo_phone import current_code
from tests import factories
from tests.browser.looks import Group, people, staff_look
from tests.browser.looks.inquiries import (
    MANY,
    filed_in_every_status,
    submitted,
    with_documents,
    written,
)
from tests.browser.looks.steps import (
    enter,
    open_all,
    press,
    press_selected,
    save,
    save_nothing,
    send_nothing,
    send_nothing_selected,
)
from tests.conftest import signed_in_staff

PORTAL = {"widths": (320, 390, 768, 1280)}
QUEUE = "requests_app/inquiry/"
DESK = "requests_app/inquiry/{%s.pk}/change/"
MODELS = {"service": "catalogue/service/", "documenttype": "catalogue/documenttype/"}


def prepare(language):
    call_command("load_reference", verbosity=0)
    resident = people.resident(language)
    filed = filed_in_every_status(resident, language)
    supervisor = people.officer("1000000024", "خالد القحطاني", "Khalid Alqahtani", "assign_inquiry")
    officer = people.officer("1000000032", "منى الحربي", "Mona Alharbi")
    mine = submitted(with_documents(written(resident, "resident-services")))
    mine = actions.claim(actor=supervisor, inquiry=mine, expected_version=mine.version)
    people.many_like(filed["under_processing"], MANY)
    overdue(filed["open"])
    newly = people.officer("1000000040", "هند المطيري", "Hind Almutairi")
    TOTPDevice.objects.create(user=newly, name="authenticator")
    shut = people.officer("1000000057", "ماجد الغامدي", "Majed Alghamdi")
    people.shut_out(Client(), "/en/staff/login/", shut)
    clerk = people.of_group("clerk", "1000000065")
    return {
        "browsers": {
            "supervisor": signed_in_staff(supervisor),
            "officer": signed_in_staff(officer),
            "clerk": signed_in_staff(clerk),
            "chief": signed_in_staff(people.chief()),
        },
        **filed,
        "mine": mine,
        "newly": newly,
        "shut": shut,
        "password": factories.PASSWORD,
        "new_password": people.NEW_PASSWORD,
        "note": people.ANSWERS[language],
        "service": Service.objects.get(slug="iqama-renew"),
        "documenttype": DocumentType.objects.first(),
    }


def overdue(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(due_on="2026-01-04")


def authenticator_code(visitor, things):
    code = current_code(things["newly"].totpdevice_set.get())
    visitor.page.locator("[name=code]").fill(code)


def write_note(visitor, things):
    """Fill in the note by its label, as the field of the answer is named `text` as well."""
    visitor.fill("For officers alone; the applicant never sees it", things["note"])


def write_answer(visitor, things):
    visitor.fill("Answer to the applicant", things["note"])


def choose(action, chosen="input[name=_selected_action]"):
    """Return a step that chooses rows of the queue and an action for them."""

    def step(visitor, _things):
        for box in visitor.page.locator(chosen).all()[:2]:
            box.check()
        visitor.page.locator("[name=action]").select_option(action)
        with visitor.page.expect_navigation():
            visitor.page.locator("[name=index]").first.click()

    return step


def claim_meanwhile(_visitor, things):
    """Claim the inquiry for another officer after the page was loaded."""
    supervisor = things["mine"].assignee
    inquiry = things["open"]
    inquiry.refresh_from_db()
    actions.claim(actor=supervisor, inquiry=inquiry, expected_version=inquiry.version)


def desk_of(name):
    return DESK % name


WAYS_IN = (
    staff_look("staff-sign-in", "newly", "", **PORTAL),
    staff_look("staff-sign-in-empty", "newly", "login/", send_nothing("Continue"), **PORTAL),
    staff_look(
        "staff-sign-in-wrong",
        "newly",
        "login/",
        enter(login="{newly.username}", password="not-this-one"),
        press("Continue"),
        **PORTAL,
    ),
    staff_look(
        "staff-sign-in-too-many-tries",
        "newly",
        "login/",
        enter(login="{shut.username}", password="not-this-one"),
        press("Continue"),
        status=429,
        **PORTAL,
    ),
    staff_look(
        "staff-code",
        "newly",
        "login/",
        enter(login="{newly.username}", password="{password}"),
        press("Continue"),
        **PORTAL,
    ),
    staff_look("staff-code-empty", "newly", "code/", send_nothing("Sign in"), **PORTAL),
    staff_look(
        "staff-code-wrong", "newly", "code/", enter(code="not-one"), press("Sign in"), **PORTAL
    ),
    staff_look(
        "staff-signed-out",
        "leaver",
        "login/",
        enter(login="{newly.username}", password="{password}"),
        press("Continue"),
        authenticator_code,
        press("Sign in"),
        press_selected("#logout-form button"),
        **PORTAL,
    ),
    staff_look("staff-password", "supervisor", "password_change/"),
    staff_look(
        "staff-password-empty",
        "supervisor",
        "password_change/",
        send_nothing_selected("#content [type=submit]"),
    ),
    staff_look("staff-password-done", "supervisor", "password_change/done/"),
)
INDEX = (
    *(staff_look(f"staff-home-{who}", who, "") for who in ("supervisor", "officer", "clerk")),
    staff_look("staff-home-chief", "chief", ""),
    staff_look("staff-app-inquiries", "officer", "requests_app/"),
    staff_look("staff-app-catalogue", "chief", "catalogue/"),
    staff_look("staff-not-for-clerks", "clerk", QUEUE, status=403, **PORTAL),
    staff_look("staff-no-such-page", "officer", "nothing/", status=404, **PORTAL),
)
IN_THE_QUEUE = (
    staff_look("queue", "supervisor", QUEUE),
    staff_look("queue-mine-none", "officer", f"{QUEUE}?queue=mine"),
    staff_look("queue-all", "officer", f"{QUEUE}?queue=all"),
    staff_look("queue-overdue", "officer", f"{QUEUE}?time=overdue"),
    staff_look("queue-found", "officer", f"{QUEUE}?q={{mine.reference}}"),
    staff_look("queue-not-found", "officer", f"{QUEUE}?q=zzz"),
    staff_look("queue-finished", "officer", f"{QUEUE}?status__exact=closed"),
    staff_look(
        "queue-nothing-chosen", "supervisor", QUEUE, choose("claim", chosen="#nothing-of-this")
    ),
    staff_look("bulk-claim", "supervisor", QUEUE, choose("claim")),
    staff_look("bulk-assign", "supervisor", QUEUE, choose("assign")),
    staff_look(
        "bulk-assign-empty",
        "supervisor",
        QUEUE,
        choose("assign"),
        send_nothing("Assign to an officer"),
    ),
    staff_look("bulk-approve", "supervisor", QUEUE, choose("approve")),
    staff_look(
        "bulk-approve-empty", "supervisor", QUEUE, choose("approve"), send_nothing("Approve")
    ),
    staff_look(
        "bulk-approve-refused",
        "supervisor",
        f"{QUEUE}?queue=nobody",
        choose("approve"),
        enter(text="{note}"),
        press("Approve"),
    ),
    staff_look(
        "bulk-done", "officer", f"{QUEUE}?queue=nobody", choose("claim"), press("Assign to me")
    ),
)
AT_THE_DESK = (
    *(
        staff_look(f"desk-{status.replace('_', '-')}", "officer", desk_of(status), open_all)
        for status in (
            *("under_processing", "with_scans", "replied", "returned", "answered"),
            *("approved", "rejected", "withdrawn", "closed", "open"),
        )
    ),
    staff_look("desk-to-assign", "supervisor", desk_of("under_processing")),
    staff_look("desk-mine", "supervisor", desk_of("mine"), open_all),
    staff_look("desk-answer-empty", "supervisor", desk_of("mine"), send_nothing("Approve")),
    staff_look("desk-note-empty", "supervisor", desk_of("mine"), send_nothing("Add the note")),
    staff_look("desk-assign-empty", "supervisor", desk_of("mine"), send_nothing("Assign")),
    staff_look("desk-note-added", "supervisor", desk_of("mine"), write_note, press("Add the note")),
    staff_look("desk-claimed", "officer", desk_of("under_processing"), press("Assign to me")),
    staff_look(
        "desk-somebody-was-quicker",
        "officer",
        desk_of("open"),
        claim_meanwhile,
        press("Assign to me"),
    ),
    staff_look(
        "desk-rejected-now",
        "supervisor",
        desk_of("mine"),
        write_answer,
        press("Reject"),
    ),
    staff_look("history", "officer", "requests_app/inquiry/{approved.pk}/history/"),
)
CATALOGUE = tuple(
    each
    for name, place in MODELS.items()
    for each in (
        staff_look(f"{name}-list", "chief", place),
        staff_look(f"{name}-form", "chief", f"{place}{{{name}.pk}}/change/"),
        staff_look(f"{name}-add", "chief", f"{place}add/"),
        staff_look(f"{name}-empty", "chief", f"{place}add/", save_nothing),
        staff_look(f"{name}-saved", "chief", f"{place}{{{name}.pk}}/change/", save),
        staff_look(f"{name}-history", "chief", f"{place}{{{name}.pk}}/history/"),
    )
)

TRIAGE = Group(
    "triage",
    ("en/staff/",),
    prepare,
    (WAYS_IN, INDEX, AT_THE_DESK, IN_THE_QUEUE, CATALOGUE),
)
