"""Lists of the staff site answer only the lookups of their filters and their search."""

import pytest
from django.contrib import admin
from django.http import HttpResponseBadRequest
from django.utils.text import capfirst

from appointments.models import Closure
from core import staff_lists
from tests import factories
from tests.appointments import places
from tests.appointments.places import MONDAY
from tests.conftest import notices_on, signed_in_staff, words

LISTS = {model._meta.model_name: model for model in admin.site._registry}
HOSTILE = ["regex=(", "iregex=*", "year=99999", "year__gt=99999", "contains=1"]


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


def test_lookup_outside_the_filters_is_refused(browser, monkeypatch):
    # The page of the refusal is always the same, and takes longer than the refusal.
    monkeypatch.setattr("tawasul.urls.handler400", lambda *_, **__: HttpResponseBadRequest())
    for model in LISTS.values():
        fields = [field.name for field in model._meta.fields]
        hostile = [f"{field}__{lookup}" for field in fields for lookup in HOSTILE]
        for query in ["pk=1", "id__in=1,2", "nothing=1", *hostile]:
            page = browser.get(f"{address_of(model)}?{query}")
            assert page.status_code == 400, (model, query)


@pytest.mark.both_engines
def test_every_list_answers_its_filters_and_any_words(browser):
    for model in LISTS.values():
        address = address_of(model)
        changelist = browser.get(address).context["cl"]
        for spec in changelist.filter_specs:
            for choice in spec.choices(changelist):
                page = browser.get(f"{address}{choice['query_string']}")
                assert page.status_code == 200, (model, choice)
            for name in spec.expected_parameters():
                for value in ("", "x", "9" * 30, ["1"] * 1000):
                    response = browser.get(address, {name: value})
                    assert response.status_code in (200, 302, 400), (model, name, value)
        long = browser.get(address, {"q": "a " * 1500})
        assert long.status_code == 200, model
        if long.context["cl"].search_fields:
            told = "This search has 2999 characters, and only the first 200 are looked for."
            assert notices_on(long) == [told], model
            assert f'value="{"a " * 1499}a' in long.content.decode(), model


def test_search_for_nothing_to_read_shows_the_list(browser):
    for model in LISTS.values():
        address = address_of(model)
        lists = [
            browser.get(address, query).context["cl"] for query in ({}, {"q": " \u200d\u3164"})
        ]
        rows = [list(changelist.result_list) for changelist in lists]
        assert rows[0] == rows[1], model
        chosen = [
            [
                choice["display"]
                for each in changelist.filter_specs
                for choice in each.choices(changelist)
                if choice["selected"]
            ]
            for changelist in lists
        ]
        assert chosen[0] == chosen[1], model


@pytest.mark.both_engines
def test_list_count_is_capped(browser, monkeypatch):
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 1)
    for model in LISTS.values():
        query = {"appointment": "?day=all", "inquiry": "?queue=all"}.get(model._meta.model_name, "")
        number = "1 or more" if model.objects.exists() else "0"
        name = capfirst(model._meta.verbose_name_plural)
        assert f"{name}: {number}" in words(browser.get(f"{address_of(model)}{query}"))


@pytest.mark.both_engines
def test_office_is_found_by_its_name(browser):
    assert "Offices: 1" in words(browser.get(address_of(LISTS["office"]), {"q": "ola riyadh"}))
    assert "Offices: 0" in words(browser.get(address_of(LISTS["office"]), {"q": "ola jeddah"}))
