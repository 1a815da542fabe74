"""The services of the reference data, and what a service needs before it can be active."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from core.catalogue.models import TEXTS, TEXTS_IN_BOTH_LANGUAGES, DocumentType, Service
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.test_hostile import BIDI
from tests.worlds import undone

NEEDS_BOTH = "An active service needs this text in both languages."
KINDS = 'Write a list of kinds, for example ["citizen", "resident"].'
ARABIC = re.compile("[\u0600-\u06ff]")
LATIN = re.compile("[A-Za-z]")
# The ends of sentences and the currency of fees, in both languages.
SENTENCE_END = re.compile(r"[.؟?](?:\s|$)")
FEE = re.compile(r"\d+\s*(?:ريال|SAR|riyal)")

SERVICES = "/en/staff/catalogue/service/"
A_SERVICE = {
    **dict.fromkeys(TEXTS_IN_BOTH_LANGUAGES, "Service"),
    "slug": "new-service",
    "beneficiary_kinds": ["resident"],
    "nationalities": "[]",
    "age": "any",
    "through": ["employer", "guardian"],
    "target_working_days": "5",
    "position": "1",
    "is_active": "on",
}
MALFORMED = [
    *("5", "true", "[[1]]", "[{}]", '"resident"', '["x"]', "[", "[NaN]", "[1e999]"),
    *("[" * 2000, '{"x":' * 2000, f"{'[' * 900}{']' * 900}", "9" * 5000, f"[{'9' * 5000}]"),
    *(r'["\ud800\ud800"]', r'["\u0000\u0000"]', r'["\u0059E"', '["\0\0"]', f'["{BIDI[:2]}"]'),
]


WAYS = "Choose who may file and book."
NO_WAYS = (5, [{}], ["representative"], ["host", "x"], [["host"]], [None], "host", {"host": 1})


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


def test_names_are_in_both_languages(reference):
    assert Service.objects.count() == 13
    for named in (*Service.objects.all(), *DocumentType.objects.all()):
        assert re.fullmatch(r"[ء-ي ]+", named.name_ar)
        assert re.fullmatch(r"[A-Za-z ,'/()-]+", named.name_en)


def test_texts_of_services_say_the_same_in_both_languages(reference):
    for service in Service.objects.all():
        service.full_clean()
        for text in TEXTS:
            arabic, english = getattr(service, f"{text}_ar"), getattr(service, f"{text}_en")
            assert ARABIC.search(arabic), service.slug
            assert not LATIN.search(arabic), service.slug
            assert LATIN.search(english), service.slug
            assert not ARABIC.search(english), service.slug
            if text in ("conditions", "prompt"):
                assert arabic.count("\n") == english.count("\n") >= 1, service.slug
            for said in (arabic, english):
                assert all(line and line == line.strip() for line in said.split("\n")), said
                assert not FEE.search(said), said
                if text == "description":
                    assert len(SENTENCE_END.findall(said)) in (2, 3), said
                    assert "\n" not in said, said


def test_supporting_proof_is_optional_where_not_required(reference):
    proof = DocumentType.objects.get(slug="supporting-proof")
    for service in Service.objects.all():
        required = proof in service.documents.all()
        assert list(service.optional_documents.all()) == ([] if required else [proof])
    assert Service.objects.filter(documents=None).count() < 13


def test_extension_of_visit_visas_is_for_two_nationalities(reference):
    extension = Service.objects.get(slug="visit-visa-extend-ye-sy")
    for kind, nationality, is_for in (
        *(("visitor", "YE", True), ("visitor", "SY", True)),
        *(("visitor", "EG", False), ("resident", "YE", False)),
    ):
        assert extension.is_for(kind=kind, nationality=nationality) == is_for


def test_sentences_that_lead_on_are_in_both_languages(reference):
    for service in Service.objects.exclude(instead=None):
        arabic, english = service.instead_text_ar, service.instead_text_en
        assert ARABIC.search(arabic), service.slug
        assert not LATIN.search(arabic), service.slug
        assert LATIN.search(english), service.slug
        assert not ARABIC.search(english), service.slug
        assert (arabic[-1], english[-1]) == (".", "."), service.slug


def test_loading_again_changes_nothing_and_keeps_edits(reference, capsys):
    before = everything()
    call_command("load_reference")
    assert capsys.readouterr().out == "0 services added\n"
    assert everything() == before

    service = Service.objects.get(slug="passport-renew")
    service.name_en, service.is_active, service.target_working_days = "Renewal", False, 9
    service.through, service.age = ["host"], "minors"
    service.instead, service.instead_text_en = Service.objects.get(slug="iqama-renew"), "Renew it."
    service.save()
    Service.objects.filter(slug="absconding-cancel").update(instead=None, instead_text_ar="")
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


def refusal_of(service):
    """Return the sentences of each field for which the service is refused."""
    with pytest.raises(ValidationError) as refused:
        service.full_clean()
    return refused.value.message_dict


def test_service_without_a_text_is_not_activated(reference):
    for missing in TEXTS_IN_BOTH_LANGUAGES:
        for nothing in ("", None):
            service = Service.objects.get(slug="iqama-renew")
            service.is_active = False
            setattr(service, missing, nothing)
            service.full_clean()
            service.is_active = True
            assert refusal_of(service) == {missing: [NEEDS_BOTH]}


def test_all_errors_of_a_service_are_named_at_once(reference):
    service = Service.objects.get(slug="iqama-renew")
    service.prompt_en, service.beneficiary_kinds, service.nationalities = "", ["x"], ["Yemen"]
    assert refusal_of(service) == {
        "prompt_en": [NEEDS_BOTH],
        "beneficiary_kinds": [KINDS],
        "nationalities": ['Write a list of country codes, for example ["YE", "SY"].'],
    }

    service = Service.objects.get(slug="iqama-renew")
    missing = [text for text in TEXTS_IN_BOTH_LANGUAGES if text != "name_ar"]
    for text in missing:
        setattr(service, text, "")
    assert refusal_of(service) == {text: [NEEDS_BOTH] for text in missing}


def test_a_service_is_for_kinds_of_identity_that_exist(db):
    for kinds in (["tourist"], ["resident", "x"], ["establishment", "y"]):
        service = factories.ServiceFactory.build(beneficiary_kinds=kinds, is_active=False)
        assert refusal_of(service) == {"beneficiary_kinds": [KINDS]}, kinds


def test_ways_and_what_leads_on_are_checked(reference):
    other = Service.objects.get(slug="resident-services")
    both = "Write this sentence in both languages, or in neither."
    for fields, errors in (
        ({"through": []}, {"through": ["This field cannot be blank."]}),
        *(({"through": ways}, {"through": [WAYS]}) for ways in NO_WAYS),
        ({"age": "old"}, {"age": ["Value 'old' is not a valid choice."]}),
        ({"instead": other, "instead_text_ar": "", "instead_text_en": None}, {}),
        ({"instead_text_ar": ""}, {"instead_text_ar": [both]}),
        ({"instead_text_en": None}, {"instead_text_en": [both]}),
        ({"instead": None}, {"instead": ["Choose the service that the sentence leads to."]}),
        ({"instead": None, "instead_text_ar": "", "instead_text_en": ""}, {}),
    ):
        service = Service.objects.get(slug="absconding-cancel")
        for name, value in fields.items():
            setattr(service, name, value)
        assert (refusal_of(service) if errors else service.full_clean() or {}) == errors, fields
    service.instead = service
    assert refusal_of(service) == {"instead": ["Choose another service than this one."]}


def test_staff_tick_who_may_file(chief, reference):
    service = Service.objects.get(slug="absconding-cancel")
    address = f"{SERVICES}{service.pk}/change/"
    page = chief.get(address)
    ticked = re.findall(r'name="through" value="(\w+)"[^>]* checked', page.content.decode())
    assert ticked == ["employer"]
    assert "The employer" in words(page)
    form = A_SERVICE | {"slug": service.slug}
    for ways in ([], "representative", ["host", "x"], "[]", "²", ["\0"], "host\u200f"):
        page = chief.post(address, {**form, "through": ways})
        assert page.context["adminform"].form.errors.keys() == {"through"}, ways
    for value in ("x", "0", "9" * 30, str(service.pk), "²"):
        page = chief.post(address, {**form, "instead": value})
        assert page.context["adminform"].form.errors.keys() == {"instead"}, value
    assert chief.post(address, {**form, "through": ["host", "oneself"]}).status_code == 302
    service.refresh_from_db()
    assert service.through == ["host", "oneself"]


def test_database_refuses_active_service_without_a_text(reference):
    services = Service.objects.filter(slug="iqama-renew")
    for missing in TEXTS_IN_BOTH_LANGUAGES:
        for nothing in ("", None):
            with undone():
                with pytest.raises(IntegrityError), transaction.atomic():
                    services.update(**{missing: nothing})
                services.update(is_active=False, **{missing: nothing})
                with pytest.raises(IntegrityError), transaction.atomic():
                    services.update(is_active=True)


def test_staff_form_marks_the_missing_text(chief, reference):
    Service.objects.update(is_active=False)
    service = Service.objects.get(slug="iqama-renew")
    texts = {text: getattr(service, text) for text in TEXTS_IN_BOTH_LANGUAGES}
    form = A_SERVICE | {"slug": service.slug, **texts}
    address = f"{SERVICES}{service.pk}/change/"
    for missing in TEXTS_IN_BOTH_LANGUAGES:
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


def test_staff_form_refuses_a_malformed_list(chief):
    for field in ("beneficiary_kinds", "nationalities"):
        for value in MALFORMED:
            page = chief.post(f"{SERVICES}add/", {**A_SERVICE, field: value})
            assert page.status_code == 200, (field, value[:20])
            assert page.context["adminform"].form.errors.keys() == {field}, (field, value[:20])


def test_service_without_nationalities_is_for_all(chief):
    for slug, value in (("empty", ""), ("no-list", "[]")):
        chief.post(f"{SERVICES}add/", {**A_SERVICE, "slug": slug, "nationalities": value})
        assert Service.objects.get(slug=slug).is_for(kind="resident", nationality="PK")


def test_the_staff_site_names_the_language_of_each_text(chief):
    service = factories.ServiceFactory()
    for language, attributes, label in (
        ("en", 'lang="ar" dir="rtl"', "Description (Arabic):"),
        ("ar", 'lang="en" dir="ltr"', "الوصف (الإنجليزية):"),
    ):
        page = chief.get(f"/{language}/staff/catalogue/service/{service.pk}/change/")
        assert re.search(f"<textarea[^>]* {attributes}", page.content.decode())
        assert label in words(page)


def test_staff_find_a_service_by_either_name(chief, reference):
    for query in ("جوازات", "passport"):
        page = chief.get(SERVICES, {"q": query})
        names = re.findall(r'field-name"><a[^>]*>([^<]*)', page.content.decode())
        assert "Renew a passport" in names, query
        assert "Final exit visa" not in names, query
