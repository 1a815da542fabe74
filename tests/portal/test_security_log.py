"""The security log itself: when a line is written, what it hides, and that each is documented."""

import re

import pytest
from django.db import OperationalError, connections, transaction

from core.accounts.models import User
from core.security_log import Event, note, pseudonym
from tests import factories
from tests.conftest import signed_in
from tests.core.accounts import pages
from tests.portal.security_lines import DOCUMENTED, line, without_network

pytestmark = pytest.mark.django_db
NUMBER = "2987654320"


@pytest.fixture
def person():
    return factories.UserFactory(identity=factories.IdentityFactory(number=NUMBER))


def test_done_is_logged_after_the_commit_and_refused_at_once(person, lines):
    def rolled_back(outcome):
        with transaction.atomic():
            note(Event.PERSON_OPENED, outcome, account=person.pk)
            transaction.set_rollback(True)

    assert lines(lambda: rolled_back("done")) == []
    expected = without_network(line("person_opened", "own_case", account=person))
    assert lines(lambda: rolled_back("own_case")) == [expected]
    assert lines(lambda: note(Event.PERSON_OPENED, "own_case", account=person.pk)) == [expected]


def test_event_is_logged_without_a_database(person, lines, monkeypatch):
    def fail():
        raise OperationalError

    def export():
        with monkeypatch.context() as patch:
            patch.setattr(connections["default"], "in_atomic_block", False)
            patch.setattr(connections["default"], "ensure_connection", fail)
            note(Event.EXPORT, account=person.pk)

    assert lines(export) == [without_network(line("export", account=person))]


def test_log_that_fails_stops_nothing(person, lines, monkeypatch, caplog):
    def fail(*_arguments, **_keywords):
        raise OSError(NUMBER)

    browser = signed_in(person)
    for name in ("pseudonym", "_logger.info"):
        with monkeypatch.context() as patch:
            patch.setattr(f"core.security_log.{name}", fail)
            caplog.clear()
            User.objects.update(email="old@example.org")
            assert lines(lambda: pages.remove_email(browser)) == []
        assert [record.getMessage() for record in caplog.records] == [
            "the event email_changed was not logged: OSError"
        ]


def test_pseudonyms_hold_no_number_and_differ_by_key_and_purpose(settings):
    found = {pseudonym("account", 7), pseudonym("person", 7), pseudonym("account", 8)}
    settings.SECRET_KEY = "another"
    found.add(pseudonym("account", 7))
    assert len(found) == 4
    assert all(re.fullmatch("[a-p]{24}", each) for each in found)


def test_every_event_is_documented_and_nothing_else():
    assert sorted(DOCUMENTED) == sorted(Event)
