"""The person's page for staff: who is found, what is shown to whom, and what is recorded."""

import datetime
import re

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from appointments.models import Appointment, Slot
from core.accounts.actions import open_person
from core.accounts.models import Identity, PersonOpening
from core.accounts.warnings import warn
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app.models import Inquiry
from tawasul.portal.person_file import reference_of_open_case
from tests import factories
from tests.appointments import places
from tests.conftest import errors_on, signed_in_staff, without_tokens, words
from tests.factories import of_role

PEOPLE = "/en/staff/people/"
REASON = "A call about a lost passport."
ASKED = "You have no open case about this person. Give the reason for opening their page."
NOBODY = (
    "Nobody was found with this name or number. Check the spelling. A number needs all its digits."
)


@pytest.fixture
def siti(db):
    person = factories.IdentityFactory(
        name_ar="سيتي أمينة",
        name_en="Siti Aminah",
        number="2987654321",
        nationality="PK",
        mobile="+966512345678",
    )
    person.numbers.create(number="3111122222", is_current=False)
    return person


@pytest.fixture
def browser(db):
    return signed_in_staff(of_role("officer"))


def page_of(person):
    return f"{PEOPLE}{person.pk}/"


def opened(browser, person):
    return browser.post(page_of(person), {"reason": REASON}, follow=True)


def search(browser, typed):
    page = browser.post(PEOPLE, {"words": typed}, follow=True)
    assert all(to == f"{PEOPLE}?found=1" for to, _status in page.redirect_chain)
    return page


def found(browser, typed):
    return [(each.name_en, number) for each, number in search(browser, typed).context["rows"]]


def openings():
    return list(PersonOpening.objects.order_by("pk").values_list("reason", "about"))


# Finding


@pytest.mark.both_engines
def test_a_person_is_found_by_any_number_or_name(browser, siti):
    factories.IdentityFactory()
    for typed, number in (
        ("2987654321", "2987654321"),
        ("٢٩٨٧٦٥٤٣٢١", "2987654321"),
        ("3111-122-222", "3111122222"),
        ("siti", "2987654321"),
        ("AMI sit", "2987654321"),
        ("سيتى امينه", "2987654321"),
    ):
        assert found(browser, typed) == [("Siti Aminah", number)], typed
    for typed in ("298765432", "87654321", "2987654320", "minah", "Siti Khan", "%", "'':*", "_"):
        assert NOBODY in words(search(browser, typed)), typed


def test_the_last_added_come_first_and_no_more_than_twenty(browser):
    people = factories.IdentityFactory.create_batch(21)
    page = search(browser, "aslam")
    assert [each for each, _number in page.context["rows"]] == people[:0:-1]
    assert (
        "These are the last 20 that were added. Type more of the name, or the whole number."
        in words(page)
    )


def test_hostile_searches_are_answered(browser):
    for typed in ("\0", "a\0b", "ا" * 100_000, "x " * 90):
        assert browser.post(PEOPLE, {"words": typed}, follow=True).status_code == 200
    assert browser.get(f"{PEOPLE}{'9' * 40}/").status_code == 404


# The reason, and what is recorded


def test_a_reason_is_asked_for_and_recorded_once(browser, siti):
    search(browser, "3111122222")
    page = browser.get(page_of(siti))
    assert ASKED in words(page)
    assert "Siti Aminah 3111122222" in words(page)
    assert "2987654321" not in page.content.decode()
    assert openings() == []
    for reason, error in (
        ("", "Write why you open this page."),
        ("a   b      c\u200f", "Write the reason in at least 10 characters."),
        ("a" * 501, "This text has 501 characters. Shorten it to 500."),
    ):
        assert errors_on(browser.post(page_of(siti), {"reason": reason})) == [error]
    assert openings() == []
    assert "2987654321" in words(opened(browser, siti))
    opened(browser, siti)
    browser.get(page_of(siti))
    assert openings() == [(REASON, "")]


def test_the_page_of_the_reason_names_nobody_who_was_not_searched_for(browser, siti):
    other = factories.IdentityFactory()
    search(browser, "aslam")
    blank, named = browser.get(page_of(siti)), browser.get(page_of(other))
    assert "Siti" not in blank.content.decode()
    assert f"Mohammed Aslam Khan {other.current_number}" in words(named)


def test_an_opening_lasts_a_quarter_of_an_hour_for_one_officer(browser, siti, monkeypatch):
    opened(browser, siti)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + datetime.timedelta(minutes=14))
    assert ASKED not in words(browser.get(page_of(siti)))
    assert ASKED in words(signed_in_staff(of_role("officer")).get(page_of(siti)))
    monkeypatch.setattr(timezone, "now", lambda: now + datetime.timedelta(minutes=16))
    assert ASKED in words(browser.get(page_of(siti)))


