"""What staff type into the forms of the catalogue, the offices, their hours and their closures."""

import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation

from core.staff_fields import STAFF_FIELDS
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import (
    CLOSURES,
    HOLIDAY,
    HOURS,
    OFFICES,
    closure_form,
    holiday_form,
    hours_form,
    office_form,
)
from tests.conftest import signed_in_staff, words
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


def test_days_times_and_numbers_are_typed_in_digits_of_any_script(browser):
    window = places.window()
    change = f"{HOURS}{window.pk}/change/"
    fields = {
        f"{OFFICES}add/": {"latitude": "24.7136", "longitude": "-46.6753"},
        change: {
            "opens": "08:30",
            "closes": "15:45",
            "slot_minutes": "20",
            "capacity": "12",
            "valid_from": "2026-10-04",
            "valid_until": "31/12/2026",
        },
        f"{CLOSURES}add/": {"first_day": "2026-10-04", "last_day": "2026-10-05"},
        HOLIDAY: {"day": "2026-09-23"},
        f"{SERVICES}add/": {"target_working_days": "9", "position": "17"},
    }
    for address, typed in fields.items():
        page = browser.get(address)
        # The browser itself would refuse these digits in inputs of such types.
        assert not re.search('type="(number|date|time)"', page.content.decode()), address
        form = page.context["adminform"].form
        for name, text in typed.items():
            value = form.fields[name].clean(text)
            for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"):
                other = f"\u200f{text.translate(str.maketrans('0123456789', digits))} "
                assert form.fields[name].clean(other) == value, (name, other)
    coordinates = browser.get(f"{OFFICES}add/").context["adminform"].form.fields["longitude"]
    assert coordinates.clean("−٤٦٫٦٧٥٣") == coordinates.clean("-46.6753")

    hours = {**hours_form(window.office), "opens": "٠٨:٣٠", "valid_from": "٢٠٢٦-١٠-٠٤"}
    page = browser.post(change, {**hours, "capacity": "١٢"})
    browser.post(change, {**hours, "capacity": "١٢", "_previewed": page.context["previewed"]})
    window.refresh_from_db()
    assert (f"{window.opens:%H:%M}", window.capacity) == ("08:30", 12)
    assert window.valid_from.isoformat() == "2026-10-04"
    assert "4 October 2026 CE (23 Rabi al-Thani 1448 AH)" in words(browser.get(change))


def test_what_is_no_day_time_or_number_is_shown_again_with_an_example(browser):
    window = places.window()
    typed = {"opens": "٨ ص", "valid_from": "١٤٤٨", "capacity": "أربعة"}
    page = browser.post(f"{HOURS}{window.pk}/change/", {**hours_form(window.office), **typed})
    assert errors_of(page) == {
        "opens": ["Enter hours and minutes, for example 08:30."],
        "valid_from": ["Enter the day as year, month and day, for example 2026-06-05."],
        "capacity": ["Enter a whole number in digits, for example 15."],
    }
    for text in typed.values():
        assert f'value="{text}"' in page.content.decode()


def test_pasted_text_that_is_too_long_is_kept_and_told(browser):
    names = {"name_ar": "جواز", "name_en": "Passport"}
    for address, form, field, most in (
        (f"{OFFICES}add/", office_form(), "name_ar", 120),
        (f"{OFFICES}add/", office_form(), "slug", 50),
        (f"{CLOSURES}add/", closure_form(), "reason_en", 120),
        (HOLIDAY, holiday_form(), "name_ar", 100),
        (DOCUMENT_TYPES, {"slug": "passport", **names}, "name_en", 100),
        (f"{SERVICES}add/", {**A_SERVICE, "is_active": ""}, "name_en", 120),
    ):
        assert "maxlength" not in browser.get(address).content.decode(), address
        page = browser.post(address, {**form, field: "x" * (most + 7)})
        told = f"Ensure this value has at most {most} characters (it has {most + 7})."
        assert errors_of(page) == {field: [told]}, address
        assert page.context["adminform"].form[field].value() == "x" * (most + 7)


def test_days_are_read_in_either_calendar():
    day = STAFF_FIELDS[models.DateField]["form_class"]()
    for typed in ("1448-06-21", "1448/6/21", "21/6/1448", "١٤٤٨/٦/٢١", "2026-12-01", "2026/12/01"):
        for language in ("ar", "en"):
            with translation.override(language):
                assert day.clean(typed) == datetime.date(2026, 12, 1), (typed, language)
    assert day.clean("1448/02/30") == datetime.date(2026, 8, 13)
    for typed in ("1448-13-01", "1448-01-31", "1300-01-01", "1599-01-01", "1448-1-1448"):
        with pytest.raises(ValidationError, match="Enter the day as year, month and day"):
            day.clean(typed)
    moment = STAFF_FIELDS[models.DateTimeField]["form_class"]()
    for typed in ("1448-06-21 08:30", "٢١/٦/١٤٤٨ ٠٨:٣٠", "2026-12-01T08:30", " 2026/12/01  8:30"):
        assert moment.clean(typed) == places.at(datetime.date(2026, 12, 1), "08:30"), typed
