"""The first page of the staff site: what waits, counted, and the way to it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from appointments.models import Appointment
from core import staff_lists
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.test_queries import copies as copies_of_appointment
from tests.conftest import signed_in_staff, words
from tests.portal.test_queries import copies, queries, write

INDEX = "/en/staff/"
QUEUE = "/en/staff/requests_app/inquiry/"
TILE = re.compile(r'(?s)<li[^>]*><a href="([^"]*)"><strong>(.*?)</strong> (.*?)</a></li>')
SECTION = re.compile(r'(?s)<section class="waits".*?</section>')


def waiting(browser):
    """{heading: {label: (what is counted, where it leads)}}"""
    markup = browser.get(INDEX).content.decode()
    found = {}
    for section in SECTION.findall(markup):
        heading = words(re.search(r"(?s)<h2.*?</h2>", section)[0])
        found[heading] = {
            words(label): (words(number), address.replace("&amp;", "&"))
            for address, number, label in TILE.findall(section)
        }
    return found


def numbers(browser, heading="Inquiries"):
    return {label: number for label, (number, _address) in waiting(browser)[heading].items()}


@pytest.fixture
def work(officer):
    """Of the officer: two under processing, one of them late, and one answered; and of others."""
    late = timezone.localdate() - timedelta(days=1)
    mine = factories.claimed(officer)
    copies(mine, 1, due_on=late)
    answered = write(actions.send_back, factories.claimed(officer), officer)
    write(actions.answer_return, answered, answered.applicant)
    colleague = factories.OfficerFactory()
    copies(mine, 3, assignee=colleague, due_on=late)
    copies(mine, 4, assignee=None)
    copies(mine, 5, assignee=None, due_on=late)
    write(actions.approve, factories.claimed(officer), officer)
    return mine


def test_an_officer_sees_what_waits_for_them_and_for_nobody(as_officer, work):
    assert numbers(as_officer) == {
        "Assigned to nobody": "9",
        "Mine, under processing": "2",
        "Mine, answered by the applicant": "1",
        "Mine, overdue": "1",
        "Assigned to nobody, overdue": "5",
    }


def test_who_gives_inquiries_to_others_sees_what_is_overdue_in_all(officer, work):
    officer.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    seen = numbers(signed_in_staff(officer))
    assert seen["Overdue in all"] == "9"
    assert "Assigned to nobody, overdue" not in seen


def test_who_may_only_look_has_no_work_of_their_own(officer, work):
    officer.user_permissions.set(Permission.objects.filter(codename="view_inquiry"))
    assert list(numbers(signed_in_staff(officer))) == [
        "Assigned to nobody",
        "Assigned to nobody, overdue",
    ]


@pytest.mark.parametrize("can_assign", [False, True])
def test_each_count_leads_to_as_many_rows(officer, work, can_assign):
    if can_assign:
        officer.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    browser = signed_in_staff(officer)
    for number, address in waiting(browser)["Inquiries"].values():
        rows = browser.get(address).content.decode().count('name="_selected_action"')
        assert rows == int(number) > 0, address


def test_a_long_queue_is_counted_as_far_as_its_list_is(as_officer, work, monkeypatch):
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 9)
    assert numbers(as_officer)["Assigned to nobody"] == "9 or more"
    assert numbers(as_officer)["Assigned to nobody, overdue"] == "5"


def test_who_may_do_nothing_sees_nothing(officer, work):
    officer.user_permissions.clear()
    assert waiting(signed_in_staff(officer)) == {}


# Offices


@pytest.fixture
def offices(db):
    return [places.office(), places.office("qasr-al-hukm", "Qasr Al-Hukm")]


def here_and_there(offices):
    """A slot that runs at the first office now, and one of tomorrow at the second."""
    now = timezone.localtime()
    hours = [places.window(office=office) for office in offices]
    first = places.slot(now.date(), "23:59", of=hours[0], capacity=99)
    tomorrow = places.slot(now.date() + timedelta(days=1), of=hours[1], capacity=99)
    return first, tomorrow


def test_a_clerk_sees_the_day_of_each_office(offices):
    today, tomorrow = here_and_there(offices)
    due = places.confirmed(slot=today)
    for status in (Appointment.Status.CHECKED_IN, Appointment.Status.CHECKED_IN):
        places.in_status(status, slot=today)
    late = places.confirmed(slot=today)
    places.in_status(Appointment.Status.DISPLACED, slot=tomorrow)
    earlier = places.slot(timezone.localdate(), "00:00", of=today.window)
    Appointment.objects.filter(pk=late.pk).update(slot=earlier)
    browser = signed_in_staff(places.clerk(*offices))
    found = waiting(browser)
    assert list(found) == ["Today: Al-Rimal", "Today: Qasr Al-Hukm", "Appointments"]
    assert numbers(browser, "Today: Qasr Al-Hukm") == {"Due": "0", "Here": "0", "Late": "0"}
    for number, address in found["Today: Al-Rimal"].values():
        assert browser.get(address).content.decode().count('<li id="n') == int(number), address
    assert numbers(browser, "Today: Al-Rimal")["Here"] == "2"
    number, address = found["Appointments"]["The office closed, another time is needed"]
    assert (number, browser.get(address).content.decode().count('class="field-number"')) == (
        *("1", 1),
    )
    assert due.reference


def test_a_displaced_appointment_of_the_past_is_not_open(offices):
    today, _tomorrow = here_and_there(offices)
    displaced = places.in_status(Appointment.Status.DISPLACED, slot=today)
    past = places.slot(timezone.localdate() - timedelta(days=2), of=today.window)
    Appointment.objects.filter(pk=displaced.pk).update(slot=past)
    browser = signed_in_staff(places.clerk(*offices))
    assert numbers(browser, "Appointments") == {"The office closed, another time is needed": "0"}


def test_other_offices_are_not_counted(offices):
    today, _tomorrow = here_and_there(offices)
    places.in_status(Appointment.Status.CHECKED_IN, slot=today)
    browser = signed_in_staff(places.clerk(offices[1]))
    assert list(waiting(browser)) == ["Today: Qasr Al-Hukm", "Appointments"]
    assert numbers(browser, "Today: Qasr Al-Hukm")["Here"] == "0"


def test_the_first_page_asks_as_often_for_thirty_as_for_one(officer, offices):
    officer.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_appointment", "receive_appointment"))
    )
    officer.offices.set(offices)
    browser = signed_in_staff(officer)
    mine = factories.claimed(officer)
    copies(mine, 1, assignee=None)
    appointment = places.confirmed(slot=here_and_there(offices)[0])
    for_few, _page = queries(browser, INDEX)
    copies(mine, 29)
    copies(mine, 29, assignee=None, due_on=timezone.localdate() - timedelta(days=1))
    copies_of_appointment(appointment, 29, user=factories.UserFactory())
    assert Inquiry.objects.count() == 60
    for_many, page = queries(browser, INDEX)
    assert "<strong>30</strong>" in page
    assert for_many == for_few <= 20


# What is on every page


def test_the_pages_of_the_password_lead_to_the_other_language(as_officer):
    for page in ("password_change/", "password_change/done/"):
        markup = as_officer.get(f"/en/staff/{page}").content.decode()
        assert f'<a href="/ar/staff/{page}" lang="ar" hreflang="ar" dir="rtl">' in markup


def test_no_trail_of_pages_says_the_same_twice(officer):
    officer.is_superuser = True
    officer.save(update_fields=["is_superuser"])
    browser = signed_in_staff(officer)
    inquiry, office = factories.filed(), places.office()
    pages = {
        QUEUE: "Home › Inquiries",
        "/en/staff/catalogue/service/": "Home › Services",
        f"/en/staff/catalogue/service/{inquiry.service_id}/change/": (
            f"Home › Services › {inquiry.service.name}"
        ),
        f"/en/staff/appointments/office/{office.pk}/history/": (
            "Home › Offices › Al-Rimal › History"
        ),
        "/en/staff/catalogue/holiday/add/": "Home › Holidays › Add holiday",
    }
    for address, expected in pages.items():
        markup = browser.get(address).content.decode()
        trail = re.search(r'(?s)<div class="breadcrumbs">.*?</div>', markup)[0]
        assert words(trail) == expected


def test_lists_and_forms_say_yes_and_no_in_words(officer, offices):
    officer.is_superuser = True
    officer.save(update_fields=["is_superuser"])
    factories.ServiceFactory(can_be_booked=False, is_active=False)
    chief = signed_in_staff(officer)
    manager = signed_in_staff(places.manager(offices[0]))
    read = f"/en/staff/appointments/office/{offices[0].pk}/change/"
    for browser, address in (
        (chief, "/en/staff/catalogue/service/"),
        (chief, "/en/staff/appointments/office/"),
        (manager, read),
    ):
        page = browser.get(address).content.decode()
        assert 'alt="True"' not in page
        assert 'alt="False"' not in page
        assert ">Yes<" in page, address
    assert ">No<" in chief.get("/en/staff/catalogue/service/").content.decode()
    assert 'type="checkbox" name="is_active"' in chief.get(read).content.decode()
