"""`manage.py verify_events` names every inquiry and appointment whose chain of events is broken."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from appointments.models import Appointment
from core.digests import digest_of
from core.events import chain_is_whole
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent
from tests import factories
from tests.appointments import places
from tests.worlds import undone


def verify():
    output = StringIO()
    call_command("verify_events", stdout=output)
    return output.getvalue()


@pytest.fixture
def inquiry(db):
    return factories.claimed()


def test_whole_chains_pass(inquiry, django_assert_num_queries):
    places.confirmed()
    with django_assert_num_queries(4):
        assert verify() == "Every chain of events is whole.\n"


def end_of_an_appointments_chain(inquiry):
    appointment = places.confirmed()
    Appointment.objects.filter(pk=appointment.pk).update(last_digest=digest_of("another"))
    return f"appointment {appointment.reference}\n"


def end_of_an_inquirys_chain(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(last_digest=digest_of("another"))
    return f"inquiry {inquiry.reference}\n"


def version_without_an_event(inquiry):
    Inquiry.objects.filter(pk=inquiry.pk).update(version=inquiry.version + 1)
    return f"inquiry {inquiry.reference}\n"


def event_that_nobody_chained(inquiry):
    last = inquiry.events.last()
    last.pk, last.seq = None, last.seq + 1
    last.save(force_insert=True)
    Inquiry.objects.filter(pk=inquiry.pk).update(version=last.seq, last_digest=last.digest)
    return f"inquiry {inquiry.reference}\n"


def test_a_broken_chain_is_named(inquiry):
    for break_chain in (
        end_of_an_appointments_chain,
        end_of_an_inquirys_chain,
        version_without_an_event,
        event_that_nobody_chained,
    ):
        output = StringIO()
        with undone():
            named = break_chain(inquiry)
            with pytest.raises(CommandError, match=r"^Broken chains of events: 1\.$"):
                call_command("verify_events", stdout=output)
        assert output.getvalue() == named


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
        assert verify() == "Every chain of events is whole.\n"
    assert released


def test_contents_unlike_the_digest_break_the_chain(inquiry):
    event = inquiry.events.last()
    event.role = InquiryEvent.Role.APPLICANT
    inquiry._prefetched_objects_cache = {"events": [*inquiry.events.all()[:1], event]}
    assert not chain_is_whole(inquiry)
