import pytest
from django.utils import timezone

from tests.appointments import places
from tests.appointments.places import SUNDAY, Clock
from tests.conftest import signed_in_staff


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def office():
    return places.office()


@pytest.fixture
def elsewhere():
    """Return opening hours of another office."""
    return places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))


@pytest.fixture
def clerk(office):
    return places.clerk(office)


@pytest.fixture
def browser(clerk):
    """Return a browser in which the clerk of the office is signed in."""
    return signed_in_staff(clerk)


@pytest.fixture
def slot(office):
    """Return a slot of today at ten; the clock stands at nine."""
    return places.slot(SUNDAY, of=places.window(office=office))


@pytest.fixture
def appointment(slot):
    return places.confirmed(slot=slot)
