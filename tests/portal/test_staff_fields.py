"""What staff type into the forms of the catalogue, the offices, their hours and their closures."""

import pytest

from tests import factories
from tests.appointments.hours_forms import (
    CLOSURES,
    HOLIDAY,
    OFFICES,
    closure_form,
    holiday_form,
    office_form,
)
from tests.conftest import signed_in_staff
from tests.core.catalogue.test_services import A_SERVICE, SERVICES
from tests.core.test_text import NOTHING_TO_READ

REQUIRED = "Fill this in."
DOCUMENT_TYPES = "/en/staff/catalogue/documenttype/add/"


@pytest.fixture
def browser(db):
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


def errors_of(page):
    return {name: list(errors) for name, errors in page.context["adminform"].form.errors.items()}


def test_a_text_without_anything_to_read_is_asked_for_again(browser):
    names = {"name_ar": "جواز", "name_en": "Passport"}
    for address, form, texts in (
        (f"{OFFICES}add/", office_form(), ("name_ar", "name_en", "city_ar", "city_en", "slug")),
        (f"{CLOSURES}add/", closure_form(), ("reason_ar", "reason_en")),
        (HOLIDAY, holiday_form(), ("name_ar", "name_en")),
        (DOCUMENT_TYPES, {"slug": "passport", **names}, ("name_ar", "name_en", "slug")),
        (f"{SERVICES}add/", {**A_SERVICE, "is_active": ""}, ("name_ar", "slug")),
    ):
        for typed in NOTHING_TO_READ:
            page = browser.post(address, {**form, **dict.fromkeys(texts, typed)})
            assert errors_of(page) == {text: [REQUIRED] for text in texts}, (address, ascii(typed))
            for text in texts:
                assert page.context["adminform"].form[text].value() == typed
