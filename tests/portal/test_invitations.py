"""From an inquiry, an officer asks its person to come to an office, and they book."""

import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from appointments.models import Appointment
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from core.references import grouped_reference
from core.template_filters import day_in_text
from requests_app import actions as filing
from requests_app.models import Inquiry
from tawasul.portal import actions
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.portal.invitations import TO_BRING, chosen, form_of, invited, withdrawn
from tests.requests_app.desk_pages import desk_of
from tests.requests_app.refusals import changed
from tests.requests_app.steps import page_of
from tests.test_budgets import MAX, MAX_STAFF

pytestmark = pytest.mark.django_db

ASK = "Ask to come to an office"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def hours(db):
    """Hours of an office that takes everything, from Sunday to Thursday."""
    return places.window()


@pytest.fixture
def inquiry(officer, resident, hours):
    return factories.claimed(officer, applicant=resident)


@pytest.fixture
def slot(hours):
    return places.slot(timezone.localdate() + 2 * DAY, of=hours)


@pytest.fixture
def as_resident(resident):
    return verified(resident)


def page_to_ask(inquiry):
    return desk_of(inquiry, "invitation")


def page_to_withdraw(inquiry):
    return desk_of(inquiry, "invitation/withdraw")


def events_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))[2:]


def texts_about(inquiry):
    about = Message.objects.about(inquiry.reference).filter(channel="sms")
    return [(each.recipient, each.text) for each in about.order_by("pk")][1:]


def refused(**fields):
    """Return the code of the refusal of an invitation with these fields."""
    with pytest.raises(RuleViolation) as violation:
        actions.invite(**fields)
    return violation.value.code


def booked(inquiry, slot, **changes):
    criteria = {"slot": slot, "service": inquiry.service, **changes}
    return places.confirmed(inquiry.applicant, **criteria)


# Asking


def test_asking_is_an_event_and_a_text_with_what_one_needs(inquiry, resident):
    invitation = invited(inquiry)
    assert events_of(inquiry) == ["invited"]
    event = inquiry.events.last()
    assert (event.role, event.from_status, event.to_status) == (
        "officer",
        "under_processing",
        "under_processing",
    )
    assert texts_about(inquiry) == [
        (
            str(resident.mobile),
            f"Tawasul: Mohammed is asked to come to an office by "
            f"{day_in_text(invitation.until)}: Services for residents. "
            f"Inquiry {inquiry.reference}.",
        )
    ]


def test_due_date_stays_as_it_is(inquiry):
    before = inquiry.due_on
    invited(inquiry)
    inquiry.refresh_from_db()
    assert (inquiry.due_on, inquiry.status) == (before, "under_processing")


def test_mail_names_what_to_bring(inquiry, resident):
    User.objects.filter(pk=resident.pk).update(email="aslam@example.org")
    invited(inquiry)
    mail = Message.objects.about(inquiry.reference).get(channel="email")
    assert "Sign in to book: the page of the inquiry leads to the times." in mail.text
    assert "Documents to bring:\nSupporting proof" in mail.text
    assert TO_BRING in mail.text


def test_person_whom_it_is_about_is_told_as_well(officer, resident, hours):
    worker = factories.UserFactory(identity__name_en="Bilal Ahmed")
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    before = len(texts_about(inquiry))
    invited(inquiry)
    told = texts_about(inquiry)[before:]
    assert [to for to, _text in told] == [str(resident.mobile), str(worker.mobile)]
    assert all("Tawasul: Bilal is asked to come" in text for _to, text in told)


@pytest.mark.both_engines
def test_second_click_asks_once(inquiry):
    fields = chosen(inquiry)
    first, second = (
        actions.invite(actor=inquiry.assignee, inquiry=inquiry, **fields) for _click in range(2)
    )
    assert first == second
    assert events_of(inquiry) == ["invited"]
    assert len(texts_about(inquiry)) == 1


def test_same_form_with_another_choice_is_no_second_click(inquiry):
    fields = chosen(inquiry)
    actions.invite(actor=inquiry.assignee, inquiry=inquiry, **fields)
    other = {**fields, "what_to_bring": "Something else."}
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **other) == "stale"


def test_only_who_has_the_inquiry_asks(inquiry):
    colleague = factories.OfficerFactory()
    assert refused(actor=colleague, inquiry=inquiry, **chosen(inquiry)) == "unclaimed"
    clerk = factories.of_role("clerk")
    assert refused(actor=clerk, inquiry=inquiry, **chosen(inquiry)) == "not_officer"
    assert events_of(inquiry) == []


def test_nobody_else_asks_while_it_waits_for_its_applicant(inquiry):
    returned = factories.write(filing.send_back, inquiry, inquiry.assignee)
    colleague = factories.OfficerFactory()
    assert refused(actor=colleague, inquiry=returned, **chosen(returned)) == "unclaimed"
    assert invited(returned).is_open


