import pytest

from tests.appointments import places
from tests.appointments.places import SUNDAY
from tests.conftest import signed_in_staff


@pytest.fixture
def hours(office):
    return places.window(office=office)


@pytest.fixture
def slot(hours):
    """Return a slot of today at ten; the clock stands at nine."""
    return places.slot(SUNDAY, of=hours)


@pytest.fixture
def appointment(slot):
    return places.confirmed(slot=slot)


@pytest.fixture
def browser(clerk):
    """Return a browser in which the clerk of the office is signed in."""
    return signed_in_staff(clerk)
