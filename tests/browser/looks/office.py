"""The looks of the staff site at the offices: today's list, hours, closures and figures."""

import datetime
from itertools import chain

from django.utils import timezone

from appointments.models import Appointment, Closure, OpeningWindow
from core.catalogue.models import Holiday, Service
from tests import factories
from tests.appointments import places
from tests.browser.looks import Group, people, staff_look
from tests.browser.looks.appointments import (
    HOUR,
    begun_ago,
    free_times,
    offices_of_riyadh,
    set_status,
)
from tests.browser.looks.steps import (
    enter,
    press,
    press_selected,
    save,
    send,
    send_nothing,
    warn_of_the_end,
)
from tests.browser.looks.tables import AT_A_DESK, pages_of_model, staff_looks
from tests.conftest import signed_in_staff

MANY = 30
TODAY, WALK_IN, CALLS, UNMARKED, PAPER = (
    f"appointments/appointment/{page}/"
    for page in ("today", "walk-in", "calls", "unmarked", "today/print")
)
LIST, DESK = "appointments/appointment/", "appointments/appointment/{%s.pk}/"
ASSIST = f"{LIST}assistance/"
HELP, CHANGE = (f"{ASSIST}{{{name}.pk}}/" for name in ("helping", "changing"))
Status = Appointment.Status
REASONS = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
# What is typed into the form of a closure, at an office with appointments on that day.
CLOSED_DAY = {
    "office": "{office.pk}",
    "first_day": "{booked_day}",
    "last_day": "{booked_day}",
    **REASONS,
}
STANDINGS = ("due", "late", "here", "called", "served", "missed", "unmarked", "later")
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
    days = {"first_day": closed_day, "last_day": closed_day}
    factories.feedback("appointments:detail", is_useful=False, sentence="انتظرت ساعة")
    factories.feedback()
    holiday = {"name_ar": "اليوم الوطني", "name_en": "National Day"}
    clerk = people.of_group("clerk", "1000000065", office)
    helped = people_of_today["later"].attendee
    return {
        "browsers": {
            "clerk": signed_in_staff(clerk),
            "clerk-of-two": signed_in_staff(people.of_group("clerk", "1000000073", office, other)),
            "clerk-of-none": signed_in_staff(people.of_group("clerk", "1000000081")),
            "clerk-elsewhere": signed_in_staff(people.of_group("clerk", "1000000107", other)),
            "manager": signed_in_staff(people.of_group("manager", "1000000115", office)),
            "manager-elsewhere": signed_in_staff(people.of_group("manager", "1000000149", other)),
            "chief": signed_in_staff(people.chief()),
            "auditor": signed_in_staff(people.of_group("auditor", "1000000131")),
        },
        **people_of_today,
        "helping": places.assistance(clerk, helped),
        "changing": places.assistance(clerk, helped, "change"),
        "office": office,
        "hours": OpeningWindow.objects.filter(office=office).first(),
        "closure": Closure.objects.create(office=office, **days, **REASONS),
        "holiday": Holiday.objects.create(day="2027-09-23", **holiday),
        "announcement": factories.announcement(text_ar="تحديث الليلة", office=office),
        "booked_day": times[0].day,
    }


def expected_today(language, times):
    """Return an appointment of today in each standing at the desk, and one of another day."""
    service = Service.objects.get(slug="resident-services")
    names = {"ar": "محمد أسلم خان", "en": "Mohammed Aslam Khan"}
    found = {}
    for place, name in enumerate(STANDINGS):
        identity = people.person(f"20000001{place:02}", names["ar"], names["en"])
        user = people.account(name, identity, language)
        found[name] = places.confirmed(user, slot=next(times), service=service)
        if name != "later":
            begun_ago(found[name], -HOUR if name == "due" else HOUR)
    for name, status in (("here", "CHECKED_IN"), ("called", "CHECKED_IN"), ("served", "SERVED")):
        set_status(found[name], Status[status])
    set_status(found["missed"], Status.NO_SHOW)
    set_status(found["unmarked"], Status.UNMARKED)
    Appointment.objects.filter(pk=found["called"].pk).update(called_at=timezone.now())
    return found


def desk_of(name):
    return f"{DESK % name}change/"


def take_back(name):
    return f"{DESK % name}take-back/"


