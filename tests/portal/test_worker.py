"""The worker: a code leaves at once, whatever chores do, and it says how it is doing."""

import threading
from datetime import time, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from appointments import actions
from core.chores.models import Chore
from core.messaging.models import Message, Outage
from core.wake import CHANNEL
from tawasul.portal import worker
from tawasul.portal.worker import DELIVERY, Worker
from tests import factories
from tests.appointments import places
from tests.core.messaging.test_delivery import CODE_TEXT, texts_arrived, write_code
from tests.races.together import until

MINUTE = timedelta(minutes=1)


@pytest.fixture
def run_worker(transactional_db, monkeypatch):
    """Return a function that runs a worker with these chores, in a thread, until the test ends."""
    running = []

    def run(**chores):
        given = {name: (MINUTE, chore) for name, chore in chores.items()}
        monkeypatch.setattr(worker, "CHORES", given)
        at_work = Worker()
        thread = threading.Thread(target=at_work.run)
        thread.start()
        running.append((at_work, thread))
        return at_work, thread

    yield run
    for at_work, thread in running:
        at_work.end()
        thread.join(30)
        assert not thread.is_alive()


def listens():
    """Return whether a worker listens on the test database."""
    listening = "SELECT 1 FROM pg_stat_activity WHERE query = %s AND datname = current_database()"
    with connection.cursor() as cursor:
        cursor.execute(listening, [f"LISTEN {CHANNEL}"])
        return cursor.fetchone()


@pytest.mark.both_engines
def test_code_leaves_while_a_chore_hangs_and_another_fails(run_worker, caplog):
    hangs, other = threading.Event(), threading.Event()
    try:
        run_worker(hang=lambda: hangs.wait(60), fail=lambda: 1 / 0, other=other.set)
        assert other.wait(60)
        write_code()
        until(lambda: texts_arrived() == [CODE_TEXT])
    finally:
        hangs.set()
    until(lambda: Chore.objects.filter(ran_at__isnull=False).count() == 3)
    assert caplog.messages[0].startswith("chore fail failed: ZeroDivisionError")


@pytest.mark.postgres
def test_code_wakes_a_worker_that_sleeps(run_worker, monkeypatch):
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 3600)
    at_work, _thread = run_worker()
    until(lambda: listens() and Chore.objects.filter(ran_at__isnull=False).exists())
    write_code()
    until(lambda: texts_arrived() == [CODE_TEXT])
    assert at_work


@pytest.mark.postgres
def test_freed_place_wakes_the_allocator(run_worker, monkeypatch, settings):
    settings.OFFER_HOURS = settings.OFFER_HOURS_IN_RAMADAN = (time(0), time(0))
    monkeypatch.setattr(worker, "LONGEST_SLEEP_SECONDS", 3600)
    booked = places.confirmed(slot=places.some_slot())
    places.wish(factories.UserFactory())
    run_worker(allocate=actions.allocate)
    until(lambda: listens() and Chore.objects.filter(name="allocate", ran_at__isnull=False))
    places.cancel(booked)
    until(lambda: booked.slot.offers.open().exists())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_hint_is_sent_after_the_commit_and_a_failing_one_undoes_nothing(monkeypatch, caplog):
    asked = []

    def note(execute, sql, *args):
        if "pg_notify" in sql:
            asked.append(connection.in_atomic_block)
            raise OSError("the connection is gone")
        return execute(sql, *args)

    with connection.execute_wrapper(note):
        with transaction.atomic():
            code = write_code()
            assert asked == []
        assert asked == [False]
    assert Message.objects.filter(pk=code.pk).exists()
    assert "Error calling" in caplog.text


def status():
    out = StringIO()
    call_command("work", status=True, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.django_db
def test_status_tells_how_the_workers_are_doing():
    assert status() == [
        "Delivery last ran: never",
        "Oldest message due: none",
        "Messages that wait for another attempt: 0",
        "Chore that failed last: none",
    ]
    now = timezone.now()
    Chore.objects.create(name=DELIVERY, ran_at=now - MINUTE)
    Chore.objects.create(
        name="sweep", failed_at=now - 2 * MINUTE, failure="OSError in sweep.py, line 7"
    )
    Chore.objects.create(name="make_slots", next_run_at=now - 3 * MINUTE)
    factories.MessageFactory(next_attempt_at=now - 4 * MINUTE)
    factories.MessageFactory(next_attempt_at=now + 5 * MINUTE, failed_at=now - MINUTE)
    Outage.objects.create(channel="sms", since=now - 6 * MINUTE)
    assert [line.partition(".")[0] for line in status()] == [
        "Delivery last ran: 0:01:00 ago",
        "Oldest message due: 0:04:00 ago",
        "Messages that wait for another attempt: 1",
        "Chore that failed last: sweep, 0:02:00 ago: OSError in sweep",
        "Gateway that fails: sms, since 0:06:00 ago",
        "Chore that is late: make_slots",
    ]
