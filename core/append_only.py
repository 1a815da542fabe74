"""Tables to which rows are added and never changed: the database itself refuses the rest.

`protect(Model)` is called once, in the `ready` of the app that owns the table. The triggers are
installed again after every migrate, because SQLite loses them when it rebuilds an altered table,
and a system check tells when they are missing.
"""

from django.core import checks
from django.db import connections
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


def _trigger_names(connection, table):
    name = f"{table}_append_only"
    return [f"{name}_update", f"{name}_delete"] if connection.vendor == "sqlite" else [name]


def install(connection, table):
    """Make `table` refuse UPDATE and DELETE; harmless where it does so already."""
    trigger = f"{table}_append_only"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL.format(table=table, trigger=trigger))
        else:
            for operation in ("update", "delete"):
                cursor.execute(_SQLITE.format(table=table, trigger=trigger, operation=operation))


def missing_triggers(connection, table):
    """Names of the triggers that `table` lacks; none where there is no such table yet."""
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


def protect(model):
    """Keep the table of `model` append-only: after every migrate, and under a system check."""
    table = model._meta.db_table

    def install_after_migrate(*, using, **_kwargs):
        connection = connections[using]
        if table in connection.introspection.table_names():
            install(connection, table)

    def check_triggers(*, databases, **_kwargs):
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
