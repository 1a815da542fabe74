"""The pages of an invitation: the officer's and those of who is asked to come."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from core.references import grouped_reference
from requests_app import actions as filing
from requests_app.models import Inquiry
from tawasul.portal import actions
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.portal.invitations import (
    DAY,
    TO_BRING,
    booked,
    events_of,
    form_of,
    invited,
    link_on,
    withdrawn,
)
from tests.requests_app.desk_pages import desk_of
from tests.requests_app.refusals import changed
from tests.requests_app.steps import page_of
from tests.test_budgets import MAX, MAX_STAFF

pytestmark = pytest.mark.django_db


ASK = "Ask to come to an office"


def page_to_ask(inquiry):
    return desk_of(inquiry, "invitation")


def page_to_withdraw(inquiry):
    return desk_of(inquiry, "invitation/withdraw")


def test_officer_asks_on_the_desk(as_officer, inquiry):
    assert link_on(as_officer.get(desk_of(inquiry)), ASK) == page_to_ask(inquiry)
    page = as_officer.post(page_to_ask(inquiry), form_of(inquiry), follow=True)
    assert notices_on(page) == ["They are asked to come to an office, and are told by text."]
    shown = words(page)
    assert "Nothing is booked yet" in shown
    assert TO_BRING in shown
    assert ASK not in words(page)
    page = as_officer.post(
        page_to_withdraw(inquiry), {"expected_version": now(inquiry).version}, follow=True
    )
    assert notices_on(page) == ["They are told by text that they need not come any more."]
    assert "Nothing is booked yet" not in words(page)


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"until": "2020-01-01"}, "Choose one of these days: there is time to book before them."),
        ({"until": ""}, "Choose until when they are asked to come."),
        ({"region": ""}, "Choose a region."),
        ({"service": "x"}, "There are no appointments for this service. Choose another."),
        ({"documents": "x"}, "The catalogue has no such document. Choose from the list."),
        ({"what_to_bring": "a" * 301}, "This has 301 characters. Shorten it to 300."),
    ],
)
def test_form_says_how_to_mend_it_and_keeps_what_was_typed(as_officer, inquiry, changes, sentence):
    page = as_officer.post(page_to_ask(inquiry), form_of(inquiry, **changes))
    assert errors_on(page) == [sentence]
    typed = changes.get("what_to_bring", TO_BRING)
    assert typed in page.content.decode()
    assert events_of(inquiry) == []


def test_region_without_the_service_is_refused_on_the_form(as_officer, inquiry):
    places.region("najran", "SA-10", "Najran")
    page = as_officer.post(page_to_ask(inquiry), form_of(inquiry, region="najran"))
    assert errors_on(page) == [
        "No office in Najran takes appointments for “Services for residents” by that day. "
        "Choose another region."
    ]


def test_stale_form_says_what_has_changed_and_can_be_sent_again(as_officer, officer, inquiry):
    form = form_of(inquiry)
    factories.write(filing.note, inquiry, officer)
    page = as_officer.post(page_to_ask(inquiry), form)
    assert errors_on(page) == [changed(f"Internal note ({officer.username})")]
    form["expected_version"] = page.context["form"]["expected_version"].value()
    as_officer.post(page_to_ask(inquiry), form)
    assert events_of(inquiry) == ["noted", "invited"]


def test_colleague_is_not_offered_to_ask(inquiry):
    browser = signed_in_staff(factories.OfficerFactory())
    assert ASK not in words(browser.get(desk_of(inquiry)))
    assert browser.get(page_to_ask(inquiry)).status_code == 302
    page = browser.post(page_to_ask(inquiry), form_of(inquiry))
    assert errors_on(page) == ["This inquiry is not assigned to you. Assign it to yourself first."]


def test_applicant_books_with_everything_chosen(as_resident, as_officer, inquiry, slot):
    invitation = invited(inquiry)
    page = as_resident.get(page_of(inquiry))
    assert "asks Mohammed Aslam Khan to come to an office by" in words(page)
    assert "There is nothing you have to do" not in words(page)
    assert "Supporting proof" in words(page)
    offices = as_resident.get(link_on(page, "Book this appointment"))
    assert offices.status_code == 200
    assert offices.context["criteria"].attendee == inquiry.beneficiary
    assert offices.context["criteria"].service == inquiry.service
    assert offices.context["criteria"].region == places.region()
    days = as_resident.get(f"{offices.request['PATH_INFO']}".replace("office", "day"), {})
    assert days.status_code == 302
    appointment = booked(inquiry, slot)
    shown = words(as_resident.get(page_of(inquiry)))
    assert grouped_reference(appointment.reference) in shown
    assert "Confirmed" in shown
    assert "Book this appointment" not in shown
    at_desk = words(as_officer.get(desk_of(inquiry)))
    assert grouped_reference(appointment.reference) in at_desk
    assert slot.office.name in at_desk
    of_appointment = as_resident.get(f"/en/appointments/{appointment.reference}/")
    assert grouped_reference(inquiry.reference) in words(of_appointment)
    assert invitation.until >= slot.day


def test_times_after_the_last_day_are_not_offered(as_resident, inquiry, hours):
    day = timezone.localdate() + 2 * DAY
    late = day + 20 * DAY
    for each in (day, late):
        places.slot(each, of=hours)
    invited(inquiry, until=actions.last_days()[1])
    address = link_on(as_resident.get(page_of(inquiry)), "Book this appointment")
    query = {**parse_qs(urlsplit(address).query), "office": [hours.office.slug]}
    page = as_resident.get("/en/appointments/new/day/", query)
    assert "so only times until then are shown." in words(page)
    days = [each.date for each in page.context["days"] if each.free]
    assert days == [day]
    everything = as_resident.get(
        f"/en/appointments/new/day/{link_on(page, 'Show later times too')}"
    )
    assert [each.date for each in everything.context["days"] if each.free] == [day, late]


@pytest.mark.parametrize("until", ["2020-01-01", "abc", "", "9999-99-99", "٢٠٢٦-٠١-٠١"])
def test_day_in_an_address_that_is_none_limits_nothing(as_resident, inquiry, hours, until):
    places.slot(timezone.localdate() + 2 * DAY, of=hours)
    invited(inquiry)
    address = link_on(as_resident.get(page_of(inquiry)), "Book this appointment")
    query = {**parse_qs(urlsplit(address).query), "until": until}
    page = as_resident.get("/en/appointments/new/office/", query)
    assert page.context["criteria"].until is None
    assert page.context["offices"][0]["office"].nearest


def test_representative_is_led_to_book_in_the_right_name(officer, hours):
    author = factories.UserFactory()
    palm = factories.establishment()
    factories.link(palm, author.identity, "representative")
    worker = factories.IdentityFactory()
    factories.link(palm, worker)
    inquiry = factories.filed(author, holder=palm, beneficiary=worker)
    inquiry = filing.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    invited(inquiry)
    browser = verified(author)
    browser.post("/en/account/acting-as/", {"holder": ""})
    address = link_on(browser.get(page_of(inquiry)), "Book this appointment")
    assert address.startswith("/en/account/acting-as/?holder=")
    page = browser.post(address, {"holder": palm.pk}, follow=True)
    assert page.context["criteria"].attendee == worker
    address = link_on(browser.get(page_of(inquiry)), "Book this appointment")
    assert address.startswith("/en/appointments/new/office/")


def test_withdrawn_or_decided_leads_nowhere(as_resident, inquiry):
    invited(inquiry)
    Inquiry.objects.filter(pk=inquiry.pk).update(status="processed", outcome="approved")
    assert "Visit to an office" not in words(as_resident.get(page_of(inquiry)))
    Inquiry.objects.filter(pk=inquiry.pk).update(status="under_processing", outcome="")
    assert "Book this appointment" in words(as_resident.get(page_of(inquiry)))
    withdrawn(inquiry)
    assert "Visit to an office" not in words(as_resident.get(page_of(inquiry)))


@pytest.mark.both_engines
def test_my_page_says_that_a_visit_is_to_be_booked(as_resident, inquiry, slot):
    asked = "Book a visit to an office"
    assert asked not in words(as_resident.get("/en/my/"))
    invited(inquiry)
    assert asked in words(as_resident.get("/en/my/"))
    appointment = booked(inquiry, slot)
    assert asked not in words(as_resident.get("/en/my/"))
    places.cancel(appointment)
    assert asked in words(as_resident.get("/en/my/"))
    withdrawn(inquiry)
    assert asked not in words(as_resident.get("/en/my/"))


def test_page_says_when_the_last_day_is_over(as_resident, as_officer, inquiry):
    invited(inquiry)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    shown = words(as_resident.get(page_of(inquiry)))
    assert "The day until when the visit was asked for is over." in shown
    assert "Book this appointment" not in shown
    at_desk = words(as_officer.get(desk_of(inquiry)))
    assert "Nothing was booked" in at_desk
    assert ASK in at_desk


def test_desk_says_that_the_visit_is_after_the_last_day(as_officer, inquiry, hours):
    invited(inquiry, until=actions.last_days()[0])
    booked(inquiry, places.slot(timezone.localdate() + 20 * DAY, of=hours))
    assert "after the day that was asked for" in words(as_officer.get(desk_of(inquiry)))


def test_page_without_an_invitation_shows_nothing_of_it(as_resident, as_officer, inquiry):
    assert "Visit to an office" not in words(as_resident.get(page_of(inquiry)))
    assert "Appointment" not in words(as_officer.get(desk_of(inquiry)))


def test_invitation_costs_a_page_one_statement(
    as_resident, as_officer, inquiry, slot, django_assert_max_num_queries
):
    def statements(browser, address):
        browser.get(address)
        with django_assert_max_num_queries(100) as asked:
            browser.get(address)
        return len(asked)

    pages = [(as_resident, page_of(inquiry), MAX), (as_officer, desk_of(inquiry), MAX_STAFF)]
    before = [statements(browser, address) for browser, address, _budget in pages]
    invited(inquiry)
    booked(inquiry, slot)
    for (browser, address, budget), number in zip(pages, before, strict=True):
        assert statements(browser, address) == number + 1 <= budget
