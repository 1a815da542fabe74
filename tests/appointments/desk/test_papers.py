"""What the desk prints: the slip of somebody who is there, and the list of the day."""

import re

import pytest

from appointments.models import Appointment
from core.messaging.models import Message
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import HERE, LIST, TODAY, WALK_IN, desk_of
from tests.appointments.places import MONDAY, ON_SUNDAY, SUNDAY, at
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.django_db

Status = Appointment.Status
PAPER = f"{TODAY}print/?office=al-rimal"
IN_ARABIC, IN_ENGLISH = re.compile(r'<section lang="ar"'), re.compile(r'<section lang="en"')


@pytest.fixture
def khan():
    names = {"name_ar": "محمد أسلم خان", "name_en": "Mohammed Aslam Khan"}
    return factories.IdentityFactory(number="2000000006", mobile="+966500000017", **names)


@pytest.fixture
def walked_in(browser, slot, service, khan):
    """Return a walk-in of somebody without an account, made through the form."""
    form = {"number": "2000000006", "service": service.slug, "operations": "1"}
    page = browser.post(f"{WALK_IN}?office=al-rimal", form | {"idempotency_key": KEY}, follow=True)
    made = Appointment.objects.get()
    assert f'href="{desk_of(made, "slip")}"' in page.content.decode()
    return made


KEY = "00000000-0000-4000-8000-000000000001"


def is_first(page, language):
    both = re.findall(r'<section lang="(ar|en)"', page.content.decode())
    assert sorted(both) == ["ar", "en"]
    return both[0] == language


def test_slip_of_a_walk_in_says_all_in_both_languages(browser, walked_in, service):
    page = browser.get(desk_of(walked_in, "slip"))
    shown = words(page)
    number = grouped_reference(walked_in.reference)
    assert shown.count(number) >= 1
    for said in (
        f"Al-Rimal Sunday {ON_SUNDAY} · 10:00 Mohammed Aslam Khan {service.name_en} · 1 operation",
        "Wait until your number is on the screen of the waiting room.",
        f"محمد أسلم خان {service.name_ar} · عملية واحدة",
        "الأحد",
    ):
        assert said in shown, said
    code = walked_in.slips.get().check_code
    assert f"http://testserver/en/check/{code}/" in shown
    assert "2000000006" not in page.content.decode()


def test_slip_has_the_language_of_the_person_first(browser, walked_in, khan):
    # A Pakistani without an account is written to in English.
    assert is_first(browser.get(desk_of(walked_in, "slip")), "en")
    factories.UserFactory(identity=khan, language="ar")
    assert is_first(browser.get(desk_of(walked_in, "slip")), "ar")


def test_slip_is_for_the_roll_or_for_a4(browser, walked_in):
    slip = desk_of(walked_in, "slip")
    for query, paper, other in (
        ("", "on-roll", "?paper=a4"),
        ("?paper=x", "on-roll", "?paper=a4"),
        ("?paper=a4", "on-a4", "?paper=roll"),
    ):
        page = browser.get(f"{slip}{query}").content.decode()
        assert re.search(rf'<body class="[^"]*\b{paper}\b', page), query
        assert f'href="{other}"' in page


def test_slip_is_there_for_who_is_here_or_still_comes_today(browser, slot):
    booked = places.confirmed(slot=slot)
    tomorrow = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    gone = places.in_status(Status.SERVED, slot=slot)
    for appointment, has_slip in ((booked, True), (tomorrow, False), (gone, False)):
        page = browser.get(desk_of(appointment)).content.decode()
        assert (f'href="{desk_of(appointment, "slip")}"' in page) == has_slip
        response = browser.get(desk_of(appointment, "slip"))
        assert response.status_code == (200 if has_slip else 302)
    assert response.url == desk_of(gone)


def test_slip_of_another_office_is_not_found(appointment, elsewhere):
    stranger = signed_in_staff(places.clerk(elsewhere.office))
    assert stranger.get(desk_of(appointment, "slip")).status_code == 404
    viewer = places.clerk(appointment.slot.office, codenames=("view_appointment",))
    assert signed_in_staff(viewer).get(desk_of(appointment, "slip")).status_code == 403