def test_an_open_case_is_the_reason(resident):
    officer, colleague = of_role("officer"), of_role("officer")
    browser, other = map(signed_in_staff, (officer, colleague))
    inquiry = factories.filed(resident)
    assert ASKED not in words(other.get(page_of(resident.identity)))
    assert openings() == [("", inquiry.reference)]
    for status, assignee, is_case in (
        ("under_processing", officer, True),
        ("returned_to_applicant", officer, True),
        ("under_processing", colleague, False),
        ("returned_to_applicant", None, False),
    ):
        Inquiry.objects.filter(pk=inquiry.pk).update(status=status, assignee=assignee)
        with transaction.atomic():
            page = browser.get(page_of(resident.identity))
            transaction.set_rollback(True)
        assert (ASKED not in words(page)) == is_case, (status, assignee)


def test_an_appointment_ahead_or_today_is_the_reason_at_its_office(resident):
    appointment = places.confirmed(resident)
    office = appointment.slot.office
    here, elsewhere = of_role("clerk"), of_role("clerk")
    here.offices.set([office])
    elsewhere.offices.set([places.office("elsewhere")])
    assert ASKED in words(signed_in_staff(elsewhere).get(page_of(resident.identity)))
    browser = signed_in_staff(here)
    assert ASKED not in words(browser.get(page_of(resident.identity)))
    assert openings() == [("", appointment.reference)]
    places.cancel(appointment)
    colleague = of_role("manager")
    colleague.offices.set([office])
    assert ASKED in words(signed_in_staff(colleague).get(page_of(resident.identity)))


def test_an_appointment_of_today_is_the_reason_when_it_is_over(resident):
    appointment = places.confirmed(resident)
    now = timezone.now()
    over = {"start": now - 2 * places.MINUTE, "end": now - places.MINUTE}
    Slot.objects.filter(pk=appointment.slot_id).update(day=timezone.localdate(), **over)
    clerk = of_role("clerk")
    clerk.offices.set([appointment.slot.office])
    for status, is_case in (("served", True), ("no_show", True), ("cancelled", False)):
        Appointment.objects.filter(pk=appointment.pk).update(status=status)
        about = reference_of_open_case(clerk, resident.identity)
        assert about == (appointment.reference if is_case else ""), status


