"""Indexes whose loss nobody would notice before the tables are large; bench/flat.py measures them.

A small table is read as a whole, so PostgreSQL is told to avoid that.
"""

import pytest
from django.db import connection

from appointments.models import Slot
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def plan_of(rows):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


def test_slots_ahead_are_looked_for_from_their_first_day():
    slot = places.some_slot()
    found = Slot.objects.bookable(factories.ServiceFactory(), 1).filter(office=slot.office)
    plan = plan_of(found)
    assert f"(office_id = {slot.office_id}) AND (day >= '" in plan
    assert "using appointment_holds_of_slot" in plan


def test_inquiries_of_a_person_are_looked_for_by_status(resident):
    factories.filed(resident)
    for party, person in (
        ("applicant", resident),
        ("holder", resident.identity),
        ("beneficiary", resident.identity),
    ):
        plan = plan_of(Inquiry.objects.filter(**{party: person}, status="processed"))
        assert f"({party}_id = {person.pk}) AND ((status)::text = 'processed'::text)" in plan
