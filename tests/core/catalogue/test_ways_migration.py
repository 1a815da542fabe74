"""The migrations that say through which links a service is open, where one word said who files."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.catalogue.models import Service

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]

BEFORE = [("catalogue", "0004_regions")]
ALL = ["oneself", "employer", "host", "guardian"]
# What was there: the name in the address, and who could file. What it becomes: ways, age, instead.
ROWS = {
    ("resident-services", "anybody"): (["oneself", "employer", "guardian"], "any", None),
    ("absconding-cancel", "linked"): (["employer"], "adults", "resident-services"),
    ("final-exit-visa", "anybody"): (["oneself", "employer"], "adults", "resident-services"),
    # Staff had changed who may file, or added the service.
    ("profession-change", "linked"): (ALL[1:], "adults", "resident-services"),
    ("sponsored-services", "anybody"): (ALL, "any", "resident-services"),
    ("of-their-own", "anybody"): (ALL, "any", None),
    ("for-sponsors", "linked"): (ALL[1:], "any", None),
    # The service that it leads to is not there.
    ("resident-id-issue", "anybody"): (["oneself", "employer", "guardian"], "any", None),
}


@pytest.fixture
def services_before():
    """Return the manager of the services as they were; migrate forward at the end."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps.get_model("catalogue", "Service").objects
    call_command("migrate", verbosity=0)


def test_ways_follow_from_who_could_file_and_texts_stay(services_before):
    for slug, filed_by in ROWS:
        services_before.create(
            slug=slug,
            name_en="A name by staff",
            beneficiary_kinds=["resident"],
            filed_by=filed_by,
            is_active=False,
        )
    call_command("migrate", "catalogue", verbosity=0)
    services = Service.objects.select_related("instead")
    assert {
        slug: (each.through, each.age, each.instead and each.instead.slug)
        for slug, each in zip((slug for slug, _who in ROWS), services, strict=True)
    } == {slug: expected for (slug, _who), expected in ROWS.items()}
    assert {service.name_en for service in services} == {"A name by staff"}
    texts = {each.slug for each in services if each.instead_text_ar and each.instead_text_en}
    assert texts == {each.slug for each in services if each.instead}
