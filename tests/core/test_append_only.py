"""Events are append-only: the database refuses changes, and the chain of digests reveals them."""

import re
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader

from core.append_only import install
from core.digests import digest_of
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent
from tests import factories

pytestmark = pytest.mark.both_engines

TABLE = InquiryEvent._meta.db_table
ANSWER = "The fee was found and booked to your iqama."


@pytest.fixture
def approved(db, officer):
    """Create an inquiry that was filed, claimed, answered once and approved."""
    inquiry = factories.claimed(officer)
    for action in (actions.reply, actions.approve):
        inquiry = action(
            actor=officer,
            inquiry=inquiry,
            expected_version=inquiry.version,
            text=ANSWER,
            idempotency_key=uuid.uuid4(),
        )
    return inquiry


def run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def assert_that_events_cannot_be_changed(event):
    with pytest.raises(IntegrityError), transaction.atomic():
        InquiryEvent.objects.filter(pk=event.pk).update(role=InquiryEvent.Role.OFFICER)
    with pytest.raises(IntegrityError), transaction.atomic():
        InquiryEvent.objects.filter(pk=event.pk).delete()


# Refusals of the database


# The statement of each engine that deletes a row and inserts it anew.
REPLACE = {
    "sqlite": f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE id = %s",
    "postgresql": f"WITH gone AS (DELETE FROM {TABLE} WHERE id = %s RETURNING *) "
    f"INSERT INTO {TABLE} SELECT * FROM gone",
}

WAYS_TO_CHANGE = {
    "update": lambda event: InquiryEvent.objects.filter(pk=event.pk).update(role="officer"),
    "save": lambda event: event.save(),
    "bulk_update": lambda event: InquiryEvent.objects.bulk_update([event], ["role"]),
    "upsert": lambda event: InquiryEvent.objects.bulk_create(
        [event], update_conflicts=True, unique_fields=["id"], update_fields=["role"]
    ),
    "delete": lambda event: event.delete(),
    "delete of many": lambda event: InquiryEvent.objects.all().delete(),
    "SQL update": lambda event: run(f"UPDATE {TABLE} SET seq = 9 WHERE id = %s", event.pk),
    "SQL delete": lambda event: run(f"DELETE FROM {TABLE} WHERE id = %s", event.pk),
    "SQL replace": lambda event: run(REPLACE[connection.vendor], event.pk),
}


def test_the_database_refuses_to_change_or_delete_an_event(db):
    inquiry = factories.claimed()
    before = list(InquiryEvent.objects.values())
    assert [event.event_type for event in inquiry.events.all()] == ["submitted", "claimed"]

    for name, change in WAYS_TO_CHANGE.items():
        with (
            pytest.raises(IntegrityError, match=f"{TABLE} is append-only"),
            transaction.atomic(),
        ):
            change(inquiry.events.first())
        assert list(InquiryEvent.objects.values()) == before, name


# Lost triggers


def warnings():
    """Return the warnings of `manage.py check --database default` about append-only tables."""
    found = checks.run_checks(databases=["default"])
    return [warning.msg for warning in found if warning.id == "tawasul.W001"]


def triggers():
    names = {
        "sqlite": [f"{TABLE}_append_only_update", f"{TABLE}_append_only_delete"],
        "postgresql": [f"{TABLE}_append_only"],
    }
    return names[connection.vendor]


def lost(names):
    return [f"The table {TABLE} has lost the trigger {name}." for name in names]


def test_check_names_lost_trigger_and_migrate_restores_it(transactional_db):
    event = factories.filed().events.get()
    assert warnings() == []
    of_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    for name in triggers():
        run(f"DROP TRIGGER {name}{of_table}")
    assert warnings() == lost(triggers())
    # As a control: without its trigger the table can be changed.
    InquiryEvent.objects.filter(pk=event.pk).update(role=InquiryEvent.Role.OFFICER)

    call_command("migrate", verbosity=0)
    assert warnings() == []
    assert_that_events_cannot_be_changed(event)
    install(connection, TABLE)  # a second time, which does no harm
    assert warnings() == []
    assert_that_events_cannot_be_changed(event)


LATER_OPERATIONS = (
    migrations.AlterField("InquiryEvent", "role", models.CharField(max_length=33)),
    migrations.AddField("InquiryEvent", "channel", models.CharField(max_length=5, default="web")),
)


@contextmanager
def altered_table(operation):
    """Alter the table of events like a later migration, and undo it after."""
    migration = migrations.Migration("0099_later", "requests_app")
    migration.operations = [operation]
    before = MigrationLoader(connection).project_state()
    with connection.schema_editor(atomic=True) as editor:
        migration.apply(before.clone(), editor)
    try:
        yield
    finally:
        with connection.schema_editor(atomic=True) as editor:
            migration.unapply(before.clone(), editor)
        call_command("migrate", verbosity=0)


def test_events_stay_append_only_after_altered_table(transactional_db):
    event = factories.filed().events.get()
    for operation in LATER_OPERATIONS:
        with altered_table(operation):
            # SQLite rebuilds the table and drops its triggers; PostgreSQL alters it in place.
            forgotten = triggers() if connection.vendor == "sqlite" else []
            assert warnings() == lost(forgotten)

            call_command("migrate", verbosity=0)
            assert warnings() == []
            assert_that_events_cannot_be_changed(event)


# The chain


def test_chain_holds_the_digests_of_events_and_texts(approved):
    events = list(approved.events.all())

    assert [event.event_type for event in events] == ["submitted", "claimed", "replied", "approved"]
    assert [event.seq for event in events] == [1, 2, 3, 4]
    digests = [event.digest for event in events]
    assert len(set(digests)) == 4
    assert [event.previous_digest for event in events] == ["", *digests[:-1]]
    assert [event.computed_digest() for event in events] == digests
    kept = Inquiry.objects.get(pk=approved.pk)
    assert (kept.last_digest, kept.version) == (digests[-1], 4)
    submitted, _claimed, replied, approval = events
    assert submitted.content_digest == approved.content_digest()
    assert replied.content_digest == approval.content_digest == digest_of(ANSWER)


CHANGES = {
    "inquiry_id": lambda value: value + 1,
    "seq": lambda value: value + 1,
    "at": lambda value: value + timedelta(microseconds=1),
    "actor_id": lambda value: value + 1,
    "role": lambda value: InquiryEvent.Role.APPLICANT,
    "event_type": lambda value: InquiryEvent.EventType.REJECTED,
    "from_status": lambda value: Inquiry.Status.DRAFT,
    "to_status": lambda value: Inquiry.Status.UNDER_PROCESSING,
    "content_digest": lambda value: digest_of("another text"),
    "previous_digest": lambda value: digest_of("another event"),
}


def test_a_change_of_any_field_breaks_the_chain(approved):
    fields = {field.attname for field in InquiryEvent._meta.concrete_fields}
    assert fields - {"id", "digest"} == set(CHANGES)

    for field, change in CHANGES.items():
        event = approved.events.last()
        before = getattr(event, field)
        setattr(event, field, change(before))
        assert getattr(event, field) != before
        assert event.computed_digest() != event.digest, field


def test_events_hold_no_personal_text(approved):
    words = {*InquiryEvent.EventType, *InquiryEvent.Role, *Inquiry.Status, ""}

    for row in InquiryEvent.objects.values():
        for column, value in row.items():
            assert (
                isinstance(value, int | datetime)
                or value in words
                or re.fullmatch("[0-9a-f]{64}", value)
            ), column
