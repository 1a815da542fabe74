"""Lists of the staff site answer only the lookups of their filters and their search."""

import pytest
from django.contrib import admin
from django.utils.text import capfirst

from appointments.models import Closure
from core import staff_lists
from tests import factories
from tests.appointments import places
from tests.appointments.places import MONDAY
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.both_engines

LISTS = {model._meta.model_name: model for model in admin.site._registry}
HOSTILE = ["regex=(", "iregex=*", "year=99999", "year__gt=99999", "contains=1"]
of_every_list = pytest.mark.parametrize("model", LISTS.values(), ids=LISTS)


@pytest.fixture
def browser(db):
    """Return a browser of a superuser, with a row in every list except that of holidays."""
    chief = factories.OfficerFactory(is_superuser=True)
    office = places.confirmed().slot.office
    office.clerks.add(chief)
    closed = {"first_day": MONDAY, "last_day": MONDAY, "reason_ar": "صيانة"}
    Closure.objects.create(office=office, **closed)
    factories.filed()
    return signed_in_staff(chief)


def address_of(model):
    return f"/en/staff/{model._meta.app_label}/{model._meta.model_name}/"


@of_every_list
def test_lookup_outside_the_filters_is_refused(browser, model):
    fields = [field.name for field in model._meta.fields]
    hostile = [f"{field}__{lookup}" for field in fields for lookup in HOSTILE]
    for query in ["pk=1", "id__in=1,2", "nothing=1", *hostile]:
        assert browser.get(f"{address_of(model)}?{query}").status_code == 400, query


@of_every_list
def test_every_offered_filter_value_lists_rows(browser, model):
    changelist = browser.get(address_of(model)).context["cl"]
    offered = [choice for spec in changelist.filter_specs for choice in spec.choices(changelist)]
    for choice in offered:
        page = browser.get(f"{address_of(model)}{choice['query_string']}")
        assert page.status_code == 200, choice


@of_every_list
def test_a_filter_takes_values_of_any_kind(browser, model):
    changelist = browser.get(address_of(model)).context["cl"]
    for spec in changelist.filter_specs:
        for name in spec.expected_parameters():
            for value in ("", "x", "9" * 30, ["1"] * 1000):
                response = browser.get(address_of(model), {name: value})
                assert response.status_code in (200, 302, 400), (name, value)


@of_every_list
def test_any_number_of_words_can_be_searched_for(browser, model):
    assert browser.get(address_of(model), {"q": "a " * 1500}).status_code == 200


@of_every_list
def test_list_count_is_capped(browser, model, monkeypatch):
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 1)
    query = {"appointment": "?day=all", "inquiry": "?queue=all"}.get(model._meta.model_name, "")
    number = "1 or more" if model.objects.exists() else "0"
    name = capfirst(model._meta.verbose_name_plural)
    assert f"{name}: {number}" in words(browser.get(f"{address_of(model)}{query}"))


def test_office_is_found_by_its_name(browser):
    assert "Offices: 1" in words(browser.get(address_of(LISTS["office"]), {"q": "ola riyadh"}))
    assert "Offices: 0" in words(browser.get(address_of(LISTS["office"]), {"q": "ola jeddah"}))
