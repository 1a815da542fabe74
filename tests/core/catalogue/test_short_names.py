"""Short names of services and offices: in the reference data, in the forms, and for older rows."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from appointments.models import Office
from core.catalogue.models import Service
from tests.factories import ServiceFactory

LANGUAGES = ("ar", "en")
BASE = Path(settings.BASE_DIR)
SERVICES = json.loads(Path(BASE, "core/catalogue/reference/services.json").read_text("utf-8"))
OFFICES = json.loads(Path(BASE, "appointments/reference/offices.json").read_text("utf-8"))


@pytest.mark.parametrize(("rows", "most"), [(SERVICES["services"], 25), (OFFICES, 30)])
def test_each_of_the_reference_data_has_one_of_its_own_that_fits(rows, most):
    for language in LANGUAGES:
        names = [row[f"short_name_{language}"] for row in rows]
        assert all(0 < len(name) <= most for name in names), names
        assert len(set(names)) == len(names), sorted(names)


def test_those_of_offices_name_the_town():
    for office in OFFICES:
        for language in LANGUAGES:
            assert office[f"city_{language}"] in office[f"short_name_{language}"], office


@pytest.mark.both_engines
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_without_one_in_each_language_is_not_active(db, language):
    service = ServiceFactory()
    setattr(service, f"short_name_{language}", "")
    with pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.messages == ["An active service needs this text in both languages."]
    with pytest.raises(IntegrityError), transaction.atomic():
        service.save()
    service.is_active = False
    service.save()


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_that_is_too_long_for_a_text_is_refused(db, language):
    service = ServiceFactory()
    setattr(service, f"short_name_{language}", "a" * 26)
    with pytest.raises(ValidationError) as refused:
        service.full_clean()
    told = "Ensure this value has at most 25 characters (it has 26)."
    assert refused.value.message_dict[f"short_name_{language}"] == [told]


@pytest.mark.both_engines
@pytest.mark.django_db(transaction=True)
def test_rows_from_before_get_theirs():
    """As they came, those of the reference data; what staff have named, the words that fit."""
    executor = MigrationExecutor(connection)
    before = [
        ("catalogue", "0009_what_a_document_must_show"),
        ("appointments", "0018_kept_for_walk_ins"),
    ]
    executor.migrate(before)
    try:
        apps = executor.loader.project_state(before).apps
        service = apps.get_model("catalogue", "Service").objects
        renew = {"name_ar": "تجديد الإقامة للوافدين", "name_en": "Renew residency (iqama)"}
        service.create(slug="iqama-renew", beneficiary_kinds=[], is_active=False, **renew)
        renamed = {
            "name_ar": "خدمة من الموظفين",
            "name_en": "Renew the residency of families",
        }
        service.create(slug="passport-renew", beneficiary_kinds=[], is_active=False, **renamed)
        region = apps.get_model("catalogue", "Region").objects.create(slug="east", iso="SA-04")
        office = apps.get_model("appointments", "Office").objects
        for slug, name in (("jubail", "Jubail Governorate Passports"), ("new", "A new mall")):
            city = {"city_ar": "الجبيل", "city_en": "Jubail"}
            arabic = "جوازات محافظة الجبيل"
            office.create(region=region, slug=slug, name_ar=arabic, name_en=name, **city)
    finally:
        call_command("migrate", verbosity=0)
    names = {row.slug: (row.short_name_ar, row.short_name_en) for row in Service.objects.all()}
    assert names == {
        "iqama-renew": ("تجديد الإقامة", "Renew an iqama"),
        "passport-renew": ("خدمة من الموظفين", "Renew the residency of"),
    }
    names = {row.slug: (row.short_name_ar, row.short_name_en) for row in Office.objects.all()}
    assert names == {
        "jubail": ("جوازات الجبيل", "Jubail Passports"),
        "new": ("جوازات محافظة الجبيل", "Jubail, A new mall"),
    }
