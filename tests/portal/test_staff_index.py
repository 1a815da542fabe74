"""The first page of the staff site: counts of pending work, with links to the lists."""

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
from tests.conftest import signed_in_staff, words
from tests.copies import copies
from tests.factories import write

INDEX = "/en/staff/"
QUEUE = "/en/staff/requests_app/inquiry/"
TILE = re.compile(r'(?s)<li[^>]*><a href="([^"]*)"><strong>(.*?)</strong> (.*?)</a></li>')
SECTION = re.compile(r'(?s)<section class="waits".*?</section>')


def index(browser):
    return browser.get(INDEX).content.decode()


def waiting(browser):
    """Return the tiles of the page: {heading: {label: (count, link)}}."""
    markup = index(browser)
    found = {}
    for section in SECTION.findall(markup):
        heading = words(re.search(r"(?s)<h2.*?</h2>", section)[0])
        found[heading] = {
            words(label): (words(number), address.replace("&amp;", "&"))
            for address, number, label in TILE.findall(section)
        }
    return found


def offices_on(browser):
    """Return the table of the offices of today: {office: {standing: count}}."""
    cells = re.findall(
        r'<td[^>]*><a [^>]*>(\d+)<span class="visually-hidden"> (\w+), ([^<]*)</span>',
        index(browser),
    )
    found = {}
    for number, standing, office in cells:
        found.setdefault(office, {})[standing] = number
    return found


def numbers(browser, heading="Inquiries"):
    return {label: number for label, (number, _address) in waiting(browser)[heading].items()}


@pytest.fixture
def work(officer):
    """Create inquiries of the officer: two under processing, one of them overdue, one
    answered, and one that waits for its applicant.

    Others belong to a colleague or to nobody.
    """
    late = timezone.localdate() - timedelta(days=1)
    mine = factories.claimed(officer)
    copies(mine, 1, due_on=late)
    answered = write(actions.send_back, factories.claimed(officer), officer)
    write(actions.send_back, factories.claimed(officer), officer)
    write(actions.answer_return, answered, answered.applicant)
    colleague = factories.OfficerFactory()
    copies(mine, 3, assignee=colleague, due_on=late)
    copies(mine, 4, assignee=None)
    copies(mine, 5, assignee=None, due_on=late)
    decided = write(actions.approve, factories.claimed(officer), officer)
    Inquiry.objects.filter(pk=decided.pk).update(look_again_since=timezone.now())
    rejected = write(actions.reject, factories.claimed(colleague), colleague)
    write(actions.ask_for_review, rejected, rejected.applicant)
    refused = write(actions.reject, factories.claimed(colleague), colleague)
    unread = {"pending_outcome": "rejected", "outcome": "", "status": "under_processing"}
    Inquiry.objects.filter(pk=refused.pk).update(**unread)
    refused.decisions.update(state="waiting", leaves_at=None)
    held_back = write(actions.approve, factories.claimed(officer), officer).decisions
    held_back.update(state="held_back")
    asked = write(actions.approve, factories.claimed(officer), officer)
    write(actions.ask_back, asked, asked.applicant)
    return mine


def assert_counts_are_those_of_the_lists(browser):
    for number, address in waiting(browser)["Inquiries"].values():
        rows = browser.get(address).content.decode().count('name="_selected_action"')
        assert rows == int(number) > 0, address


def test_officer_sees_own_and_unassigned_work(as_officer, work, monkeypatch):
    seen = {
        "Unassigned": "10",
        "Mine, under processing": "2",
        "Mine, answered by the applicant": "1",
        "Mine, waiting for the applicant": "1",
        "Mine, overdue": "1",
        "Refusals that a second officer has to read": "1",
        "Questions after an answer": "1",
        "Your decisions that were not sent, as something came up": "1",
        "Unassigned, overdue": "5",
    }
    assert numbers(as_officer) == seen
    assert_counts_are_those_of_the_lists(as_officer)
    # A count is capped like its list.
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 9)
    assert numbers(as_officer) == seen | {"Unassigned": "9 or more"}


def test_permissions_decide_what_an_officer_sees(officer, work):
    browser = signed_in_staff(officer)
    officer.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    seen = numbers(browser)
    assert seen["Overdue, all officers"] == "9"
    assert seen["Reviews of rejections"] == "1"
    assert "Unassigned, overdue" not in seen
    assert_counts_are_those_of_the_lists(browser)

    factories.permit(officer, "view_inquiry")
    assert list(numbers(browser)) == ["Unassigned", "Unassigned, overdue"]
    officer.user_permissions.clear()
    assert waiting(browser) == {}


# Offices


@pytest.fixture
def offices(db):
    return [places.office(), places.office("qasr-al-hukm", "Qasr Al-Hukm")]


