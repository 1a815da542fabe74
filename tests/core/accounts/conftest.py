from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.accounts.models import Identity, IdentityNumber
from tests import factories
from tests.conftest import signed_in
from tests.core.accounts.pages import FORMER_NUMBER, MOBILE, NEW_MOBILE, NUMBER
from tests.core.accounts.registry_file import ANOTHER, HEADER, KNOWN, KNOWN_BEFORE


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    """Let the clock stand still at the next full minute, where every code of an app begins.

    By the time of day, a test that moves it by a second would now and then meet the next code.
    """
    clock = Clock(timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1))
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def load(tmp_path):
    """Return a function that imports a file of rows and returns the printed lines and the error."""

    def load(*rows, header=HEADER, **options):
        return load_bytes((header + "".join(rows)).encode(), **options)

    def load_bytes(content, **options):
        file = tmp_path / "registry.csv"
        file.write_bytes(content)
        return load_file(file, **options)

    def load_file(file, **options):
        output, error = StringIO(), None
        try:
            call_command("import_identities", str(file), stdout=output, **options)
        except CommandError as failure:
            error = str(failure)
        return output.getvalue().splitlines(), error

    load.bytes, load.file = load_bytes, load_file
    return load


@pytest.fixture
def two_known_people(db):
    identity = factories.IdentityFactory(number=KNOWN)
    IdentityNumber.objects.create(number=KNOWN_BEFORE, identity=identity, is_current=False)
    factories.IdentityFactory(number=ANOTHER)


@pytest.fixture
def registered(db):
    """Create a person with a current and a former number in the registry, without an account."""
    identity = factories.IdentityFactory(number=NUMBER, mobile=MOBILE)
    identity.numbers.create(number=FORMER_NUMBER, is_current=False)
    return identity


@pytest.fixture
def person(registered):
    """Create an account for the registered person."""
    return factories.UserFactory(username="aslam", identity=registered, mobile=MOBILE)


@pytest.fixture
def moved_on(person):
    """The person, for whom the registry has a newer mobile than their account."""
    Identity.objects.filter(pk=person.identity_id).update(mobile=NEW_MOBILE)
    return person


@pytest.fixture
def browser(person):
    """A browser in which the person is signed in."""
    return signed_in(person)