@pytest.mark.parametrize("end", [filing.approve, filing.reject])
def test_decided_inquiry_asks_nobody(inquiry, end):
    decided = factories.write(end, inquiry, inquiry.assignee)
    Inquiry.objects.filter(pk=decided.pk).update(status="closed")
    assert refused(actor=inquiry.assignee, inquiry=decided, **chosen(decided)) == "status"


def test_stale_page_asks_nobody(inquiry, officer):
    fields = chosen(inquiry)
    factories.write(filing.note, inquiry, officer)
    assert refused(actor=officer, inquiry=inquiry, **fields) == "stale"
    assert not Invitation.objects.exists()


def test_one_invitation_at_a_time(inquiry):
    invited(inquiry)
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "invited"
    assert events_of(inquiry) == ["invited"]


def test_another_follows_one_that_is_over(inquiry):
    first = invited(inquiry)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert invited(inquiry) != first


@pytest.mark.parametrize("place", ["before", "after"])
def test_days_that_come_too_soon_or_too_late_are_refused(inquiry, place):
    days = actions.last_days()
    until = days[0] - DAY if place == "before" else days[-1] + DAY
    fields = chosen(inquiry, until=until)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "until"
    assert events_of(inquiry) == []


def test_there_are_three_working_days_and_at_most_sixty(monkeypatch):
    clock = places.Clock()  # a Sunday
    monkeypatch.setattr(timezone, "now", clock)
    assert actions.last_days()[0] == places.WEDNESDAY
    assert actions.last_days()[-1] == places.SUNDAY + 60 * DAY
    clock.now += 3 * DAY  # a Wednesday, before the weekend
    assert actions.last_days()[0] == places.SUNDAY + 8 * DAY


def test_service_without_hours_in_the_region_is_refused(inquiry, hours):
    elsewhere = places.region("najran", "SA-10", "Najran")
    fields = chosen(inquiry, region=elsewhere)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "region"
    hours.services.set([factories.ServiceFactory()])
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **chosen(inquiry)) == "region"


def test_hours_that_begin_later_are_none_until_then(inquiry, hours):
    hours.valid_from = actions.last_days()[6]
    hours.save()
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "region"
    assert invited(inquiry, until=actions.last_days()[12])


def test_service_that_cannot_be_booked_is_refused(inquiry):
    inquiry.service.can_be_booked = False
    inquiry.service.save()
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "service"


def test_service_for_others_is_refused(inquiry):
    for_citizens = factories.ServiceFactory(beneficiary_kinds=["citizen"])
    fields = chosen(inquiry, service=for_citizens)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "service"


# Withdrawing


def test_withdrawing_is_an_event_and_a_text(inquiry):
    invited(inquiry)
    withdrawn(inquiry)
    assert events_of(inquiry) == ["invited", "uninvited"]
    assert texts_about(inquiry)[-1][1] == (
        f"Tawasul: Mohammed need not come to an office for inquiry {inquiry.reference} any more. "
        "Cancel the appointment if one is booked."
    )
    assert not Invitation.objects.open().exists()
    assert invited(inquiry).is_open


def test_nothing_is_withdrawn_twice(inquiry):
    invited(inquiry)
    withdrawn(inquiry)
    with pytest.raises(RuleViolation) as refusal:
        withdrawn(inquiry)
    assert refusal.value.code == "not_invited"
    assert events_of(inquiry) == ["invited", "uninvited"]


def test_only_who_has_the_inquiry_withdraws(inquiry):
    invited(inquiry)
    with pytest.raises(RuleViolation) as refusal:
        withdrawn(inquiry, factories.OfficerFactory())
    assert refusal.value.code == "unclaimed"
    assert Invitation.objects.open().exists()


# What is booked by it


def visit_of(invitation):
    return Invitation.objects.with_visit().filter(pk=invitation.pk).first().visit


def test_what_is_booked_next_for_the_service_is_the_visit(inquiry, slot):
    invitation = invited(inquiry)
    assert visit_of(invitation) is None
    other = places.confirmed(inquiry.applicant, slot=places.slot(slot.day, "12:00"))
    assert other.service != inquiry.service
    assert visit_of(invitation) is None
    appointment = booked(inquiry, slot)
    assert visit_of(invitation) == appointment


def test_what_is_merely_held_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    places.held(inquiry.applicant, slot=slot, service=inquiry.service)
    assert visit_of(invitation) is None


def test_what_was_booked_before_is_no_visit(inquiry, slot):
    booked(inquiry, slot)
    assert visit_of(invited(inquiry)) is None


def test_what_is_booked_for_somebody_else_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    places.confirmed(slot=slot, service=inquiry.service)
    assert visit_of(invitation) is None


