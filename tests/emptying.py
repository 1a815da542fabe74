"""Empty the tables after a test that commits: those that it wrote, and no others.

Django truncates all tables and makes the permissions anew, a quarter of a second for each test.
Here the permissions stay, as no test that commits changes them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_written_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        tables = sorted({*connection.introspection.table_names(cursor)} - KEPT)
        looks = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
        cursor.execute(" UNION ALL ".join(looks))
        written = [table for (table,) in cursor.fetchall()]
        with triggers_off(cursor):
            for table in written:
                cursor.execute(f"DELETE FROM {table}")


@contextmanager
def triggers_off(cursor: CursorWrapper) -> Iterator[None]:
    """Let append-only tables be emptied, too; PostgreSQL wants a superuser for that."""
    if connection.vendor == "postgresql":
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        return
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    for name, _sql in triggers:
        cursor.execute(f"DROP TRIGGER {name}")
    yield
    for _name, sql in triggers:
        cursor.execute(sql)
