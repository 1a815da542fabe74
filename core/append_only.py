"""Append-only tables: database triggers refuse UPDATE and DELETE.

Call `protect(Model)` once, in the `ready` method of the app that owns the table. The triggers are
installed again after every migrate, because SQLite loses them when it rebuilds an altered table,
and a system check warns when one is missing.
"""

from collections.abc import Iterable
from typing import Any

from django.core import checks
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER IF EXISTS {trigger} ON {table};
CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {trigger}();
"""
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {trigger}_{operation} BEFORE {operation} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


def _trigger_names(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    name = f"{table}_append_only"
    return [f"{name}_update", f"{name}_delete"] if connection.vendor == "sqlite" else [name]


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Install the triggers that make `table` refuse UPDATE and DELETE; safe to repeat."""
    trigger = f"{table}_append_only"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL.format(table=table, trigger=trigger))
        else:
            for operation in ("update", "delete"):
                cursor.execute(_SQLITE.format(table=table, trigger=trigger, operation=operation))


def missing_triggers(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """Return the names of the triggers that `table` lacks: none while the table does not exist."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s)"
    )
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return []
        cursor.execute(catalogue, [table])
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in _trigger_names(connection, table) if name not in present]


def protect(model: type[models.Model]) -> None:
    """Install the triggers of `model` after every migrate, and register the system check."""
    table = model._meta.db_table

    def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
        connection = connections[using]
        if table in connection.introspection.table_names():
            install(connection, table)

    def check_triggers(*, databases: Iterable[str] | None, **_kwargs: Any) -> list[checks.Warning]:
        return [
            checks.Warning(
                f"The table {table} has lost the trigger {name}.",
                hint="Run manage.py migrate, which installs it again.",
                id="tawasul.W001",
            )
            for alias in databases or ()
            for name in missing_triggers(connections[alias], table)
        ]

    post_migrate.connect(
        install_after_migrate,
        sender=model._meta.app_config,
        weak=False,
        dispatch_uid=f"{table}_append_only",
    )
    checks.register(check_triggers, checks.Tags.database)
