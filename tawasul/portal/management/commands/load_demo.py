import base64
import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from appointments.actions import make_slots
from appointments.models import Office, OpeningWindow, Weekday
from core.accounts import registry
from core.accounts.models import User
from tawasul.portal.actions import add_staff
from tawasul.portal.demo_phone import current_code

PASSWORD = "demo-Tawasul-26"  # noqa: S105
PEOPLE = Path(__file__).resolve().parents[2] / "demo_people.csv"

# The accounts: username, ID number, description.
USERS = [
    ("noura", "1000000008", "a citizen"),
    ("saad", "1000000016", "a citizen with a child"),
    ("aslam", "2000000006", "a resident with a child"),
    ("fahad", "1000000032", "acts for an establishment with four workers and a former one"),
    ("huda", "1000000040", "hosts a visitor from Yemen"),
    ("samir", "2000000063", "a resident who entered on the border number 4000000004"),
    ("raju", "2000000022", "a worker of that establishment"),
]
# This office is open every evening, weekends too, so that the demo has appointments today whenever
# it is started.
OFFICE = "al-rimal"
EVENING = {"opens": datetime.time(15), "closes": datetime.time(23, 45)}
# The staff: username, group, team.
STAFF = [
    ("officer", "officer", "residents"),
    ("officer2", "officer", "travel documents"),
    ("supervisor", "supervisor", ""),
    ("clerk", "clerk", ""),
    ("manager", "manager", ""),
    ("editor", "editor", ""),
    ("auditor", "auditor", ""),
]


class Command(BaseCommand):
    help = "Add the people of the demo and print who to sign in as. What is there already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000")

    def handle(self, *, url: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is not switched on: use `make run`.")
        call_command("import_identities", PEOPLE, stdout=StringIO())
        with transaction.atomic():
            for username, number, _who in USERS:
                self._add_user(username, number)
            devices = [self._add_staff(*staff) for staff in STAFF]
            for username in ("clerk", "manager"):
                colleague = User.objects.get(username=username)
                colleague.offices.set(Office.objects.filter(region__slug="riyadh"))
            OpeningWindow.objects.get_or_create(
                office=Office.objects.get(slug=OFFICE),
                **EVENING,
                defaults={"weekdays": Weekday.values},
            )
            self._renew_passwords()
        make_slots()
        self._print(url, devices[0])

    def _add_user(self, username: str, number: str) -> None:
        if not User.objects.filter(username=username).exists():
            identity = registry.lookup(number)
            User.objects.create_user(
                username,
                PASSWORD,
                identity=identity,
                mobile=identity.mobile,  # type: ignore[union-attr]  # imported just before
            )

    def _add_staff(self, username: str, group: str, team: str) -> TOTPDevice:
        device = TOTPDevice.objects.filter(user__username=username).first()
        return device or add_staff(username=username, password=PASSWORD, group=group, team=team)[0]

    def _renew_passwords(self) -> None:
        """Give their password again to people whose hash an older version made, and none reads."""
        names = [name for name, *_facts in (*USERS, *STAFF)]
        for user in User.objects.filter(username__in=names):
            try:
                identify_hasher(user.password)
            except ValueError:
                user.set_password(PASSWORD)
                user.save(update_fields=["password"])

    def _print(self, url: str, device: TOTPDevice) -> None:
        left = device.step - int(timezone.now().timestamp()) % device.step
        born = dict(User.objects.values_list("username", "identity__birth_date"))
        people = "\n".join(
            f"    {name:8}{number}  born {born[name]}  {who}" for name, number, who in USERS
        )
        staff = ", ".join(name for name, _group, _team in STAFF)
        self.stdout.write(
            f"""
  The portal:     {url}/ar/   {url}/en/
  Sign in with one of these, by name or by number, and the password {PASSWORD}
  (who books an appointment is asked for the date of birth)
{people}
  Open an account as 2000000030, born on 12 May 1988 (Gregorian)
  Their texts:    {url}/demo/phone/
  The staff site: {url}/ar/staff/
  Staff:          {staff}, with the same password
  Authenticator:  key {_base32(device)} of officer, code now {current_code(device)}
                  (for {left} seconds); everybody's code of the moment stands on
                  {url}/demo/phone/
"""
        )


def _base32(device: TOTPDevice) -> str:
    return base64.b32encode(device.bin_key).decode().rstrip("=")
