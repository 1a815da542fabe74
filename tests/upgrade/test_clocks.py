"""What was returned or processed before the upgrade gets the days that it would have now."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from requests_app.models import Inquiry
from tests import factories
from tests.requests_app.people import after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.both_engines
def test_returns_get_thirty_days_and_what_is_processed_fourteen(officer, monkeypatch):
    ways = (["claimed", "returned"], ["claimed", "returned"], ["claimed", "approved"], [])
    reminded, waiting, approved, filed = (
        after(factories.filed(factories.UserFactory()), officer, *events) for events in ways
    )
    Inquiry.objects.update(ends_at=None, days_left=None)
    Inquiry.objects.filter(pk=reminded.pk).update(remind_at=None)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)

    import_module("requests_app.migrations.0029_pauses_and_ends").set_clocks(apps, None)

    found = {each.pk: each for each in Inquiry.objects.all()}
    for inquiry in (reminded, waiting):
        assert found[inquiry.pk].ends_at == now + 30 * DAY
        assert found[inquiry.pk].days_left == inquiry.service.target_working_days
    assert found[reminded.pk].remind_at == now + 23 * DAY
    assert found[waiting.pk].remind_at == waiting.remind_at
    assert found[approved.pk].ends_at == approved.processed_at + 14 * DAY
    assert found[filed.pk].ends_at is None
