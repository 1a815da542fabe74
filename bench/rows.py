"""Rows in bulk, as a portal has them after some years: people, inquiries, appointments, messages.

A row is told by its number and SEED alone: number 1 is the newest, and each is two minutes older
than the one before. PostgreSQL makes them (`rows.sql`) without its triggers and foreign keys, and
builds the indexes afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

SEED = 20
# The keys of people with accounts go up from BASE, those of dependants from TOP, and those of other
# rows down from TOP, so that the newest has the last.
BASE, TOP = 100_000_000, 200_000_000
AFTERWARDS = 2_000_000_000  # where the keys of rows begin that are made afterwards
TIMES_OF_A_DAY, DAYS_AHEAD, CAPACITY = 7, 23, 24
TABLES = (
    *("accounts_identity", "accounts_identitynumber", "accounts_user", "accounts_link"),
    *("accounts_session", "accounts_onetimecode", "messaging_message", "captcha_captchastore"),
    *("requests_app_inquiry", "requests_app_inquiryevent", "requests_app_reply"),
    *("requests_app_attachment", "appointments_slot", "appointments_appointment"),
    *("appointments_appointmentevent", "appointments_slip", "appointments_waiting"),
    *("appointments_offer", "appointments_appointment_beneficiaries"),
)


def fill_inquiries(first: int, last: int, **keys: list[int]) -> None:
    """Make the same people and inquiries as `fill`, and nothing else."""
    fill(first, last, until="-- Slots:", **keys)


def fill(first: int, last: int, *, until: str = "", **keys: list[int]) -> None:
    """Make the rows after number `first` up to `last` of each kind, and ANALYZE.

    `keys` are those of the `services`, `regions`, `offices`, their `windows` in the same order,
    `officers` and `kinds` of documents that the rows refer to. Of rows.sql, what comes before the
    line that begins with `until` is run.
    """
    a_day = len(keys["offices"]) * TIMES_OF_A_DAY
    facts: dict[str, Any] = {
        "seed": SEED * 1000,
        "base": BASE,
        "top": TOP,
        "first": first,
        "last": last,
        "people": last // 4,
        "dependants": last // 8,
        "times": TIMES_OF_A_DAY,
        "a_day": a_day,
        "ahead": a_day * DAYS_AHEAD,
        "capacity": CAPACITY,
        "now": timezone.now(),
        "today": timezone.localdate(),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'")
        with _without_indexes(cursor):
            rows = Path(__file__).with_suffix(".sql").read_text()
            rows = rows.partition(until)[0] if until else rows
            cursor.execute(rows, {**facts, **keys})
        # The keys of a session and a code are no numbers.
        for table in set(TABLES) - {"accounts_session", "accounts_onetimecode"}:
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            cursor.execute(
                f"SELECT setval({sequence}, greatest(nextval({sequence}), {AFTERWARDS}))"
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Drop the indexes of TABLES, but those of constraints, and build them again afterwards."""
    cursor.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY (%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
