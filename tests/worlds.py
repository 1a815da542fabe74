"""Rows for many cases: worlds, made once for a test module, and what undoes each of the cases.

    @world
    def desk():
        return factories.claimed().pk

    @pytest.fixture
    def inquiry(desk, db):
        return Inquiry.objects.get(pk=desk)

A test undoes what it writes, so each finds the rows as they were made; the objects are not made
anew, so a world returns keys, or objects that no test changes. A module with a world has no test
that commits, and a world needs a clock of its own if it is to stand still.
"""

from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.utils import translation

# The portal's hasher takes long and much memory for each password, by design.
FAST_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def surroundings(folder):
    """Return the settings of a test, with its files below `folder`."""
    storages = {}
    for name in ("private", "quarantine"):
        storage = settings.STORAGES[name]
        options = {**storage["OPTIONS"], "location": folder / name}
        storages[name] = {**storage, "OPTIONS": options}
    return {
        "PASSWORD_HASHERS": FAST_HASHER,
        # Otherwise every test client reads the whole static folder first, a tenth of a second each.
        "WHITENOISE_AUTOREFRESH": True,
        # Decisions leave at once, and unread, but where a test is about those that wait.
        "DECISION_MINUTES": 0,
        "SECOND_READING_PERCENT": 0,
        "DATA_DIR": folder,
        "DEMO_PHONE_FILE": folder / "demo-phone.jsonl",
        "STORAGES": {**settings.STORAGES, **storages},
    }


def world(make):
    """Turn `make` into a fixture of the module that keeps what it writes until the module ends."""

    @pytest.fixture(scope="module", name=make.__name__)
    def made(django_db_setup, django_db_blocker, world_folder):
        with django_db_blocker.unblock(), rolled_back():
            with override_settings(**surroundings(world_folder)), translation.override("en"):
                things = make()
            yield things

    return made


@contextmanager
def undone():
    """Check the foreign keys of what a case writes, as after a test, and undo it, files too.

    Browsers keep their cookies: one that signs in or out inside is of no use afterwards.
    """
    before = files()
    with rolled_back():
        yield
        connection.check_constraints()
    for path in files().keys() - before.keys():
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


@contextmanager
def rolled_back():
    block = transaction.atomic()
    # As in the transactions of Django's TestCase, durable ones may begin inside.
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def files():
    paths = (path for path in settings.DATA_DIR.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in paths}
