"""Fields that are rendered once: they show what was chosen, and nobody fills the memory."""

import re

import pytest
from django.core.cache import cache

from core.catalogue.models import Service
from tests import factories
from tests.conftest import errors_on, signed_in

FILE = "/en/inquiries/new/"


@pytest.fixture
def services(db):
    return [factories.ServiceFactory(slug=slug) for slug in ("first", "second")]


def chosen_on(page):
    radios = re.findall(r'<input type="radio"[^>]*name="service"[^>]*>', page.content.decode())
    return [re.search('value="([^"]*)"', radio)[1] for radio in radios if "checked" in radio]


def test_each_choice_is_shown_and_others_make_no_entry(as_resident, services):
    as_resident.get(FILE)
    for slug in ("first", "second", "first"):
        assert chosen_on(as_resident.get(f"{FILE}?service={slug}")) == [slug]
    kept = len(cache._cache)
    for number in range(20):
        assert chosen_on(as_resident.get(f"{FILE}?service=made-up-{number}")) == []
    assert len(cache._cache) == kept


def test_somebody_else_sees_what_is_offered_to_them(as_resident, services):
    assert 'value="second"' in as_resident.get(FILE).content.decode()
    Service.objects.filter(slug="second").update(beneficiary_kinds=["citizen"])
    citizen = signed_in(factories.UserFactory(identity__number="1000000008"))
    for browser, is_offered in ((as_resident, False), (citizen, True), (as_resident, False)):
        assert ('value="second"' in browser.get(FILE).content.decode()) == is_offered


def test_error_is_shown_to_who_made_it_alone(as_resident, services):
    for _time in range(2):
        refused = as_resident.post(FILE, {"beneficiary": "", "service": ""})
        assert "Choose a service." in errors_on(refused)
        assert "Choose a service." in refused.content.decode().split("</h1>")[1]
        assert "Choose a service." not in as_resident.get(FILE).content.decode()
