import threading

import pytest
from django.utils import timezone

from tests.races.guards import Guards


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