@pytest.mark.both_engines
def test_what_is_booked_after_the_last_day_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    appointment = booked(inquiry, slot)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert visit_of(invitation) is None
    Invitation.objects.update(until=timezone.localdate())
    assert visit_of(invitation) == appointment


def test_what_is_booked_after_it_was_withdrawn_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    withdrawn(inquiry)
    booked(inquiry, slot)
    assert visit_of(invitation) is None


def test_what_the_person_books_for_themselves_is_the_visit(officer, resident, hours, slot):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    invitation = invited(inquiry)
    appointment = places.confirmed(worker, slot=slot, service=inquiry.service)
    assert visit_of(invitation) == appointment


@pytest.mark.both_engines
def test_after_a_cancel_the_person_books_again(inquiry, slot):
    invitation = invited(inquiry)
    first = booked(inquiry, slot)
    assert not of(invitation).is_to_book
    places.cancel(first)
    assert of(invitation).visit == first
    assert of(invitation).is_to_book
    second = booked(inquiry, places.slot(slot.day, "12:00"))
    assert of(invitation).visit == second
    assert not of(invitation).is_to_book


def of(invitation):
    return Invitation.objects.with_visit().filter(pk=invitation.pk).first()


def test_moved_appointment_shows_its_new_time(inquiry, slot):
    invitation = invited(inquiry)
    appointment = booked(inquiry, slot)
    later = places.slot(slot.day + DAY, "12:00")
    places.move(appointment, later)
    assert visit_of(invitation).slot == later


@pytest.mark.parametrize(("status", "again"), [("no_show", True), ("served", False)])
def test_who_missed_it_can_book_again(inquiry, slot, status, again):
    invitation = invited(inquiry)
    booked(inquiry, slot)
    Appointment.objects.update(status=status)
    assert of(invitation).is_to_book == again


# The pages


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


def link_on(page, text):
    markup = page.content.decode().partition(f">{text}</a>")[0]
    return markup.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


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


def test_stranger_learns_nothing_of_the_inquiry_from_an_appointment(officer, resident, hours, slot):
    """An employer books for a worker who has filed an inquiry of their own."""
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=worker)
    invited(inquiry)
    appointment = places.confirmed(
        resident, slot=slot, service=inquiry.service, attendee=worker.identity
    )
    address = f"/en/appointments/{appointment.reference}/"
    assert grouped_reference(inquiry.reference) not in words(verified(resident).get(address))
    assert grouped_reference(inquiry.reference) in words(verified(worker).get(address))
    shown = verified(worker).get(page_of(inquiry)).content.decode()
    assert grouped_reference(appointment.reference) in shown


@pytest.fixture
def names_inquiry(as_resident, inquiry):
    """Return a function that tells whether the page of an appointment names the inquiry."""

    def names(appointment):
        page = as_resident.get(f"/en/appointments/{appointment.reference}/")
        return grouped_reference(inquiry.reference) in words(page)

    return names


def test_appointment_of_another_service_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    assert not names_inquiry(places.confirmed(inquiry.applicant, slot=slot))


def test_appointment_of_before_does_not_name_it(names_inquiry, inquiry, slot):
    appointment = booked(inquiry, slot)
    invited(inquiry)
    assert not names_inquiry(appointment)


def test_appointment_of_after_the_end_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    appointment = booked(inquiry, slot)
    assert names_inquiry(appointment)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert not names_inquiry(appointment)
    Invitation.objects.update(until=timezone.localdate(), withdrawn_at=appointment.confirmed_at)
    assert not names_inquiry(appointment)
    Invitation.objects.update(withdrawn_at=timezone.now())
    assert names_inquiry(appointment)


def test_appointment_of_somebody_else_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    worker = factories.IdentityFactory()
    factories.link(inquiry.applicant.identity, worker)
    assert not names_inquiry(booked(inquiry, slot, attendee=worker))


def test_held_time_names_no_inquiry(names_inquiry, inquiry, slot):
    invited(inquiry)
    held = places.held(inquiry.applicant, slot=slot, service=inquiry.service)
    assert not names_inquiry(held)


def test_employer_reads_what_the_worker_booked_and_cannot_open_it(
    officer, resident, as_resident, hours, slot
):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    invited(inquiry)
    of_worker = verified(worker)
    address = link_on(of_worker.get(page_of(inquiry)), "Book this appointment")
    offices = of_worker.get(address)
    assert offices.context["criteria"].attendee == worker.identity
    appointment = places.confirmed(worker, slot=slot, service=inquiry.service)
    page_of_it = f"/en/appointments/{appointment.reference}/"
    shown = as_resident.get(page_of(inquiry))
    assert grouped_reference(appointment.reference) in words(shown)
    assert page_of_it not in shown.content.decode()
    assert page_of_it in of_worker.get(page_of(inquiry)).content.decode()
    assert as_resident.get(page_of_it).status_code == 404


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
