"""Query counts of the booking pages, which are the same for thirty rows as for one."""

import datetime
import uuid

import pytest

from appointments.models import Appointment, Closure, Office, OpeningWindow, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    OFFICES,
    ROOT,
    TIMES,
    address,
    criteria_of,
    page_of,
    queries,
    verified,
)
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, at
from tests.conftest import signed_in_staff

pytestmark = pytest.mark.django_db

MAX = 12
MAX_AT_THE_LAST_STEP = 14
MAX_FOR_STAFF = 14
DAY = datetime.timedelta(days=1)
STAFF = "/en/staff/appointments/"
DESK = f"{STAFF}appointment/"


@pytest.fixture
def browser(resident):
    return verified(resident)


@pytest.fixture
def as_chief():
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


@pytest.fixture
def slot():
    return places.slot()


@pytest.fixture
def criteria(resident):
    places.region()
    return criteria_of(resident.identity, factories.ServiceFactory())


def copies(appointment, count, **changes):
    """Make `count` copies of `appointment`, each of a service and an attendee of its own."""
    fields = {
        field.name: getattr(appointment, field.name)
        for field in Appointment._meta.concrete_fields
        if field.name not in ("id", "idempotency_key", "reference", "service", "attendee")
    }
    return [
        Appointment.objects.create(
            **fields | changes,
            idempotency_key=uuid.uuid4(),
            service=factories.ServiceFactory(),
            attendee=factories.IdentityFactory(),
        )
        for _row in range(count)
    ]


def slots_of(window, count, *, day=MONDAY, minutes=15):
    """Make `count` consecutive slots of a day, from eight o'clock."""
    start = at(day, "08:00")
    return Slot.objects.bulk_create(
        Slot(
            office=window.office,
            window=window,
            day=day,
            start=start + n * minutes * MINUTE,
            end=start + (n + 1) * minutes * MINUTE,
            capacity=4,
        )
        for n in range(count)
    )


def offices(count):
    """Make `count` offices of Riyadh, each with a clerk, opening hours, a closure and a slot."""
    first = Office.objects.count()
    for n in range(first, first + count):
        office = places.office(f"office-{n}", f"Office {n}")
        places.clerk(office)
        places.slot(of=places.window(office=office))
        Closure.objects.create(
            office=office, first_day=SUNDAY, last_day=SUNDAY, reason_ar="صيانة", reason_en=f"No {n}"
        )


def shown_on(browser, path):
    return browser.get(path).content.decode()


# The public pages


def test_my_appointments(browser, resident, slot):
    ahead = places.confirmed(resident, slot=slot)
    over = places.in_status("served", slot=places.slot(time="11:00"), user=resident)
    for_two = queries(browser, ROOT)
    other = places.slot(of=places.window(office=places.office("other", "Another")))
    more = [copies(ahead, 29, slot=other)[-1], copies(over, 18, slot=other)[-1]]
    shown = shown_on(browser, ROOT)
    assert all(appointment.reference in shown for appointment in more)
    assert queries(browser, ROOT) == for_two <= MAX


@pytest.mark.parametrize("page", ["", "slip/"])
def test_an_appointment_with_many_beneficiaries_and_documents(browser, resident, slot, page):
    appointment = places.confirmed(resident, slot=slot)
    path = page_of(appointment, page)
    documents = [factories.document_type(f"document-{n}") for n in range(30)]
    appointment.service.documents.set(documents[:1])
    appointment.beneficiaries.set([factories.IdentityFactory()])
    for_one = queries(browser, path)
    appointment.service.documents.set(documents)
    appointment.beneficiaries.add(*(factories.IdentityFactory() for _person in range(4)))
    assert shown_on(browser, path).count("Supporting proof") == 30
    assert queries(browser, path) == for_one <= MAX


def test_first_step_with_many_linked_people(browser, resident):
    def link(count):
        for _worker in range(count):
            factories.link(resident.identity, factories.IdentityFactory())
            factories.ServiceFactory()

    link(1)
    for_one = queries(browser, f"{ROOT}new/")
    link(29)
    assert queries(browser, f"{ROOT}new/") == for_one <= MAX


def test_the_offices_of_a_region(browser, resident, criteria, slot):
    moving = page_of(places.confirmed(resident, slot=slot), "move/")
    for_one = queries(browser, address(OFFICES, criteria)), queries(browser, moving)
    offices(30)
    for path in (address(OFFICES, criteria), moving):
        assert "Office 30" in shown_on(browser, path)
    assert (queries(browser, address(OFFICES, criteria)), queries(browser, moving)) == for_one
    assert max(for_one) <= MAX


def test_the_month_of_an_office_with_thousands_of_times(browser, criteria):
    window = places.window()
    slots_of(window, 1)
    path = address(DAYS, criteria, office="al-rimal")
    for_one = queries(browser, path)
    for day in range(2, 31):
        slots_of(window, 100, day=SUNDAY + day * DAY, minutes=5)
    assert Slot.objects.count() == 2901
    assert "400 free" in shown_on(browser, path)
    assert queries(browser, path) == for_one <= MAX


def test_the_times_of_a_day(browser, criteria):
    window = places.window()
    slots_of(window, 1)
    path = address(TIMES, criteria, office="al-rimal", day=MONDAY)
    for_one = queries(browser, path)
    slots_of(places.window(office=window.office), 30)
    assert len(browser.get(path).context["slots"]) == 30
    assert queries(browser, path) == for_one <= MAX_AT_THE_LAST_STEP


# The staff pages


@pytest.mark.parametrize("query", ["", "?day=all", "?status__exact=confirmed"])
def test_the_desk(query):
    hours = places.window()
    today = places.confirmed(slot=places.slot(SUNDAY, of=hours))
    browser = signed_in_staff(places.clerk(hours.office))
    for_one = queries(browser, f"{DESK}{query}")
    copies(today, 29, slot=places.slot(SUNDAY, "11:00", of=hours), user=factories.UserFactory())
    assert queries(browser, f"{DESK}{query}") == for_one <= MAX_FOR_STAFF


def test_one_appointment_at_the_desk():
    hours = places.window()
    appointment = places.confirmed(slot=places.slot(SUNDAY, of=hours))
    browser = signed_in_staff(places.clerk(hours.office))
    appointment.beneficiaries.add(factories.IdentityFactory())
    for_one = queries(browser, f"{DESK}{appointment.pk}/change/")
    for n in range(4):
        appointment.beneficiaries.add(factories.IdentityFactory(name_en=f"Person {n}"))
    assert "Person 3" in shown_on(browser, f"{DESK}{appointment.pk}/change/")
    assert queries(browser, f"{DESK}{appointment.pk}/change/") == for_one <= MAX_FOR_STAFF


# The change page of opening hours is left out, because it shows a single office.
@pytest.mark.parametrize(
    ("model", "page"),
    [(model, page) for model in ("office", "closure") for page in ("", "add/", "change/")]
    + [("openingwindow", ""), ("openingwindow", "add/")],
)
def test_offices_hours_and_closures(as_chief, model, page):
    offices(1)
    one = {"office": Office, "openingwindow": OpeningWindow, "closure": Closure}[model]
    path = f"{STAFF}{model}/{page.replace('change', f'{one.objects.get().pk}/change')}"
    for_one = queries(as_chief, path)
    offices(29)
    names = {"office": "officer-" if page else "Office "}
    assert shown_on(as_chief, path).count(names.get(model, "Office ")) >= 30
    assert queries(as_chief, path) == for_one <= MAX_FOR_STAFF
