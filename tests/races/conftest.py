import threading

import pytest
from django.utils import timezone


@pytest.fixture
def clocks(monkeypatch):
    """Gives a action of `at_once` a clock of its own, which stands at a moment."""
    clock = threading.local()
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: getattr(clock, "moment", None) or now())

    def at(moment, action, *args):
        def do():
            clock.moment = moment
            return action(*args)

        return do

    return at
