"""The catalogue: what stands in it from the start, and what may not be made active."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation

from tawasul.catalogue.models import DocumentType, Service
from tests import factories
from tests.conftest import signed_in_staff, words

NEEDS_BOTH = "A service needs its name in both languages to be active."


@pytest.fixture
def reference(db, capsys):
    call_command("load_reference")
    assert capsys.readouterr().out == "13 services added\n"


@pytest.fixture
def chief(db):
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


def everything():
    models = (Service, DocumentType, Service.documents.through)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_thirteen_services_have_names_in_both_languages(reference):
    assert Service.objects.count() == 13
    for service in Service.objects.all():
        service.full_clean()
        assert re.fullmatch(r"[ء-ي ]+", service.name_ar)
        assert re.fullmatch(r"[A-Za-z ,'/()-]+", service.name_en)


def test_documents_have_names_in_both_languages(reference):
    for document in DocumentType.objects.all():
        assert re.fullmatch(r"[ء-ي ]+", document.name_ar)
        assert re.fullmatch(r"[A-Za-z ,'/()-]+", document.name_en)


def test_some_services_ask_for_documents_and_one_for_nationalities(reference):
    assert Service.objects.filter(documents=None).count() < 13
    extension = Service.objects.get(slug="visit-visa-extend-ye-sy")
    assert extension.is_for(kind="visitor", nationality="YE")
    assert extension.is_for(kind="visitor", nationality="SY")
    assert not extension.is_for(kind="visitor", nationality="EG")
    assert not extension.is_for(kind="resident", nationality="YE")


def test_what_an_employer_asks_for_is_not_for_the_worker_to_ask(reference):
    others = Service.objects.filter(filed_by=Service.FiledBy.LINKED)
    assert {"absconding-cancel", "absentee-data-edit"} <= set(others.values_list("slug", flat=True))


def test_loading_again_changes_nothing(reference, capsys):
    before = everything()
    call_command("load_reference")
    assert capsys.readouterr().out == "0 services added\n"
    assert everything() == before


def test_what_staff_have_edited_stays(reference):
    service = Service.objects.get(slug="passport-renew")
    service.name_en, service.is_active, service.target_working_days = "Renewal", False, 9
    service.save()
    service.documents.clear()
    before = everything()
    call_command("load_reference")
    assert everything() == before


def test_what_was_missing_comes_back(reference, capsys):
    Service.objects.get(slug="passport-renew").delete()
    call_command("load_reference")
    assert capsys.readouterr().out == "1 services added\n"
    assert Service.objects.get(slug="passport-renew").name_en == "Renew a passport"


def test_home_lists_the_services_in_the_language_of_the_page(reference, client):
    for language, name in (("ar", "تجديد جوازات السفر"), ("en", "Renew a passport")):
        assert name in words(client.get(f"/{language}/"))


@pytest.mark.parametrize("missing", ["name_ar", "name_en"])
def test_a_service_that_lacks_a_language_is_not_made_active(db, missing):
    factories.ServiceFactory(is_active=False, **{missing: ""})
    service = Service.objects.get()
    service.full_clean()
    service.is_active = True
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict["is_active"] == [NEEDS_BOTH]


@pytest.mark.parametrize("missing", ["name_ar", "name_en"])
def test_the_staff_site_does_not_make_it_active_either(chief, missing):
    service = factories.ServiceFactory(is_active=False)
    form = {
        "slug": service.slug,
        "name_ar": "خدمة",
        "name_en": "Service",
        "beneficiary_kinds": '["resident"]',
        "nationalities": "[]",
        "filed_by": "anybody",
        "target_working_days": "5",
        "position": "0",
        "is_active": "on",
    }
    address = f"/en/staff/catalogue/service/{service.pk}/change/"
    page = chief.post(address, {**form, missing: " "})
    assert page.status_code == 200
    service.refresh_from_db()
    assert not service.is_active
    assert chief.post(address, form).status_code == 302
    service.refresh_from_db()
    assert service.is_active


@pytest.mark.parametrize("kinds", [["tourist"], ["resident", "x"], ["establishment", "y"]])
def test_a_service_is_for_kinds_of_identity_that_exist(db, kinds):
    service = factories.ServiceFactory.build(beneficiary_kinds=kinds)
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict == {
        "beneficiary_kinds": ['Write a list of kinds, for example ["citizen", "resident"].']
    }