@pytest.mark.both_engines
def test_openings_cannot_be_changed_and_have_a_ground(browser, siti):
    opened(browser, siti)
    call_command("check", "--database", "default", "--fail-level", "WARNING")
    staff = PersonOpening.objects.get().staff
    for change in (
        lambda: PersonOpening.objects.update(reason="Another."),
        lambda: PersonOpening.objects.all().delete(),
        lambda: PersonOpening.objects.create(staff=staff, person=siti),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert openings() == [(REASON, "")]


# Who may not


def test_nobody_opens_their_own_page_nor_that_of_somebody_linked(siti):
    officer = of_role("officer", identity=factories.IdentityFactory())
    browser = signed_in_staff(officer)
    worker, employer, former, of_palm = factories.IdentityFactory.create_batch(4)
    palm = factories.establishment()
    factories.link(palm, officer.identity, "representative")
    factories.link(palm, of_palm)
    factories.link(officer.identity, worker)
    factories.link(employer, officer.identity)
    factories.link(officer.identity, former, until=datetime.date(2021, 1, 1))
    missing = browser.get(f"{PEOPLE}{Identity.objects.latest('pk').pk + 1}/")
    assert missing.status_code == 404
    for person in (officer.identity, worker, employer, palm, of_palm):
        page = browser.get(page_of(person))
        assert page.status_code == 404
        shown, nothing = (
            re.sub(rb"/people/[0-9]+/", b"", without_tokens(each)) for each in (page, missing)
        )
        assert shown == nothing
        assert NOBODY in words(search(browser, person.current_number))
        with pytest.raises(RuleViolation) as refusal:
            open_person(actor=officer, person=person, reason=REASON)
        assert refusal.value.code == "own_case"
    assert opened(browser, former).status_code == opened(browser, siti).status_code == 200


def test_without_the_right_nothing_opens(siti, officer):
    browser = signed_in_staff(officer)
    for address in (PEOPLE, page_of(siti)):
        assert browser.get(address).status_code == 403
    with pytest.raises(RuleViolation) as refusal:
        open_person(actor=officer, person=siti, reason=REASON)
    assert refusal.value.code == "not_allowed"
    for page in ("", f"requests_app/inquiry/{factories.filed().pk}/change/"):
        assert "/staff/people/" not in browser.get(f"/en/staff/{page}").content.decode()


# What is shown


def test_the_registry_the_links_and_the_account(browser, siti):
    employer = factories.IdentityFactory(name_en="Palm Trees", birth_date=None)
    child = factories.IdentityFactory(name_en="Little Aminah")
    factories.link(employer, siti, until=datetime.date(2022, 1, 1))
    factories.link(siti, child, "guardian")
    assert "This person has no account." in words(opened(browser, siti))
    factories.UserFactory(
        username="siti", identity=siti, mobile="+966550000432", email="siti@example.org"
    )
    page = words(browser.get(page_of(siti)))
    for told in (
        "Name in Arabic سيتي أمينة Name in Latin letters Siti Aminah",
        "ID number 2987654321 3111122222 former number",
        "Kind resident Nationality Pakistani",
        "Date of birth 14 March 1986 CE (4 Rajab 1406 AH)",
        "Status in the registry active Mobile in the registry •••• 678",
        "Palm Trees employer · from 1 January 2020 CE (6 Jumada al-Ula 1441 AH) until 1 January "
        "2022 CE (28 Jumada al-Ula 1443 AH) ended",
        "Little Aminah dependant · since 1 January 2020 CE (6 Jumada al-Ula 1441 AH)",
        "Username siti Status active Mobile •••• 432 E-mail address s•••@example.org",
    ):
        assert told in page, told
    for hidden in ("512345678", "550000432", "siti@"):
        assert hidden not in page


def test_what_was_sent_to_the_mobile_in_the_registry_is_shown(browser, siti, resident):
    factories.link(resident.identity, siti)
    factories.filed(resident, beneficiary=siti)
    page = words(browser.get(page_of(siti)))
    sent = page.partition("Messages to this person")[2]
    assert "has filed inquiry" in sent
    assert "we have received your inquiry" not in sent


def test_each_service_and_its_messages_are_for_those_with_its_right(resident):
    inquiry = factories.filed(resident)
    appointment = places.confirmed(resident)
    hidden = places.confirmed(resident, slot=places.some_slot(time="15:00"))
    with transaction.atomic():
        warn(resident, "password_changed")
        warn(factories.UserFactory(), "email_changed")
    factories.MessageFactory(about=inquiry.reference, owner=factories.UserFactory().pk)
    clerk = of_role("clerk")
    clerk.offices.set([appointment.slot.office])
    shown = {
        "inquiry": f"{inquiry.reference[:4]}-{inquiry.reference[4:8]}",
        "appointment": f"{appointment.reference[:4]}-{appointment.reference[4:8]}",
        "hidden": f"{hidden.reference[:4]}-{hidden.reference[4:8]}",
        "of the inquiry": f"inquiry {inquiry.reference}",
        "of the appointment": places.whose(appointment),
        "of the hidden one": places.whose(hidden),
        "warning": Message.objects.get(about=resident.subject, is_encrypted=False).text,
        "another's warning": "e-mail address",
        "another's message": "there is news number",
        "code": "A code. Nobody but the person reads it.",
    }
    both = {"warning", "code"}
    for staff, expected in (
        (of_role("officer"), {"inquiry", "of the inquiry", *both}),
        (clerk, {"appointment", "of the appointment", *both}),
        (of_role("clerk"), both),
    ):
        browser = signed_in_staff(staff)
        opened(browser, resident.identity)
        page = words(browser.get(page_of(resident.identity)))
        sent = page.partition("Messages to this person")[2]
        told = {
            name
            for name, text in shown.items()
            if text in (page if name in ("inquiry", "appointment", "hidden") else sent)
        }
        assert told == expected, staff
        assert resident.mobile.as_e164 not in page


def test_the_desks_link_to_the_page(resident):
    colleague = factories.UserFactory()
    inquiry = factories.filed(
        resident, beneficiary=factories.link(resident.identity, colleague.identity).person
    )
    appointment = places.confirmed(resident)
    officer, clerk = of_role("officer"), of_role("clerk")
    clerk.offices.set([appointment.slot.office])
    desk = signed_in_staff(officer).get(f"/en/staff/requests_app/inquiry/{inquiry.pk}/change/")
    for person in (colleague.identity, resident.identity):
        assert f'<a href="{page_of(person)}">Page of ' in desk.content.decode()
    desk = signed_in_staff(clerk).get(
        f"/en/staff/appointments/appointment/{appointment.pk}/change/"
    )
    assert desk.content.decode().count(f'<a href="{page_of(resident.identity)}">Page of ') == 1
    index = signed_in_staff(officer).get("/en/staff/").content.decode()
    assert f'href="{PEOPLE}">Find a person</a>' in index
