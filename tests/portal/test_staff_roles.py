"""What the catalogue keeper and the auditor do; test_access has the addresses."""

import re

import pytest

from appointments import actions as desk
from core.catalogue.models import Holiday
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tawasul.portal.staff_roles import group_for_role
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import holiday_form
from tests.conftest import signed_in_staff, words
from tests.factories import of_role

STAFF = "/en/staff/"
LIST = f"{STAFF}appointments/appointment/"
QUEUE = f"{STAFF}requests_app/inquiry/"
BUTTON = re.compile('type="submit"|<button')
FORM = re.compile(r'(?s)<form[^>]*method="post".*?</form>')


@pytest.fixture
def auditor(db):
    return of_role("auditor", identity=factories.IdentityFactory(name_en="Layla Auditor"))


@pytest.fixture
def as_auditor(auditor):
    return signed_in_staff(auditor)


@pytest.fixture
def as_editor(db):
    return signed_in_staff(of_role("editor"))


# Auditors


def test_an_auditor_reads_all_cases_but_their_own(auditor, as_auditor):
    theirs = factories.UserFactory(identity__name_en="Siti Aminah")
    factories.link(theirs.identity, auditor.identity)
    for attendee, is_shown in ((theirs.identity, True), (auditor.identity, False)):
        appointment = places.confirmed(theirs, attendee=attendee, holder=theirs.identity)
        inquiry = factories.filed(theirs, beneficiary=attendee)
        for rows, row in ((f"{LIST}?day=all", appointment), (f"{QUEUE}?queue=all", inquiry)):
            address = f"{rows.partition('?')[0]}{row.pk}/change/"
            assert (address in as_auditor.get(rows).content.decode()) == is_shown
            assert as_auditor.get(address).status_code == (200 if is_shown else 404)


def test_an_auditor_is_shown_no_button(auditor, as_auditor):
    inquiry, appointment = factories.claimed(), places.confirmed()
    waiting, processed = factories.filed(), factories.claimed()
    Inquiry.objects.filter(pk=processed.pk).update(status="processed", outcome="approved")
    holiday = Holiday.objects.create(day="2026-09-23", name_ar="اليوم الوطني")
    window = appointment.slot.window
    for page in (
        *("", "catalogue/service/", "appointments/office/"),
        *(f"requests_app/inquiry/{each}" for each in ("", "?queue=all")),
        *(f"requests_app/inquiry/{each.pk}/change/" for each in (inquiry, waiting, processed)),
        *(
            "appointments/appointment/?day=all",
            f"appointments/appointment/{appointment.pk}/change/",
        ),
        f"catalogue/service/{inquiry.service_id}/change/",
        f"catalogue/holiday/{holiday.pk}/change/",
        f"appointments/office/{window.office_id}/change/",
        f"appointments/office/{window.office_id}/figures/",
        f"appointments/openingwindow/{window.pk}/change/",
    ):
        response = as_auditor.get(f"{STAFF}{page}")
        assert response.status_code == 200, page
        markup = response.content.decode()
        forms = [
            each for each in FORM.findall(markup) if 'type="submit"' in each or "<button" in each
        ]
        # Signing out, and staying signed in.
        own = ("/staff/logout/", "/account/still-here/")
        assert [each for each in forms if not any(page in each for page in own)] == [], page
        assert f"{LIST}today/" not in markup, page
        assert "/add/" not in markup, page
        assert "/delete/" not in markup, page


def test_an_auditor_reads_who_may_ask_for_a_service_in_words(as_auditor):
    service = factories.ServiceFactory(through=["oneself", "employer"])
    page = as_auditor.get(f"{STAFF}catalogue/service/{service.pk}/change/")
    assert "the person themselves, the employer" in words(page)


def test_an_auditor_acts_on_nothing_that_they_read(auditor):
    inquiry, appointment = factories.filed(), places.confirmed()
    for act, code in (
        (lambda: desk.call(actor=auditor, appointment=appointment), "not_clerk"),
        (lambda: actions.claim(actor=auditor, inquiry=inquiry, expected_version=1), "not_officer"),
    ):
        with pytest.raises(RuleViolation) as refusal:
            act()
        assert refusal.value.code == code


def test_an_auditor_changes_nothing_with_another_role_either(auditor, as_auditor):
    inquiry = factories.filed()
    auditor.groups.add(group_for_role("officer"))
    claimed = as_auditor.post(f"{QUEUE}{inquiry.pk}/claim/", {"expected_version": inquiry.version})
    assert claimed.status_code == 403
    assert Inquiry.objects.get(pk=inquiry.pk).assignee is None
    assert as_auditor.post(f"{STAFF}people/", {"words": "Layla"}).status_code == 302


def test_what_is_only_read_is_in_words(as_auditor):
    service = factories.ServiceFactory(
        beneficiary_kinds=["resident", "visitor"], nationalities=["PK", "XX"], is_active=False
    )
    service.documents.set([factories.document_type(), factories.document_type("deed", "A deed")])
    window = places.window(services=[service], valid_from=places.SUNDAY)
    for address, told in (
        (
            f"catalogue/service/{service.pk}/change/",
            (
                "active: No",
                "required documents: Supporting proof, A deed",
                "who it is for: Residents, Visitors",
                "nationalities: Pakistani, XX",
            ),
        ),
        (
            f"appointments/openingwindow/{window.pk}/change/",
            (
                "weekdays: Sunday to Thursday from: 08:00 to: 15:00",
                f"valid from: {places.ON_SUNDAY} valid until: -",
                f"services: {service.name}",
            ),
        ),
    ):
        page = re.sub(r" +:", ":", words(as_auditor.get(f"{STAFF}{address}"))).lower()
        for each in told:
            assert each.lower() in page, (each, page)


# Catalogue keepers


def test_an_editor_keeps_the_catalogue(as_editor):
    kind = factories.document_type()
    page = f"{STAFF}catalogue/documenttype/"
    changed = {"slug": kind.slug, "name_ar": "سند", "name_en": "A deed", "idempotency_key": ""}
    assert as_editor.post(f"{page}{kind.pk}/change/", changed).status_code == 302
    kind.refresh_from_db()
    assert kind.name_en == "A deed"
    assert as_editor.post(f"{page}add/", {**changed, "slug": "another"}).status_code == 302
    index = as_editor.get(STAFF).content.decode()
    assert f"{STAFF}catalogue/service/add/" in index
    for elsewhere in ("appointments", "requests_app", "people"):
        assert f"{STAFF}{elsewhere}/" not in index


def test_an_editor_is_told_how_many_a_holiday_displaces_and_not_who(as_editor):
    appointment = places.confirmed()
    holiday = {**holiday_form(), "day": appointment.slot.day}
    page = f"{STAFF}catalogue/holiday/add/"
    chief = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    for browser, is_named in ((as_editor, False), (chief, True)):
        before = words(browser.post(page, holiday))
        assert "1 person is booked at a time that closes with this change." in before
        assert (appointment.attendee.name in before) == is_named
