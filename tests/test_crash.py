"""A worker that is killed, terminated or loses its database: every message still arrives.

The worker is the real one, a process of its own on the test database. Its demo phone is a pipe of
limited size, from which the tests take one text after the other: a worker that runs ahead has to
wait in the middle of its work, however fast the machine is.
"""

import json
import os
import select
import signal
from collections import Counter
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.messaging.models import Message
from tests import factories
from tests.races.processes import process_of_portal
from tests.races.processes import worker as run_worker
from tests.races.together import DEADLINE_SECONDS, until

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Please read this to the end. " * 70  # some thirty such texts fill the pipe

Waiting, Sent = Message.Status.WAITING, Message.Status.SENT


class SlowPhone:
    """A reader of the pipe that takes the place of the demo phone's file."""

    def __init__(self, path):
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR)
        self._rest = b""

    def close(self):
        os.close(self._pipe)

    def take(self, count):
        """Return the next `count` texts."""
        texts = []
        while len(texts) < count:
            text = self._next(DEADLINE_SECONDS)
            assert text, "no text arrived"
            texts.append(text)
        return texts

    def take_rest(self):
        """Return the texts that were sent until now and not taken yet."""
        return list(iter(lambda: self._next(0), None))

    def is_full(self):
        """Return whether the next text has to wait until another is taken."""
        return not select.select([], [self._pipe], [], 0)[1]

    def _next(self, seconds):
        while b"\n" not in self._rest:
            if not select.select([self._pipe], [], [], seconds)[0]:
                return None
            self._rest += os.read(self._pipe, select.PIPE_BUF)
        line, self._rest = self._rest.split(b"\n", 1)
        text = json.loads(line)
        return text["key"], text["text"]


@pytest.fixture
def phone(tmp_path):
    phone = SlowPhone(tmp_path / "demo-phone.jsonl")
    yield phone
    phone.close()


@pytest.fixture
def worker(tmp_path):
    """A context manager that runs `manage.py work` on the test database."""
    return partial(run_worker, tmp_path)


def waiting_texts(count):
    messages = factories.MessageFactory.build_batch(count)
    for message in messages:
        message.text += LONG
    return Message.objects.bulk_create(messages)


def end_leases():
    """End the leases of a worker that is gone, so that its messages are due at once."""
    Message.objects.filter(status=Waiting).update(next_attempt_at=timezone.now())


def leased():
    return Message.objects.filter(status=Waiting, attempts__gt=0)


def in_hand():
    """Return the keys of the messages that a worker has leased and not marked as sent."""
    return set(map(str, leased().values_list("idempotency_key", flat=True)))


def contents(messages):
    return {(str(message.idempotency_key), message.text) for message in messages}


def assert_the_rest_arrives(phone, messages, arrived, *, in_hand):
    """Check that each text arrives under its own key, and that only those `in_hand` come twice."""
    missing = contents(messages) - set(arrived)
    while missing:
        arrived += phone.take(1)
        missing.discard(arrived[-1])
    until(all_are_marked_as_sent)
    arrived += phone.take_rest()

    assert set(arrived) == contents(messages)
    repeated = {key for (key, _text), times in Counter(arrived).items() if times > 1}
    assert repeated <= in_hand


def all_are_marked_as_sent():
    return not Message.objects.exclude(status=Sent).exists()


def end_other_connections():
    """Break every connection to this database but our own; return their number.

    PostgreSQL may not have noticed yet that a process is gone; SQLite has no connections to break.
    """
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(cursor.fetchall())


@contextmanager
def lock_message_in_hand():
    """Lock a message that the worker sends, so that it is not marked as sent; yield its key."""
    while True:
        # The worker may be between two messages. This check takes no lock: on SQLite, repeated
        # checks with a lock would keep the worker from ever taking the next message.
        until(leased().exists)
        with transaction.atomic():
            message = leased().select_for_update().first()
            if message:
                yield str(message.idempotency_key)
                return


@pytest.mark.both_engines
def test_killed_worker_loses_no_message(worker, phone):
    messages = waiting_texts(200)

    with worker() as process:
        arrived = phone.take(50)
        until(lambda: phone.is_full() and in_hand())
        process.kill()
    assert process.returncode == -signal.SIGKILL
    abandoned_keys = in_hand()
    arrived += phone.take_rest()
    assert 50 < len(arrived) < 150

    end_leases()
    with worker():
        assert_the_rest_arrives(phone, messages, arrived, in_hand=abandoned_keys)


@pytest.mark.both_engines
def test_worker_killed_before_commit_sends_message_again(worker, phone):
    messages = waiting_texts(100)

    with worker() as process:
        arrived = phone.take(10)
        until(phone.is_full)
        with lock_message_in_hand() as idempotency_key:
            while idempotency_key not in dict(arrived):
                arrived += phone.take(1)
            process.kill()
            process.wait()
            end_other_connections()
    abandoned_keys = in_hand()
    arrived += phone.take_rest()

    end_leases()
    with worker():
        assert_the_rest_arrives(phone, messages, arrived, in_hand=abandoned_keys)
    assert [its_key for its_key, _text in arrived].count(idempotency_key) == 2


def test_terminated_worker_finishes_message_in_hand(worker, phone):
    waiting_texts(100)

    with worker() as process:
        arrived = phone.take(10)
        process.terminate()
        until(lambda: arrived.extend(phone.take_rest()) or process.poll() is not None)
        assert process.returncode == 0
    arrived += phone.take_rest()

    sent = Message.objects.filter(status=Sent)
    assert sorted(arrived) == sorted(contents(sent))
    assert len(arrived) < 100
    assert in_hand() == set()


BEGINS_TO_WAIT = """
import signal, django
from django.core.management import call_command

django.setup()
from tawasul.portal.worker import Worker

def run(worker):
    with worker._stop._cond:  # as `wait` does first of all
        signal.raise_signal(signal.SIGTERM)
    worker._stop.wait()

Worker.run = run
call_command("work")
"""


def test_worker_told_to_end_just_as_it_begins_to_wait_for_that_ends(tmp_path):
    with process_of_portal(tmp_path, "-c", BEGINS_TO_WAIT) as process:
        until(lambda: process.poll() is not None)
        assert process.returncode == 0


@pytest.mark.postgres
def test_worker_survives_broken_database_connection(worker, phone):
    messages = waiting_texts(100)

    with worker() as process:
        arrived = phone.take(10)
        until(lambda: phone.is_full() and in_hand())
        assert end_other_connections() > 0
        abandoned_keys = in_hand()

        assert_the_rest_arrives(phone, messages, arrived, in_hand=abandoned_keys)
        assert process.poll() is None


def test_a_chore_that_fails_does_not_stop_the_messages(worker, phone, tmp_path):
    (tmp_path / "private").write_text("a file where the folder of the documents should be")

    messages = waiting_texts(60)  # more than the worker sends between two looks at its chores

    with worker():
        assert set(phone.take(60)) == contents(messages)
