"""Waking the workers: a hint, on PostgreSQL alone, that there is something to do at once."""

from enum import StrEnum

from django.db import connection, transaction

CHANNEL = "tawasul"


class Topic(StrEnum):
    CODES = "codes"
    PLACES = "places"


def wake_workers(topic: Topic) -> None:
    """Wake the workers after the transaction has committed.

    It is a statement of its own: NOTIFY inside a transaction makes all commits queue. Nothing
    depends on it, as the workers look by themselves, so a failure is logged and passed over.
    """

    # Django names the function in the log if it fails, and a partial has no name.
    def notify() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic.value])

    if connection.vendor == "postgresql":
        transaction.on_commit(notify, robust=True)
