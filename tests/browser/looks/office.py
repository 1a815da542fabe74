"""The looks of the staff site at the offices: today's list, hours, closures and figures."""

import datetime

from django.utils import timezone

from appointments.models import Appointment, Closure, OpeningWindow
from core.catalogue.models import Holiday, Service
from tests.appointments import places
from tests.browser.looks import Group, people, staff_look
from tests.browser.looks.appointments import HOUR, begun_ago, free_times, offices_of_riyadh
from tests.browser.looks.steps import (
    enter,
    press,
    press_selected,
    save,
    save_nothing,
    send_nothing,
)
from tests.conftest import signed_in_staff

MANY = 30
TODAY, WALK_IN, CALLS = (
    f"appointments/appointment/{page}/" for page in ("today", "walk-in", "calls")
)
LIST, DESK = "appointments/appointment/", "appointments/appointment/{%s.pk}/"
AT_A_DESK = {"widths": (768, 1280)}
Status = Appointment.Status
MODELS = {
    "office": "appointments/office/",
    "hours": "appointments/openingwindow/",
    "closure": "appointments/closure/",
    "holiday": "catalogue/holiday/",
}


def prepare(language):
    times = free_times()
    office, other = offices_of_riyadh()
    people_of_today = expected_today(language, iter(times))
    people.many_like(people_of_today["served"], MANY)
    closed_day = times[0].day + datetime.timedelta(days=400)
    closure = Closure.objects.create(
        office=office,
        first_day=closed_day,
        last_day=closed_day,
        reason_ar="صيانة",
        reason_en="Maintenance",
    )
    return {
        "browsers": {
            "clerk": signed_in_staff(people.of_group("clerk", "1000000065", office)),
            "clerk-of-two": signed_in_staff(people.of_group("clerk", "1000000073", office, other)),
            "clerk-of-none": signed_in_staff(people.of_group("clerk", "1000000081")),
            "clerk-elsewhere": signed_in_staff(people.of_group("clerk", "1000000107", other)),
            "manager": signed_in_staff(people.of_group("manager", "1000000115", office)),
            "chief": signed_in_staff(people.chief()),
        },
        **people_of_today,
        "office": office,
        "hours": OpeningWindow.objects.filter(office=office).first(),
        "closure": closure,
        "holiday": Holiday.objects.create(
            day="2027-09-23", name_ar="اليوم الوطني", name_en="National Day"
        ),
        "booked_day": times[0].day,
        "reason_ar": "صيانة",
        "reason_en": "Maintenance",
    }


def expected_today(language, times):
    """Return an appointment of today in each standing at the desk, and one of another day."""
    service = Service.objects.get(slug="resident-services")
    names = {"ar": "محمد أسلم خان", "en": "Mohammed Aslam Khan"}
    found = {}
    for place, name in enumerate(("due", "late", "here", "called", "served", "missed", "later")):
        identity = people.person(f"20000001{place:02}", names["ar"], names["en"])
        user = people.account(name, identity, language)
        found[name] = places.confirmed(user, slot=next(times), service=service)
        if name != "later":
            begun_ago(found[name], -HOUR if name == "due" else HOUR)
    for name, status in (("here", "CHECKED_IN"), ("called", "CHECKED_IN"), ("served", "SERVED")):
        set_status(found[name], Status[status])
    set_status(found["missed"], Status.NO_SHOW)
    Appointment.objects.filter(pk=found["called"].pk).update(called_at=timezone.now())
    return found


def set_status(appointment, status):
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    appointment.refresh_from_db()


def name_texts(**fields):
    """Fill in the reason in both languages and the other fields."""
    return enter(reason_ar="{reason_ar}", reason_en="{reason_en}", **fields)


def desk_of(name):
    return f"{DESK % name}change/"


