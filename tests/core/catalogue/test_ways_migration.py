"""The migrations that say who a service is open to.

They put links and ages in place of one word on who files, and open passport lines to residents.
"""

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
    ("passport-issue", "anybody"): (["oneself", "employer", "guardian"], "any", None),
    ("passport-extend", "anybody"): (["oneself", "employer", "guardian"], "any", None),
    ("passport-renew", "anybody"): (["oneself", "employer", "guardian"], "any", None),
    # Staff had changed who may file, or added the service.
    ("profession-change", "linked"): (ALL[1:], "adults", "resident-services"),
    ("sponsored-services", "anybody"): (ALL, "any", "resident-services"),
    ("of-their-own", "anybody"): (ALL, "any", None),
    ("for-sponsors", "linked"): (ALL[1:], "any", None),
    # The service that it leads to is not there.
    ("resident-id-issue", "anybody"): (["oneself", "employer", "guardian"], "any", None),
}


KINDS = {"passport-issue": ["citizen"], "passport-extend": ["citizen"]}
PASSPORTS = ("passport-issue", "passport-renew", "passport-extend")
AS_IT_CAME = (
    "The passport is that of the account holder or of somebody linked to them\n"
    "A copy of the current passport is attached"
)


@pytest.fixture
def earlier():
    """Return a function that gives the managers of the tables as they were; migrate at the end."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    yield lambda name: apps.get_model("catalogue", name).objects
    call_command("migrate", verbosity=0)


def test_services_are_open_to_whom_they_are_for_and_texts_of_staff_stay(earlier):
    national_id = earlier("DocumentType").create(slug="national-id-copy", name_en="National ID")
    for slug, filed_by in ROWS:
        made = earlier("Service").create(
            slug=slug,
            name_en="A name by staff",
            conditions_en=AS_IT_CAME,
            conditions_ar="A condition by staff",
            beneficiary_kinds=KINDS.get(slug, ["visitor"]),
            filed_by=filed_by,
            is_active=False,
        )
        made.documents.set([national_id] if slug.startswith("passport") else [])
    call_command("migrate", "catalogue", verbosity=0)
    services = Service.objects.select_related("instead")
    assert {
        slug: (each.through, each.age, each.instead and each.instead.slug)
        for slug, each in zip((slug for slug, _who in ROWS), services, strict=True)
    } == {slug: expected for (slug, _who), expected in ROWS.items()}
    assert {service.name_en for service in services} == {"A name by staff"}
    texts = {each.slug for each in services if each.instead_text_ar and each.instead_text_en}
    assert texts == {each.slug for each in services if each.instead}

    kinds = {each.slug: each.beneficiary_kinds for each in services}
    assert kinds == {slug: KINDS.get(slug, ["visitor"]) for slug, _who in ROWS} | {
        slug: ["citizen", "resident"] for slug in KINDS
    }
    required = {each.slug: str(each.documents.get()) for each in services if each.slug in PASSPORTS}
    assert required == {
        "passport-issue": "Copy of the national ID or the passport",
        "passport-renew": "National ID",
        "passport-extend": "National ID",
    }
    assert {each.conditions_ar for each in services} == {"A condition by staff"}
    assert {each.slug for each in services if each.conditions_en != AS_IT_CAME} == {
        "passport-extend"
    }
    assert Service.objects.get(slug="passport-extend").conditions_en == (
        f"{AS_IT_CAME}\nFor residents: the country that issued the passport has extended it"
    )
