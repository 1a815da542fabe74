"""The staff form of a service, filled in with malformed lists."""

import pytest

from core.catalogue.models import TEXTS_IN_BOTH_LANGUAGES, Service
from tests import factories
from tests.conftest import signed_in_staff
from tests.test_hostile import BIDI

pytestmark = pytest.mark.one_engine

SERVICE_FORM = "/en/staff/catalogue/service/add/"
A_SERVICE = {
    **dict.fromkeys(TEXTS_IN_BOTH_LANGUAGES, "Service"),
    "slug": "new-service",
    "beneficiary_kinds": '["resident"]',
    "nationalities": "[]",
    "filed_by": "anybody",
    "target_working_days": "5",
    "position": "1",
    "is_active": "on",
}


@pytest.fixture
def as_chief(db):
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


@pytest.mark.parametrize("field", ["beneficiary_kinds", "nationalities"])
@pytest.mark.parametrize(
    "value",
    [
        *("5", "true", "[[1]]", "[{}]", '"resident"', '["x"]', "[", "[NaN]", "[1e999]"),
        *("[" * 2000, '{"x":' * 2000, f"{'[' * 900}{']' * 900}", "9" * 5000, f"[{'9' * 5000}]"),
        *(r'["\ud800\ud800"]', r'["\u0000\u0000"]', r'["\u0059E"', '["\0\0"]', f'["{BIDI[:2]}"]'),
    ],
    ids=lambda value: value[:20],
)
def test_service_with_malformed_list_is_refused(as_chief, field, value):
    response = as_chief.post(SERVICE_FORM, {**A_SERVICE, field: value})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {field}


@pytest.mark.parametrize("value", ["", "[]"])
def test_service_without_nationalities_is_for_all(as_chief, value):
    as_chief.post(SERVICE_FORM, {**A_SERVICE, "nationalities": value})
    assert Service.objects.get().is_for(kind="resident", nationality="PK")