AT_THE_DOOR = (
    staff_look("today-end-is-near", "clerk", TODAY, warn_of_the_end, **AT_A_DESK),
    staff_look("today", "clerk", TODAY, **AT_A_DESK),
    staff_look("today-nobody", "clerk-elsewhere", TODAY, **AT_A_DESK),
    *staff_looks(
        "clerk-of-two",
        ("today-which-office", TODAY),
        ("today-of-two-offices", f"{TODAY}?office={{office.slug}}"),
        **AT_A_DESK,
    ),
    staff_look("today-no-office", "clerk-of-none", TODAY, **AT_A_DESK),
    *staff_looks(
        "clerk",
        ("today-late-alone", f"{TODAY}?office={{office.slug}}&show=late"),
        ("today-found-nothing", TODAY, send("Check in", typed="000000000000")),
        ("today-not-today", TODAY, send("Check in", typed="{later.reference}")),
        ("today-checked-in", TODAY, send("Check in", typed="{late.reference}")),
        ("walk-in", WALK_IN),
        ("walk-in-empty", WALK_IN, send_nothing("Add and check in")),
        (
            "walk-in-unknown",
            WALK_IN,
            send("Add and check in", number="2999999999", service="resident-services"),
        ),
        ("assist", ASSIST),
        ("assist-empty", ASSIST, send_nothing("Next")),
        ("assist-caller", ASSIST, send("Next", number="2000000103", way="phone", aim="book")),
        ("assisted", HELP),
        ("assisted-book", f"{HELP}book/"),
        ("assisted-book-empty", f"{HELP}book/", send_nothing("Show the next times")),
        (
            "assisted-times",
            f"{HELP}book/",
            send("Show the next times", service="resident-services"),
        ),
        ("assisted-change", CHANGE),
        ("assisted-move", CHANGE, press_selected("main a[href$='move/']")),
        ("assisted-cancel", CHANGE, press_selected("main a[href$='cancel/']")),
        ("calls", CALLS),
        ("slip-roll", f"{DESK % 'here'}slip/"),
        ("slip-a4", f"{DESK % 'here'}slip/?paper=a4"),
        ("list-on-paper", PAPER),
        **AT_A_DESK,
    ),
    staff_look("calls-none", "clerk-elsewhere", CALLS, **AT_A_DESK),
    staff_look("appointment-list", "clerk", LIST),
    staff_look("appointment-list-none", "clerk-elsewhere", LIST),
    *staff_looks(
        "clerk",
        ("appointment-list-all-days", f"{LIST}?day=all"),
        ("appointment-list-found", f"{LIST}?q={{later.reference}}"),
        *((f"appointment-desk-{name}", desk_of(name)) for name in STANDINGS),
        ("appointment-desk-not-today", desk_of("later"), press("Check in")),
        ("appointment-desk-checked-in", desk_of("due"), press("Check in")),
        ("take-back", take_back("called")),
        ("take-back-says-not-why", take_back("here"), send("Take back", reason="other")),
        (
            "appointment-desk-taken-back",
            take_back("served"),
            send("Take back", reason="other", words="كان المراجع شخصًا آخر"),
        ),
        ("appointment-history", f"{DESK % 'served'}history/"),
        ("staff-home-clerk-of-an-office", ""),
    ),
)
ANNOUNCEMENTS = "portal/announcement/"
FIGURES, CLOSURES = "appointments/office/{office.pk}/figures/", MODELS["closure"]
DELETE_HOLIDAY = f"{MODELS['holiday']}{{holiday.pk}}/delete/"
HOURS = (
    *staff_looks(
        "manager",
        ("staff-home-manager", ""),
        ("staff-app-appointments", "appointments/"),
        ("offices-of-a-manager", MODELS["office"]),
        ("office-of-a-manager", f"{MODELS['office']}{{office.pk}}/change/"),
        ("figures", FIGURES),
        ("appointment-desk-to-settle", desk_of("unmarked")),
        ("unmarked", UNMARKED),
        ("unmarked-settled", UNMARKED, press("Was served")),
        ("figures-of-a-week", f"{FIGURES}?first=2026-01-04&last=2026-01-08"),
    ),
    *chain(*(pages_of_model(name, place, asks=True) for name, place in MODELS.items())),
    *staff_looks(
        "manager",
        ("closure-before-with-people", f"{CLOSURES}add/", enter(**CLOSED_DAY), save),
        ("closures-of-a-manager", CLOSURES),
        ("announcements-of-a-manager", ANNOUNCEMENTS),
        ("announcement-of-a-manager", f"{ANNOUNCEMENTS}{{announcement.pk}}/change/"),
    ),
    staff_look("unmarked-none", "manager-elsewhere", UNMARKED),
    *pages_of_model("announcement", ANNOUNCEMENTS),
    *staff_looks(
        "chief",
        ("closure-delete", f"{CLOSURES}{{closure.pk}}/delete/"),
        ("holiday-delete", DELETE_HOLIDAY),
        ("announcement-delete", f"{ANNOUNCEMENTS}{{announcement.pk}}/delete/"),
        ("feedback", "feedback/"),
        ("staff-app-portal", "portal/"),
        ("holiday-deleted", DELETE_HOLIDAY, press_selected("#content [type=submit]")),
    ),
)
READING = staff_looks(
    "auditor",
    ("appointments-of-an-auditor", f"{LIST}?day=all"),
    ("appointment-only-read", desk_of("here")),
    *(
        (f"{name}-only-read", f"{place}{{{name}.pk}}/change/")
        for name, place in (MODELS | {"announcement": ANNOUNCEMENTS}).items()
    ),
)

OFFICE = Group(
    "office",
    (
        *("en/staff/appointments/", "en/staff/catalogue/holiday/"),
        *("en/staff/portal/", "en/staff/feedback/"),
    ),
    prepare,
    (AT_THE_DOOR, HOURS, READING),
)
