"""The demo directly after its start, on any day."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from appointments.models import Slot
from core.accounts.models import User
from core.catalogue.models import services_open_to_booking
from tawasul.portal.management.commands.load_demo import PASSWORD

# Evenings in Riyadh: a Sunday, a Friday, and a night of Ramadan.
EVENINGS = [
    datetime.datetime(2026, 5, 3, 20, tzinfo=datetime.UTC),
    datetime.datetime(2026, 5, 8, 20, tzinfo=datetime.UTC),
    datetime.datetime(2027, 2, 19, 19, tzinfo=datetime.UTC),
]
STAFF = ("officer", "officer2", "supervisor", "clerk", "manager", "editor", "auditor", "keeper")


def start(**options):
    for command in ("load_reference", "load_offices"):
        call_command(command, verbosity=0)
    call_command("load_demo", **options)


@pytest.mark.parametrize("now", EVENINGS)
def test_demo_has_slot_today_at_clerks_office(db, monkeypatch, now):
    monkeypatch.setattr(timezone, "now", lambda: now)
    start()
    today = Slot.objects.filter(day=timezone.localdate(), office__clerks__username="clerk")
    service = services_open_to_booking()[0]
    assert (today & Slot.objects.bookable(service, 1)).exists()


def test_demo_prints_logins_and_starts_again_without_change(db, monkeypatch, capsys):
    monkeypatch.setattr(timezone, "now", lambda: EVENINGS[0])
    start(url="http://127.0.0.1:8000")
    shown = capsys.readouterr().out
    for name in ("noura", "aslam", "raju"):
        identity = User.objects.get(username=name).identity
        line = next(line for line in shown.splitlines() if line.split()[:1] == [name])
        assert line.split()[1:4] == [identity.current_number, "born", str(identity.birth_date)]
    staff = dict(User.objects.filter(is_staff=True).values_list("username", "groups__name"))
    assert f"Staff:          {', '.join(STAFF)}, with the same password" in shown
    assert [staff[name] for name in STAFF[-3:]] == ["editor", "auditor", "keeper"]

    before = list(Slot.objects.order_by("pk").values()), User.objects.count()
    start()
    assert (list(Slot.objects.order_by("pk").values()), User.objects.count()) == before


def test_demo_gives_a_password_anew_where_the_hash_is_of_an_older_version(db, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: EVENINGS[0])
    start()
    older = ("noura", "officer")
    User.objects.filter(username__in=older).update(password="pbkdf2_sha256$1$salt$hash")
    own = User.objects.get(username="saad")
    own.set_password("a password of his own")
    own.save()
    start()
    for name in older:
        assert User.objects.get(username=name).check_password(PASSWORD), name
    assert User.objects.get(username="saad").check_password("a password of his own")


def test_demo_is_refused_in_production(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="make run"):
        call_command("load_demo")
