import itertools

import pytest
from django.utils import timezone

from appointments.actions import make_slots
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import criteria_of, verified
from tests.appointments.places import Clock


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture(autouse=True)
def _nobody_is_idle(settings):
    """Let hours pass between two pages: these tests are about appointments."""
    settings.IDLE_MINUTES = dict.fromkeys(settings.IDLE_MINUTES, 4 * 60)


@pytest.fixture
def office():
    return places.office()


@pytest.fixture
def hours(office):
    """Return hours on working days from eight to three, with their slots."""
    hours = places.window(office=office)
    make_slots()
    return hours


@pytest.fixture
def elsewhere():
    """Return opening hours of another office."""
    return places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))


@pytest.fixture
def service():
    return factories.ServiceFactory()


@pytest.fixture
def worker():
    return factories.IdentityFactory(name_en="Bilal Ahmed")


@pytest.fixture
def clerk(office):
    return places.clerk(office)


@pytest.fixture
def slot():
    """Return a slot of Monday at ten; the clock stands at nine on Sunday."""
    return places.slot()


@pytest.fixture
def appointment(resident, slot):
    return places.confirmed(resident, slot=slot)


@pytest.fixture
def browser(resident):
    """Return a browser in which the resident is signed in and has verified their data."""
    return verified(resident)


@pytest.fixture
def criteria(resident, service):
    places.region()
    return criteria_of(resident.identity, service)


@pytest.fixture
def monday():
    """Return a slot with a single place, on Monday at ten."""
    return places.slot(capacity=1)


@pytest.fixture
def booked(monday):
    return places.confirmed(slot=monday)


@pytest.fixture
def waits():
    """Return a function that books an appointment, each at its own time, and lets it wait."""
    hours = itertools.count(11)

    def wait(day=places.WEDNESDAY, *, office=None, **criteria):
        slot = places.slot(day, f"{next(hours)}:00")
        appointment = places.confirmed(slot=slot, **criteria)
        places.wait(appointment, office)
        return appointment

    return wait


@pytest.fixture
def two_waiting(waits, clock):
    """Return two appointments of Wednesday that wait, in the order of their turns."""
    first = waits()
    clock.now += places.MINUTE
    return first, waits()
