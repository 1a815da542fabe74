"""The services of the reference data, and the conditions for making a service active."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import translation

from core.catalogue.models import TEXTS, TEXTS_IN_BOTH_LANGUAGES, DocumentType, Service
from tests import factories
from tests.conftest import signed_in_staff, words

NEEDS_BOTH = "An active service needs this text in both languages."
ARABIC = re.compile("[\u0600-\u06ff]")
LATIN = re.compile("[A-Za-z]")
# The ends of sentences and the currency of fees, in both languages.
SENTENCE_END = re.compile(r"[.؟?](?:\s|$)")
FEE = re.compile(r"\d+\s*(?:ريال|SAR|riyal)")


@pytest.fixture
def reference(db, capsys):
    call_command("load_reference")
    assert capsys.readouterr().out == "13 services added\n"


@pytest.fixture
def chief(db):
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


def everything():
    documents = (Service.documents.through, Service.optional_documents.through)
    models = (Service, DocumentType, *documents)
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


@pytest.mark.parametrize("text", TEXTS)
def test_every_service_text_is_in_its_language(reference, text):
    for service in Service.objects.all():
        arabic, english = getattr(service, f"{text}_ar"), getattr(service, f"{text}_en")
        assert ARABIC.search(arabic), service.slug
        assert not LATIN.search(arabic), service.slug
        assert LATIN.search(english), service.slug
        assert not ARABIC.search(english), service.slug
        for said in (arabic, english):
            assert all(line and line == line.strip() for line in said.split("\n")), service.slug
            assert not FEE.search(said), service.slug


def test_descriptions_are_two_or_three_sentences(reference):
    for service in Service.objects.all():
        for said in (service.description_ar, service.description_en):
            assert len(SENTENCE_END.findall(said)) in (2, 3), said
            assert len(said.split("\n")) == 1, said


def test_conditions_and_points_are_as_many_in_both_languages(reference):
    for service in Service.objects.all():
        for arabic, english in (
            (service.conditions_ar, service.conditions_en),
            (service.prompt_ar, service.prompt_en),
        ):
            assert len(arabic.split("\n")) == len(english.split("\n")) >= 2, service.slug


def test_supporting_proof_is_optional_where_not_required(reference):
    proof = DocumentType.objects.get(slug="supporting-proof")
    for service in Service.objects.all():
        required = proof in service.documents.all()
        assert list(service.optional_documents.all()) == ([] if required else [proof])


def test_some_services_need_documents_and_one_nationalities(reference):
    assert Service.objects.filter(documents=None).count() < 13
    extension = Service.objects.get(slug="visit-visa-extend-ye-sy")
    assert extension.is_for(kind="visitor", nationality="YE")
    assert extension.is_for(kind="visitor", nationality="SY")
    assert not extension.is_for(kind="visitor", nationality="EG")
    assert not extension.is_for(kind="resident", nationality="YE")


def test_employer_services_are_not_for_the_worker(reference):
    others = Service.objects.filter(filed_by=Service.FiledBy.LINKED)
    assert {"absconding-cancel", "absentee-data-edit"} <= set(others.values_list("slug", flat=True))


def test_loading_again_changes_nothing(reference, capsys):
    before = everything()
    call_command("load_reference")
    assert capsys.readouterr().out == "0 services added\n"
    assert everything() == before


def test_edits_of_staff_are_kept(reference):
    service = Service.objects.get(slug="passport-renew")
    service.name_en, service.is_active, service.target_working_days = "Renewal", False, 9
    service.save()
    service.documents.clear()
    service.optional_documents.clear()
    before = everything()
    call_command("load_reference")
    assert everything() == before


def test_missing_texts_are_written_and_others_kept(reference):
    service = Service.objects.get(slug="passport-renew")
    written = service.description_ar
    service.is_active, service.description_ar, service.prompt_en = False, "", None
    service.conditions_en = "Whatever staff have written"
    service.save()
    call_command("load_reference")
    service.refresh_from_db()
    assert service.description_ar == written
    assert service.prompt_en.startswith("When you applied for the renewal, and how\n")
    assert service.conditions_en == "Whatever staff have written"
    assert not service.is_active


def test_deleted_rows_are_restored(reference, capsys):
    Service.objects.get(slug="passport-renew").delete()
    call_command("load_reference")
    assert capsys.readouterr().out == "1 services added\n"
    assert Service.objects.get(slug="passport-renew").name_en == "Renew a passport"


@pytest.mark.parametrize("missing", TEXTS_IN_BOTH_LANGUAGES)
@pytest.mark.parametrize("nothing", ["", None])
def test_service_without_a_text_is_not_activated(reference, missing, nothing):
    Service.objects.filter(slug="iqama-renew").update(is_active=False, **{missing: nothing})
    service = Service.objects.get(slug="iqama-renew")
    service.full_clean()
    service.is_active = True
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict == {missing: [NEEDS_BOTH]}


def test_every_text_that_is_missing_is_named(reference):
    service = Service.objects.get(slug="iqama-renew")
    missing = [text for text in TEXTS_IN_BOTH_LANGUAGES if text != "name_ar"]
    for text in missing:
        setattr(service, text, "")
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict == {text: [NEEDS_BOTH] for text in missing}


@pytest.mark.parametrize("missing", TEXTS_IN_BOTH_LANGUAGES)
@pytest.mark.parametrize("nothing", ["", None])
def test_database_refuses_active_service_without_a_text(reference, missing, nothing):
    services = Service.objects.filter(slug="iqama-renew")
    with pytest.raises(IntegrityError), transaction.atomic():
        services.update(**{missing: nothing})
    services.update(is_active=False, **{missing: nothing})
    with pytest.raises(IntegrityError), transaction.atomic():
        services.update(is_active=True)


@pytest.mark.parametrize("missing", TEXTS_IN_BOTH_LANGUAGES)
def test_staff_form_marks_the_missing_text(chief, reference, missing):
    Service.objects.update(is_active=False)
    service = Service.objects.get(slug="iqama-renew")
    form = {
        "slug": service.slug,
        **{text: getattr(service, text) for text in TEXTS_IN_BOTH_LANGUAGES},
        "beneficiary_kinds": '["resident"]',
        "nationalities": "",
        "filed_by": "anybody",
        "target_working_days": "5",
        "position": "0",
        "is_active": "on",
    }
    address = f"/en/staff/catalogue/service/{service.pk}/change/"
    page = chief.post(address, {**form, missing: " "})
    # The Arabic name is required in any case, so its field asks for it by itself.
    needed = "Fill this in." if missing == "name_ar" else NEEDS_BOTH
    assert page.context["adminform"].errors == {missing: [needed]}
    assert needed in words(page)
    service.refresh_from_db()
    assert not service.is_active
    assert chief.post(address, form).status_code == 302
    service.refresh_from_db()
    assert service.is_active


@pytest.mark.parametrize("kinds", [["tourist"], ["resident", "x"], ["establishment", "y"]])
def test_a_service_is_for_kinds_of_identity_that_exist(db, kinds):
    service = factories.ServiceFactory.build(beneficiary_kinds=kinds, is_active=False)
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict == {
        "beneficiary_kinds": ['Write a list of kinds, for example ["citizen", "resident"].']
    }


def test_the_staff_site_names_the_language_of_each_text(chief):
    service = factories.ServiceFactory()
    for language, labels in (
        ("en", {'lang="ar" dir="rtl"': "Description (Arabic)"}),
        ("ar", {'lang="en" dir="ltr"': "الوصف (الإنجليزية)"}),
    ):
        page = chief.get(f"/{language}/staff/catalogue/service/{service.pk}/change/")
        markup = page.content.decode()
        for attributes, label in labels.items():
            assert re.search(f"<textarea[^>]* {attributes}", markup)
            assert f"{label}:" in words(page)


@pytest.mark.parametrize("query", ["جوازات", "passport"])
def test_staff_find_a_service_by_either_name(chief, reference, query):
    page = chief.get("/en/staff/catalogue/service/", {"q": query})
    names = re.findall(r'field-name"><a[^>]*>([^<]*)', page.content.decode())
    assert "Renew a passport" in names
    assert "Final exit visa" not in names


def test_all_errors_of_service_are_named_at_once(reference):
    service = Service.objects.get(slug="iqama-renew")
    service.prompt_en, service.beneficiary_kinds, service.nationalities = "", ["x"], ["Yemen"]
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert refused.value.message_dict == {
        "prompt_en": [NEEDS_BOTH],
        "beneficiary_kinds": ['Write a list of kinds, for example ["citizen", "resident"].'],
        "nationalities": ['Write a list of country codes, for example ["YE", "SY"].'],
    }