def slots_at_two_offices(offices):
    """Create a slot that runs now at the first office, and one of tomorrow at the second."""
    now = timezone.localtime()
    hours = [places.window(office=office) for office in offices]
    first = places.slot(now.date(), "23:59", of=hours[0], capacity=99)
    tomorrow = places.slot(now.date() + timedelta(days=1), of=hours[1], capacity=99)
    return first, tomorrow


def test_a_clerk_sees_the_day_of_each_office(offices):
    today, tomorrow = slots_at_two_offices(offices)
    places.confirmed(slot=today)
    for _person in range(2):
        places.in_status(Appointment.Status.CHECKED_IN, slot=today)
    late = places.confirmed(slot=today)
    places.in_status(Appointment.Status.DISPLACED, slot=tomorrow)
    earlier = places.slot(timezone.localdate(), "00:00", of=today.window)
    Appointment.objects.filter(pk=late.pk).update(slot=earlier)
    browser = signed_in_staff(places.clerk(*offices))
    assert offices_on(browser) == {
        "Al-Rimal": {"Due": "1", "Here": "2", "Late": "1"},
        "Qasr Al-Hukm": {"Due": "0", "Here": "0", "Late": "0"},
    }
    table = re.search(r'(?s)<table class="offices-today">.*?</table>', index(browser))[0]
    for address, number in re.findall(r'<td[^>]*><a href="([^"]*)">(\d+)<', table):
        people = browser.get(address.replace("&amp;", "&")).content.decode()
        assert people.count('<li id="n') == int(number), address
    found = waiting(browser)
    number, address = found["Appointments"]["The office closed, another time is needed"]
    assert number == "1"
    assert browser.get(address).content.decode().count('class="field-number"') == 1


def test_past_displaced_appointment_is_not_open(offices):
    today, _tomorrow = slots_at_two_offices(offices)
    displaced = places.in_status(Appointment.Status.DISPLACED, slot=today)
    past = places.slot(timezone.localdate() - timedelta(days=2), of=today.window)
    Appointment.objects.filter(pk=displaced.pk).update(slot=past)
    browser = signed_in_staff(places.clerk(*offices))
    assert numbers(browser, "Appointments") == {"The office closed, another time is needed": "0"}


def test_other_offices_are_not_counted(offices):
    today, _tomorrow = slots_at_two_offices(offices)
    places.in_status(Appointment.Status.CHECKED_IN, slot=today)
    browser = signed_in_staff(places.clerk(offices[1]))
    assert offices_on(browser) == {"Qasr Al-Hukm": {"Due": "0", "Here": "0", "Late": "0"}}


# Every page of the staff site


def test_password_pages_link_to_other_language(as_officer):
    for page in ("password_change/", "password_change/done/"):
        markup = as_officer.get(f"/en/staff/{page}").content.decode()
        assert f'<a href="/ar/staff/{page}" lang="ar" hreflang="ar" dir="rtl">' in markup


@pytest.fixture
def chief(officer):
    officer.is_superuser = True
    officer.save(update_fields=["is_superuser"])
    return signed_in_staff(officer)


def test_breadcrumbs_have_no_duplicate(chief):
    inquiry, office = factories.filed(), places.office()
    service = f"/en/staff/catalogue/service/{inquiry.service_id}/change/"
    history = f"/en/staff/appointments/office/{office.pk}/history/"
    for address, expected in (
        (QUEUE, "Home › Inquiries"),
        ("/en/staff/catalogue/service/", "Home › Services"),
        (service, f"Home › Services › {inquiry.service.name}"),
        (history, "Home › Offices › Al-Rimal › History"),
        ("/en/staff/catalogue/holiday/add/", "Home › Holidays › Add holiday"),
    ):
        markup = chief.get(address).content.decode()
        trail = re.search(r'(?s)<div class="breadcrumbs">.*?</div>', markup)[0]
        assert words(trail) == expected


def test_booleans_are_shown_in_words(chief, offices):
    factories.ServiceFactory(can_be_booked=False, is_active=False)
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


def test_groups_of_boxes_have_legends_with_their_help(chief):
    group = re.compile(r'(?s)<fieldset class="group"[^>]*>\s*<legend[^>]*>(.*?)</legend>')
    for path, legends in (
        (
            "catalogue/service/add/",
            [
                *("Who it is for:", "Who may file and book:"),
                *("Required documents:", "Optional documents:"),
            ],
        ),
        ("appointments/openingwindow/add/", ["Weekdays:", "Services:"]),
    ):
        page = chief.get(f"{INDEX}{path}").content.decode()
        assert group.findall(page) == legends
        described = re.findall(r'aria-describedby="([^"]*)"', page)
        assert described
        for each in described:
            assert page.count(f'id="{each}"') == 1, (path, each)
