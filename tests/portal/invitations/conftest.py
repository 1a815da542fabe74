"""Fixtures of the tests of invitations."""

import pytest
from django.utils import timezone

from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.portal.invitations import (
    DAY,
)


@pytest.fixture
def hours(db):
    """Hours of an office that takes everything, from Sunday to Thursday."""
    return places.window()


@pytest.fixture
def inquiry(officer, resident, hours):
    return factories.claimed(officer, applicant=resident)


@pytest.fixture
def slot(hours):
    return places.slot(timezone.localdate() + 2 * DAY, of=hours)


@pytest.fixture
def as_resident(resident):
    return verified(resident)
