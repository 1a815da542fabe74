"""The migration that writes the texts of services created before they had any."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.catalogue.models import TEXTS_IN_BOTH_LANGUAGES, Service

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("catalogue", "0001_initial")]


@pytest.fixture
def earlier():
    """Return a function that gives the managers of the old tables; migrate forward at the end."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    yield lambda name: apps.get_model("catalogue", name).objects
    call_command("migrate", verbosity=0)


def test_migration_adds_texts_and_keeps_services(earlier):
    proof = earlier("DocumentType").create(
        slug="supporting-proof", name_ar="مستند", name_en="Proof"
    )
    passport = earlier("DocumentType").create(slug="current-passport", name_ar="جواز")
    for slug in ("passport-renew", "passport-extend", "absconding-cancel", "of-their-own"):
        service = earlier("Service").create(
            slug=slug,
            name_ar="اسم من الموظفين",
            name_en="" if slug == "passport-extend" else "A name by staff",
            beneficiary_kinds=["citizen"],
            is_active=slug != "absconding-cancel",
        )
        service.documents.add(passport)
    call_command("migrate", "catalogue", verbosity=0)

    services = {service.slug: service for service in Service.objects.all()}
    active = {slug for slug, service in services.items() if service.is_active}
    assert active == {"passport-renew", "passport-extend"}
    assert [*services["passport-renew"].documents.values_list("pk", flat=True)] == [passport.pk]
    welcome = {slug: [*each.optional_documents.all()] for slug, each in services.items()}
    assert welcome == {
        "passport-renew": [proof_now(proof)],
        "passport-extend": [proof_now(proof)],
        "absconding-cancel": [],
        "of-their-own": [],
    }
    assert {service.name_ar for service in services.values()} == {"اسم من الموظفين"}
    assert services["passport-renew"].name_en == "A name by staff"
    assert services["passport-extend"].name_en == "Extend a passport"
    for slug in ("passport-renew", "passport-extend", "absconding-cancel"):
        assert all(getattr(services[slug], text) for text in TEXTS_IN_BOTH_LANGUAGES)
    assert services["of-their-own"].description_ar == ""
    assert services["passport-renew"].prompt_en.startswith("When you applied for the renewal")


def proof_now(proof):
    return Service.optional_documents.field.related_model.objects.get(pk=proof.pk)
