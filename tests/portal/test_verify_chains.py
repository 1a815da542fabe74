"""`manage.py verify_chains` names the first broken link of every chain of events."""

from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from appointments.models import AppointmentEvent
from core.digests import digest_of
from core.events import chain_is_whole
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent
from tests import factories
from tests.appointments import places
from tests.worlds import undone


def verify():
    output = StringIO()
    call_command("verify_chains", stdout=output)
    return output.getvalue()


@pytest.fixture
def inquiry(db):
    return factories.claimed()


def test_whole_chains_pass(inquiry, django_assert_num_queries):
    places.confirmed()
    with django_assert_num_queries(4):
        assert verify() == "Every chain of events is whole; events: 4.\n"


@contextmanager
def past_the_triggers(model):
    """Lift the triggers of `model` in the block, as somebody with the right to its table can."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def change(model, seq, sql):
    """Run `sql` on the event number `seq` of the only subject, past the triggers."""
    with past_the_triggers(model) as cursor:
        cursor.execute(sql.format(table=model._meta.db_table, seq=seq))


ROLE = "UPDATE {table} SET role = 'portal' WHERE seq = {seq}"
DIGEST = "UPDATE {table} SET digest = repeat('0', 64) WHERE seq = {seq}"
DELETED = "DELETE FROM {table} WHERE seq = {seq}"
ALL_DELETED = "DELETE FROM {table}"


def test_the_first_broken_link_is_named(db):
    inquiry, appointment = factories.claimed(), places.confirmed()
    officer = inquiry.assignee
    for _time in range(2):
        factories.write(actions.reply, inquiry, officer)
        inquiry.refresh_from_db()
    of_inquiry, of_appointment = InquiryEvent, AppointmentEvent
    told = {
        (of_inquiry, 2, ROLE): "event 2 is not as it was written",
        (of_inquiry, 2, DIGEST): "event 2 is not as it was written",
        (of_inquiry, 4, ROLE): "event 4 is not as it was written",
        (of_inquiry, 4, DELETED): "event 4 is missing",
        (of_inquiry, 2, DELETED): "event 2 is missing",
        (of_inquiry, 1, DELETED): "event 1 is missing",
        (of_inquiry, 1, ALL_DELETED): "event 1 is missing",
        (of_appointment, 1, ROLE): "event 1 is not as it was written",
        (of_appointment, 2, DELETED): "event 2 is missing",
        (of_appointment, 1, DELETED): "event 1 is missing",
        (of_appointment, 1, ALL_DELETED): "event 1 is missing",
    }
    for (model, seq, sql), link in told.items():
        subject = inquiry if model is of_inquiry else appointment
        with undone():
            change(model, seq, sql)
            assert broken() == f"{model.SUBJECT} {subject.reference}: {link}\n", (sql, seq)


def broken():
    output = StringIO()
    with pytest.raises(CommandError, match=r"^Broken chains of events: 1\.$"):
        call_command("verify_chains", stdout=output)
    return output.getvalue()


def another_end(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(last_digest=digest_of("another"))
    return "event 2 is not the last that was written"


def version_without_an_event(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(version=inquiry.version + 1)
    return "event 3 is missing"


def version_before_the_last_event(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(version=inquiry.version - 1)
    return "event 2 is not the last that was written"


def event_that_nobody_chained(inquiry):
    last = inquiry.events.last()
    last.pk, last.seq = None, last.seq + 1
    last.save(force_insert=True)
    Inquiry.objects.filter(pk=inquiry.pk).update(version=last.seq, last_digest=last.digest)
    return "event 3 does not follow the one before"


def test_an_inquiry_that_is_not_at_its_last_event_is_named(inquiry):
    for break_chain in (
        another_end,
        version_without_an_event,
        version_before_the_last_event,
        event_that_nobody_chained,
    ):
        with undone():
            link = break_chain(inquiry)
            assert broken() == f"inquiry {inquiry.reference}: {link}\n"


def test_event_appended_between_the_reads_breaks_nothing(inquiry):
    released = []

    def release_before_events_are_read(execute, sql, *args):
        if not released and 'FROM "requests_app_inquiryevent"' in sql:
            released.append(inquiry)
            actions.release(
                actor=inquiry.assignee, inquiry=inquiry, expected_version=inquiry.version
            )
        return execute(sql, *args)

    with connection.execute_wrapper(release_before_events_are_read):
        assert verify() == "Every chain of events is whole; events: 3.\n"
    assert released


def test_contents_unlike_the_digest_break_the_chain(inquiry):
    event = inquiry.events.last()
    event.role = InquiryEvent.Role.APPLICANT
    inquiry._prefetched_objects_cache = {"events": [*inquiry.events.all()[:1], event]}
    assert not chain_is_whole(inquiry)
