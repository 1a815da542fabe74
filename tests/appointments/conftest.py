import pytest
from django.utils import timezone

from appointments.actions import make_slots
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.appointments.places import Clock


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


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