# The text


def test_walk_in_without_an_account_is_texted_at_the_mobile_of_the_registry(walked_in, service):
    told = Message.objects.get()
    assert (str(told.recipient), told.owner, told.about) == (
        "+966500000017",
        None,
        walked_in.reference,
    )
    assert told.text == (
        f"Tawasul: Mohammed is checked in with number {grouped_reference(walked_in.reference)}: "
        f"{places.facts(walked_in)} Wait until the number is called."
    )


def test_walk_in_with_an_account_is_told_there(browser, slot, service, khan):
    user = factories.UserFactory(identity=khan, language="ar", email="aslam@example.com")
    form = {"number": "2000000006", "service": service.slug, "operations": "1"}
    browser.post(f"{WALK_IN}?office=al-rimal", form | {"idempotency_key": KEY})
    number = Appointment.objects.get().reference
    text, mail = Message.objects.order_by("channel").all()[::-1]
    assert {text.owner, mail.owner} == {user.pk}
    assert f"محمد برقم {number[:4]}\xa0{number[4:8]}\xa0{number[8:]}: " in text.text
    assert text.text in mail.text


def test_walk_in_without_a_mobile_gets_no_text(browser, slot, service, khan):
    type(khan).objects.update(mobile="")
    form = {"number": "2000000006", "service": service.slug, "operations": "1"}
    browser.post(f"{WALK_IN}?office=al-rimal", form | {"idempotency_key": KEY})
    assert Appointment.objects.get().is_walk_in
    assert not Message.objects.exists()


# The list of the day


def table_of(page):
    """Return the rows of the table as text, that of the headings first."""
    return [words(row) for row in re.findall(r"(?s)<tr>.*?</tr>", page.content.decode())]


def test_list_names_everybody_of_today_in_order_of_time(browser, slot, service, khan, clerk):
    late = places.confirmed(slot=places.slot(SUNDAY, "11:00", of=slot.window))
    user = factories.UserFactory(identity=khan)
    first = places.confirmed(user, slot=slot, service=service, operations=2)
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    places.held(slot=slot)
    heading, *people = table_of(browser.get(PAPER))
    assert heading == (
        "الوقت Time الرقم Number المراجع Who comes الخدمة Service العمليات Operations الحالة "
        "Status حضر Came تمت خدمته Served لم يحضر Missed الساعة At what time"
    )
    number = grouped_reference(first.reference)
    assert people[0] == (
        f"10:00 {number} محمد أسلم خان Mohammed Aslam Khan •••• 006 {service.name_ar} "
        f"{service.name_en} 2 مؤكد Confirmed"
    )
    assert people[1].startswith(f"11:00 {grouped_reference(late.reference)} ")
    assert len(people) == 2


def test_list_is_headed_by_office_day_and_the_moment_of_printing(browser, slot, clock):
    clock.now = at(SUNDAY, "09:05")
    shown = words(browser.get(PAPER))
    assert f"Al-Rimal · Sunday {ON_SUNDAY} · Printed 09:05" in shown
    assert "الأحد 16 ذو القعدة 1447 هـ (3 مايو 2026 م) · طُبع في 09:05" in shown
    assert "There is nobody in this list." in shown


def test_list_tells_no_more_than_three_digits_of_an_id_number(browser, appointment):
    shown = browser.get(PAPER).content.decode()
    attendee = appointment.attendee
    assert attendee.current_number not in shown
    assert f"•••• {attendee.current_number[-3:]}" in shown
    assert str(attendee.mobile or appointment.user.mobile) not in shown


def test_list_of_another_office_is_not_found(browser, elsewhere):
    assert browser.get(f"{TODAY}print/?office={elsewhere.office.slug}").status_code == 404


def test_list_is_reached_from_the_day(browser, slot):
    assert f'href="{PAPER}"' in browser.get(HERE).content.decode()
    assert LIST in PAPER
