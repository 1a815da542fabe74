"""The people, sessions, slots and messages of the portal that the benchmark needs in its database.

They are written past the pages, which would ask each of them for a code; Django has to be set up.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.crypto import get_random_string

from appointments.actions import make_slots
from appointments.models import Office, OpeningWindow, Slot, Weekday
from core.accounts.models import Identity, IdentityNumber, Session, User
from core.accounts.sessions import SessionStore
from core.catalogue.models import Region
from core.search import searchable
from tests.conftest import signed_in_staff
from tests.factories import PASSWORD, of_role

REGION = "jazan"
_numbers = count(1)


@dataclass
class Person:
    user: User
    cookies: dict[str, str]


def people(number: int) -> Iterator[Person]:
    """Make so many residents, each signed in and verified in a session of their own."""
    first, password = next(_numbers) * 100_000, make_password(PASSWORD)
    arabic, latin = "محمد أسلم خان", "Mohammed Aslam Khan"
    identities = Identity.objects.bulk_create(
        Identity(
            name_ar=arabic, name_en=latin, search_text=searchable(arabic, latin),
            birth_date=datetime.date(1986, 3, 14), nationality="PK",
        )
        for _each in range(number)
    )  # fmt: skip
    IdentityNumber.objects.bulk_create(
        IdentityNumber(number=f"2{first + place:09}", identity=each)
        for place, each in enumerate(identities)
    )
    users = User.objects.bulk_create(
        User(
            username=f"person-{first + place}", password=password, identity=each,
            mobile=f"+9665{first + place:08}", language="ar",
        )
        for place, each in enumerate(identities)
    )  # fmt: skip
    rows = [_session_of(user) for user in users]
    Session.objects.bulk_create(rows)
    for user, row in zip(users, rows, strict=True):
        yield Person(user, {"sessionid": row.session_key})


def _session_of(user: User) -> Session:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "core.accounts.lockout.Backend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["data_verified"] = True
    store.begin(is_staff=False)
    store._session_key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
    return store.create_model_instance(dict(store.items()))


def officer() -> dict[str, str]:
    """Make an officer who has signed in with an app; return the cookies."""
    browser = signed_in_staff(of_role("officer"))
    return {"sessionid": str(browser.session.session_key)}


def slots(capacity: int) -> list[Slot]:
    """Make an office whose times take so many each; return those of one day, a week ahead."""
    office = Office.objects.create(
        slug=f"bench-{capacity}", region=Region.objects.get(slug=REGION),
        name_ar="مكتب القياس", name_en="Benchmark", city_ar="جازان", city_en="Jazan",
        short_name_ar="مكتب القياس، جازان", short_name_en="Benchmark, Jazan",
    )  # fmt: skip
    window = OpeningWindow.objects.create(
        office=office, weekdays=Weekday.values, capacity=capacity,
        opens=datetime.time(8), closes=datetime.time(15),
    )  # fmt: skip
    make_slots(OpeningWindow.objects.filter(pk=window.pk))
    week_ahead = timezone.localdate() + datetime.timedelta(days=7)
    return list(Slot.objects.filter(office=office, day=week_ahead, is_closed=False))
