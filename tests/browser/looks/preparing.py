"""The looks of an inquiry that a clerk prepares with a person at the counter."""

import uuid

from django.core.management import call_command

from core.accounts.models import PersonOpening
from core.catalogue.models import Service
from requests_app import actions
from tests import factories
from tests.browser.looks import Group, people
from tests.browser.looks.appointments import offices_of_riyadh
from tests.browser.looks.steps import press, send, send_code, send_nothing
from tests.browser.looks.tables import ON_ANY_SCREEN, looks, staff_looks
from tests.conftest import signed_in, signed_in_staff

PASSPORT = {"document": "passport", "document_end": "AB12"}
REASONS = {"ar": "المراجع حاضر ويطلب المساعدة.", "en": "The person is here and asks for help."}


def prepare(language):
    for command in ("load_reference", "load_offices"):
        call_command(command, verbosity=0)
    office, _other = offices_of_riyadh()
    clerk = people.of_group("clerk", "1000000065", office)
    resident = people.resident(language)
    nobody = people.person("2000000048", "بلال أحمد", "Bilal Ahmed")
    for person in (resident.identity, nobody):
        PersonOpening.objects.create(staff=clerk, person=person, reason=REASONS[language])
    description = people.DESCRIPTIONS[language]
    return {
        "browsers": {"clerk": signed_in_staff(clerk), "resident": signed_in(resident)},
        "person": resident.identity,
        "nobody": nobody,
        "description": description,
        **{name: prepared(clerk, resident, description) for name in ("draft", "ready", "found")},
        "abroad": prepared(clerk, resident, description, mobile="+966550000432"),
    }


def prepared(clerk, resident, description, **details):
    person = resident.identity
    draft = actions.prepare(
        actor=clerk,
        person=person,
        holder=person,
        beneficiary=person,
        service=Service.objects.get(slug="resident-services"),
        idempotency_key=uuid.uuid4(),
        **PASSPORT,
    )
    filled = factories.details_of(draft, description=description, **details)
    actions.save_details(actor=clerk, inquiry=draft, **filled)
    return draft


STEP, READY, ABROAD, FOUND = (
    f"staff/prepare/{{{name}.reference}}/" for name in ("draft", "ready", "abroad", "found")
)
BEGIN, GO_ON, SEND = "people/{person.pk}/inquiry/", "Go on with this person", "Send"
DOCUMENT = staff_looks(
    "clerk",
    ("prepare-person", "people/{person.pk}/"),
    ("prepare-no-account", "people/{nobody.pk}/"),
    ("prepare-document", BEGIN),
    ("prepare-document-empty", BEGIN, send_nothing(GO_ON)),
    ("prepare-new", BEGIN, send(GO_ON, **PASSPORT)),
    **ON_ANY_SCREEN,
)
STEPS = looks(
    "clerk",
    ("prepare-subject", f"{STEP}subject/"),
    ("prepare-details", f"{STEP}details/"),
    ("prepare-details-empty", f"{STEP}details/", send_nothing("Next")),
    ("prepare-documents", f"{STEP}documents/"),
    ("prepare-mobile", f"{ABROAD}mobile/"),
    ("prepare-delete", f"{STEP}delete/"),
    ("prepare-review", f"{READY}review/"),
    ("prepare-code", f"{READY}review/", press("Send the code to my mobile")),
    ("prepare-code-wrong", f"{READY}confirm/", send(SEND, code="1")),
    ("prepare-receipt", f"{READY}confirm/", send_code(SEND)),
)
ON_THE_PHONE = looks(
    "resident",
    ("prepare-drafts-on-phone", "inquiries/"),
    ("prepare-draft-on-phone", "inquiries/{found.reference}/details/"),
)

PREPARING = Group(
    "preparing",
    ("en/staff/prepare/", "en/staff/people/<int:pk>/inquiry/"),
    prepare,
    (DOCUMENT, STEPS, ON_THE_PHONE),
)
