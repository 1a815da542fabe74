import base64
import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from tawasul.accounts.models import Identity, IdentityNumber, Link, User
from tawasul.portal.actions import add_officer
from tawasul.portal.demo import current_code

PASSWORD = "demo-Tawasul-26"  # noqa: S105

# number, names, birth date, nationality, mobile
PEOPLE = [
    ("2000000006", "محمد أسلم خان", "Mohammed Aslam Khan", (1986, 3, 14), "PK", "+966500000001"),
    ("2000000014", "عائشة أسلم خان", "Ayesha Aslam Khan", (2015, 9, 2), "PK", ""),
    (
        "1000000008",
        "نورة سعد القحطاني",
        "Noura Alqahtani",
        (1991, 7, 30),
        "SA",
        "+966500000002",
    ),
]
USERS = [
    ("aslam", "2000000006", "+966500000001"),
    ("noura", "1000000008", "+966500000002"),
]
OFFICERS = ["officer", "officer2"]


class Command(BaseCommand):
    help = "Add the people of the demo and print who to sign in as. What is there already stays."

    def add_arguments(self, parser):
        parser.add_argument("--url", default="http://127.0.0.1:8000")

    def handle(self, *, url, **options):
        if not settings.DEMO:
            raise CommandError("The demo is not switched on: use `make run`.")
        with transaction.atomic():
            people = {row[0]: self._person(*row) for row in PEOPLE}
            self._link(people["2000000006"], people["2000000014"])
            for username, number, mobile in USERS:
                self._user(username, identity=people[number], mobile=mobile)
            officers = [self._officer(username) for username in OFFICERS]
        self._print(url, officers)

    def _person(self, number, name_ar, name_en, born, nationality, mobile):
        known = IdentityNumber.objects.filter(number=number).select_related("identity").first()
        if known:
            return known.identity
        identity = Identity.objects.create(
            name_ar=name_ar,
            name_en=name_en,
            birth_date=datetime.date(*born),
            nationality=nationality,
            mobile=mobile,
        )
        IdentityNumber.objects.create(number=number, identity=identity)
        return identity

    def _link(self, holder, person):
        Link.objects.get_or_create(
            holder=holder,
            person=person,
            kind=Link.Kind.GUARDIAN,
            since=datetime.date(2015, 9, 2),
        )

    def _user(self, username, **fields):
        user = User.objects.filter(username=username).first()
        return user or User.objects.create_user(username, PASSWORD, **fields)

    def _officer(self, username):
        device = TOTPDevice.objects.filter(user__username=username).first()
        return device or add_officer(username=username, password=PASSWORD)[0]

    def _print(self, url, officers):
        device = officers[0]
        left = device.step - int(timezone.now().timestamp()) % device.step
        self.stdout.write(
            f"""
  The portal:     {url}/ar/   {url}/en/
  A resident:     aslam or 2000000006, password {PASSWORD}
  A citizen:      noura or 1000000008, password {PASSWORD}
  Their texts:    {url}/demo/phone/
  The staff site: {url}/ar/staff/
  An officer:     {OFFICERS[0]} (or {OFFICERS[1]}), password {PASSWORD}
  Authenticator:  key {_base32(device)}, code now {current_code(device)} (for {left} seconds);
                  the code of the moment also stands on {url}/demo/phone/
"""
        )


def _base32(device):
    return base64.b32encode(device.bin_key).decode().rstrip("=")
