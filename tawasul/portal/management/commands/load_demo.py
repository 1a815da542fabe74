import base64
import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from appointments.actions import make_slots
from appointments.models import Office, OpeningWindow, Weekday
from core.accounts import registry
from core.accounts.models import User
from tawasul.portal.actions import add_staff, enrol
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
# This office is open around the clock, weekends too, so that the demo has appointments today
# whenever it is started: those who have come before, and those to come.
OFFICE = "al-rimal"
AROUND_THE_CLOCK = {"opens": datetime.time(6), "closes": datetime.time(5, 30)}
SLOT_MINUTES = 30
# The staff: username, role.
STAFF = [
    ("officer", "officer"),
    ("officer2", "officer"),
    ("supervisor", "supervisor"),
    ("clerk", "clerk"),
    ("manager", "manager"),
    ("editor", "editor"),
    ("auditor", "auditor"),
    ("keeper", "keeper"),
]
# These two work at the offices of Riyadh.
AT_OFFICES = ("clerk", "manager")


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
            OpeningWindow.objects.get_or_create(
                office=Office.objects.get(slug=OFFICE),
                **AROUND_THE_CLOCK,
                defaults={"weekdays": Weekday.values, "slot_minutes": SLOT_MINUTES},
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

    def _add_staff(self, username: str, role: str) -> TOTPDevice:
        device = TOTPDevice.objects.filter(user__username=username).first()
        if device is not None:
            return device
        offices = Office.objects.filter(region__slug="riyadh") if username in AT_OFFICES else ()
        member, _code = add_staff(actor=None, username=username, roles=[role], offices=offices)
        key = default_key()
        code = current_code(TOTPDevice(key=key))
        hashed = make_password(PASSWORD)
        enrol(enrolment=member.enrolment, password_hash=hashed, key=key, code=code)
        # The code of the moment is good for signing in as well.
        TOTPDevice.objects.filter(user=member).update(last_t=-1)
        return TOTPDevice.objects.get(user=member)

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
        staff = ", ".join(name for name, _role in STAFF)
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