AT_THE_DOOR = (
    staff_look("today", "clerk", TODAY, **AT_A_DESK),
    staff_look("today-nobody", "clerk-elsewhere", TODAY, **AT_A_DESK),
    staff_look("today-which-office", "clerk-of-two", TODAY, **AT_A_DESK),
    staff_look(
        "today-of-two-offices", "clerk-of-two", f"{TODAY}?office={{office.slug}}", **AT_A_DESK
    ),
    staff_look("today-no-office", "clerk-of-none", TODAY, **AT_A_DESK),
    staff_look(
        "today-late-alone", "clerk", f"{TODAY}?office={{office.slug}}&show=late", **AT_A_DESK
    ),
    staff_look(
        "today-found-nothing",
        "clerk",
        TODAY,
        enter(typed="000000000000"),
        press("Check in"),
        **AT_A_DESK,
    ),
    staff_look(
        "today-not-today",
        "clerk",
        TODAY,
        enter(typed="{later.reference}"),
        press("Check in"),
        **AT_A_DESK,
    ),
    staff_look(
        "today-checked-in",
        "clerk",
        TODAY,
        enter(typed="{late.reference}"),
        press("Check in"),
        **AT_A_DESK,
    ),
    staff_look("walk-in", "clerk", WALK_IN, **AT_A_DESK),
    staff_look(
        "walk-in-empty", "clerk", WALK_IN, send_nothing("Give a place and check in"), **AT_A_DESK
    ),
    staff_look(
        "walk-in-unknown",
        "clerk",
        WALK_IN,
        enter(number="2999999999", service="resident-services"),
        press("Give a place and check in"),
        **AT_A_DESK,
    ),
    staff_look("calls", "clerk", CALLS, **AT_A_DESK),
    staff_look("calls-none", "clerk-elsewhere", CALLS, **AT_A_DESK),
    staff_look("appointment-list", "clerk", LIST),
    staff_look("appointment-list-none", "clerk-elsewhere", LIST),
    staff_look("appointment-list-all-days", "clerk", f"{LIST}?day=all"),
    staff_look("appointment-list-found", "clerk", f"{LIST}?q={{later.reference}}"),
    *(
        staff_look(f"appointment-desk-{name}", "clerk", desk_of(name))
        for name in ("due", "late", "here", "called", "served", "missed", "later")
    ),
    staff_look("appointment-desk-not-today", "clerk", desk_of("later"), press("Check in")),
    staff_look("appointment-desk-checked-in", "clerk", desk_of("due"), press("Check in")),
    staff_look("appointment-history", "clerk", f"{DESK % 'served'}history/"),
    staff_look("staff-home-clerk-of-an-office", "clerk", ""),
)
FIGURES = "appointments/office/{office.pk}/figures/"
HOURS = (
    staff_look("staff-home-manager", "manager", ""),
    staff_look("staff-app-appointments", "manager", "appointments/"),
    staff_look("offices-of-a-manager", "manager", MODELS["office"]),
    staff_look("office-of-a-manager", "manager", f"{MODELS['office']}{{office.pk}}/change/"),
    staff_look("figures", "manager", FIGURES),
    staff_look("figures-of-a-week", "manager", f"{FIGURES}?first=2026-01-04&last=2026-01-08"),
    *(
        each
        for name, place in MODELS.items()
        for each in (
            staff_look(f"{name}-list", "chief", place),
            staff_look(f"{name}-form", "chief", f"{place}{{{name}.pk}}/change/"),
            staff_look(f"{name}-add", "chief", f"{place}add/"),
            staff_look(f"{name}-empty", "chief", f"{place}add/", save_nothing),
            staff_look(f"{name}-before", "chief", f"{place}{{{name}.pk}}/change/", save),
            staff_look(
                f"{name}-saved", "chief", f"{place}{{{name}.pk}}/change/", save, press("Save")
            ),
            staff_look(f"{name}-history", "chief", f"{place}{{{name}.pk}}/history/"),
        )
    ),
    staff_look(
        "closure-before-with-people",
        "manager",
        f"{MODELS['closure']}add/",
        name_texts(office="{office.pk}", first_day="{booked_day}", last_day="{booked_day}"),
        save,
    ),
    staff_look("closures-of-a-manager", "manager", MODELS["closure"]),
    staff_look("closure-delete", "chief", f"{MODELS['closure']}{{closure.pk}}/delete/"),
    staff_look("holiday-delete", "chief", f"{MODELS['holiday']}{{holiday.pk}}/delete/"),
    staff_look(
        "holiday-deleted",
        "chief",
        f"{MODELS['holiday']}{{holiday.pk}}/delete/",
        press_selected("#content [type=submit]"),
    ),
)

OFFICE = Group(
    "office",
    ("en/staff/appointments/", "en/staff/catalogue/holiday/"),
    prepare,
    (AT_THE_DOOR, HOURS),
)
