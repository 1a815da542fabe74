import pytest

from tests.appointments import places
from tests.appointments.figures.pages import MANAGER
from tests.appointments.places import SUNDAY
from tests.conftest import signed_in_staff


@pytest.fixture
def elsewhere():
    return places.office("qasr-al-hukm", "Qasr Al-Hukm")


@pytest.fixture
def manager(office):
    return places.clerk(office, codenames=MANAGER)


@pytest.fixture
def browser(manager):
    return signed_in_staff(manager)


@pytest.fixture
def hours(office):
    return places.window(office=office)


@pytest.fixture
def slot(hours):
    """Return a slot of today at ten for four operations; the clock stands at nine."""
    return places.slot(SUNDAY, of=hours)
