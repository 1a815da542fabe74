import pytest
from django.utils import timezone

from tests.appointments.places import Clock


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock
