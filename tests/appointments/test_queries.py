"""Query counts of the booking pages, which are the same for thirty rows as for one."""

import uuid

import pytest

from appointments.models import Appointment, Closure, Office, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    NEW,
    OFFICES,
    ROOT,
    TIMES,
    address,
    criteria_of,
    page_of,
    queries,
)
from tests.appointments.desk.pages import LIST, desk_of
from tests.appointments.hours_forms import REASONS, STAFF
from tests.appointments.places import DAY, MINUTE, MONDAY, SUNDAY, at
from tests.conftest import signed_in_staff

pytestmark = pytest.mark.django_db

MAX = 12
MAX_AT_THE_LAST_STEP = 14
MAX_FOR_STAFF = 14


@pytest.fixture
def of_today(clerk, office):
    """Return an appointment of today at the clerk's office."""
    return places.confirmed(slot=places.slot(SUNDAY, of=places.window(office=office)))


@pytest.fixture
def criteria(resident):
    places.region()
    return criteria_of(resident.identity, factories.ServiceFactory())


def copies(appointment, count, **changes):
    """Make `count` copies of `appointment`, each of a service and an attendee of its own."""
    own = ("id", "idempotency_key", "reference", "service", "attendee")
    names = [field.name for field in Appointment._meta.concrete_fields if field.name not in own]
    fields = {name: getattr(appointment, name) for name in names}
    made = [
        Appointment.objects.create(
            **fields | changes,
            idempotency_key=uuid.uuid4(),
            service=factories.ServiceFactory(),
            attendee=factories.IdentityFactory(),
        )
        for _row in range(count)
    ]
    for each in made:
        factories.link(each.holder, each.attendee)
    return made


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
        Closure.objects.create(office=office, first_day=SUNDAY, last_day=SUNDAY, **REASONS)


def shown_on(browser, path):
    return browser.get(path).content.decode()


def test_my_appointments(browser, resident, appointment, elsewhere):
    over = places.in_status("served", slot=places.slot(time="11:00"), user=resident)
    for_two = queries(browser, ROOT)
    other = places.slot(of=elsewhere)
    copies(appointment, 29, slot=other)
    last = copies(over, 18, slot=other)[-1]
    shown = shown_on(browser, ROOT)
    assert (last.reference in shown, "Page 1 of 2" in shown) == (True, True)
    assert queries(browser, ROOT) == for_two <= MAX


def test_the_waiting_list_of_one_person(browser, resident, appointment):
    def wait(count):
        for _service in range(count):
            made = places.wish(resident)
        return made

    made = wait(1)
    places.wait(appointment)
    pages = [ROOT, f"{ROOT}waiting/{made.pk}/", page_of(appointment), "/en/my/"]
    for_one = [queries(browser, page) for page in pages]
    wait(29)
    assert [queries(browser, page) for page in pages] == for_one
    assert max(for_one) <= MAX
    assert shown_on(browser, ROOT).count("On the list since") == 20


def test_an_appointment_with_many_beneficiaries_and_documents(browser, appointment):
    paths = [page_of(appointment), page_of(appointment, "slip/")]
    documents = [factories.document_type(f"document-{n}") for n in range(30)]
    appointment.service.documents.set(documents[:1])
    appointment.beneficiaries.set([factories.IdentityFactory()])
    for_one = [queries(browser, path) for path in paths]
    appointment.service.documents.set(documents)
    appointment.beneficiaries.add(*(factories.IdentityFactory() for _person in range(4)))
    assert [shown_on(browser, path).count("Supporting proof") for path in paths] == [30, 30]
    assert [queries(browser, path) for path in paths] == for_one
    assert max(for_one) <= MAX


def test_first_step_with_many_linked_people(browser, resident):
    def link(count):
        for _worker in range(count):
            factories.link(resident.identity, factories.IdentityFactory())
            factories.ServiceFactory()

    link(1)
    for_one = queries(browser, NEW)
    link(8)
    assert queries(browser, NEW) == for_one <= MAX


def test_the_offices_of_a_region(browser, criteria, appointment):
    paths = [address(OFFICES, criteria), page_of(appointment, "move/")]
    for_one = [queries(browser, path) for path in paths]
    offices(30)
    assert all("Office 30" in shown_on(browser, path) for path in paths)
    assert [queries(browser, path) for path in paths] == for_one
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


def test_the_desk(clerk, of_today):
    browser = signed_in_staff(clerk)
    paths = [f"{LIST}{query}" for query in ("", "?day=all", "?status__exact=confirmed")]
    for_one = [queries(browser, path) for path in paths]
    later = places.slot(SUNDAY, "11:00", of=of_today.slot.window)
    copies(of_today, 29, slot=later, user=factories.UserFactory())
    assert [queries(browser, path) for path in paths] == for_one
    assert max(for_one) <= MAX_FOR_STAFF


def test_one_appointment_at_the_desk(clerk, of_today):
    browser, path = signed_in_staff(clerk), desk_of(of_today)
    of_today.beneficiaries.add(factories.IdentityFactory())
    for_one = queries(browser, path)
    for n in range(4):
        of_today.beneficiaries.add(factories.IdentityFactory(name_en=f"Person {n}"))
    assert "Person 3" in shown_on(browser, path)
    assert queries(browser, path) == for_one <= MAX_FOR_STAFF


def test_offices_hours_and_closures():
    """The change page of opening hours is left out, because it shows a single office."""
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    offices(1)
    paths = {f"{STAFF}openingwindow/": "Office ", f"{STAFF}openingwindow/add/": "Office "}
    paths |= {f"{STAFF}{model}/": "Office " for model in ("office", "closure")}
    closure = f"{STAFF}closure/{Closure.objects.get().pk}"
    paths |= {f"{STAFF}closure/add/": "Office ", f"{closure}/change/": "Office "}
    for_one = {path: queries(browser, path) for path in paths}
    offices(29)
    for path, name in paths.items():
        assert shown_on(browser, path).count(name) >= 30, path
    assert {path: queries(browser, path) for path in paths} == for_one
    assert max(for_one.values()) <= MAX_FOR_STAFF
