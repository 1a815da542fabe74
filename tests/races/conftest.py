import datetime
import threading

import pytest
from django.utils import timezone

from tests.races.guards import Guards


@pytest.fixture(autouse=True)
def _offers_at_any_time(settings):
    """Make offers at any time of day, as these tests run by the real clock."""
    all_day = (datetime.time(0), datetime.time(0))
    settings.OFFER_HOURS = settings.OFFER_HOURS_IN_RAMADAN = all_day


@pytest.fixture
def clocks(monkeypatch):
    """Return a function that gives an action of `at_once` a clock of its own, standing still."""
    clock = threading.local()
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: getattr(clock, "moment", None) or now())

    def at(moment, action, *args):
        def do():
            clock.moment = moment
            return action(*args)

        return do

    return at


@pytest.fixture
def guards(monkeypatch):
    return Guards(monkeypatch)


@pytest.fixture
def frozen_clock(monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
