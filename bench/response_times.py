"""Compare the response times of pages for people who exist and for people who do not.

    TAWASUL_DEMO=1 .venv/bin/python bench/response_times.py

It prints the medians of one run and their ratio, and starts a PostgreSQL server for itself.
Passwords are hashed as in production, which takes most of the time of a sign-in; the other pages
differ by single queries, so their ratio says more.
"""

import datetime
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.database import throw_away_postgres

if TYPE_CHECKING:
    from django.test import Client

SAMPLES = 200  # of each kind
PEOPLE = 20
BORN = datetime.date(1986, 3, 14)
BIRTH_DATE_FIELDS = {
    "born_calendar": "gregorian",
    "born_day": "14",
    "born_month": "3",
    "born_year": "1986",
}
UNKNOWN_PEOPLE = range(900, 900 + PEOPLE)

# A callable that sends a prepared request and returns the response of the test client.
Send = Callable[[], Any]
Step = Callable[[int], Send]


def main() -> None:
    with django_on_temporary_postgres():
        # Models can only be imported now that there are settings.
        from django.test import Client

        pages = Pages(Client())
        pages.make_people()
        print(f"{'medians of ' + str(SAMPLES) + ' each':44} somebody   nobody    ratio")
        for name, prepare, somebody in pages.cases():
            existing, missing = pages.measure(prepare, somebody)
            ratio = existing / missing
            print(f"{name:44} {existing:7.2f} ms {missing:5.2f} ms {ratio:7.3f}", flush=True)


@contextmanager
def django_on_temporary_postgres() -> Iterator[None]:
    with throw_away_postgres() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tawasul.settings"}
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        settings.WHITENOISE_AUTOREFRESH = True  # otherwise it reads the whole static folder first
        logging.disable(logging.WARNING)
        call_command("migrate", verbosity=0)
        yield


class Pages:
    """The pages that must not reveal whether a person exists, each time with a new browser."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    def make_people(self) -> None:
        """Create PEOPLE of each kind: people who may register, account holders, and minors."""
        from django.contrib.auth.hashers import make_password

        from core.accounts.models import Identity, IdentityNumber, User

        password = make_password("a-Long-enough-one-26")
        for place in range(3 * PEOPLE):
            is_minor = place >= 2 * PEOPLE
            identity = Identity.objects.create(
                name_ar="محمد أسلم خان",
                name_en="Mohammed Aslam Khan",
                birth_date=datetime.date(2024, 3, 14) if is_minor else BORN,
                nationality="PK",
                mobile=f"+9665{place:08}",
            )
            IdentityNumber.objects.create(identity=identity, number=number(place))
            if PEOPLE <= place < 2 * PEOPLE:
                User.objects.create(
                    username=username(place),
                    password=password,
                    identity=identity,
                    mobile=identity.mobile,
                )

    def cases(self) -> list[tuple[str, Step, range]]:
        may_register, have_accounts, minors = (
            range(start, start + PEOPLE) for start in (0, PEOPLE, 2 * PEOPLE)
        )
        return [
            ("sign-in with a wrong password, by username", self.sign_in, have_accounts),
            (
                "sign-in with a wrong password, by number",
                partial(self.sign_in, name=number),
                have_accounts,
            ),
            ("registration, who may", self.register, may_register),
            ("registration, who has an account", self.register, have_accounts),
            (
                "registration, who is a minor",
                partial(self.register, born={**BIRTH_DATE_FIELDS, "born_year": "2024"}),
                minors,
            ),
            ("reset, by username", self.reset, have_accounts),
            ("reset, by number", partial(self.reset, name=number), have_accounts),
            ("resend in a registration", partial(self.resend, self.register), may_register),
            ("resend in a reset", partial(self.resend, self.reset), have_accounts),
        ]

    def measure(self, prepare: Step, somebody: range) -> tuple[float, float]:
        """Return the median times of `prepare`, in ms, for `somebody` and for UNKNOWN_PEOPLE."""
        durations: dict[range, list[float]] = {somebody: [], UNKNOWN_PEOPLE: []}
        for turn in range(-PEOPLE, SAMPLES):
            # The second request finds the caches warm, so each group goes second half of the time.
            for people in (somebody, UNKNOWN_PEOPLE) if turn % 2 else (UNKNOWN_PEOPLE, somebody):
                self.client.cookies.clear()
                self.reset_rate_limits()
                post = prepare(people[turn % PEOPLE])
                start = time.perf_counter()
                response = post()
                passed = time.perf_counter() - start
                assert response.status_code in (200, 302), response.status_code
                if turn >= 0:  # the first round only warms up
                    durations[people].append(passed * 1000)
        return median(durations[somebody]), median(durations[UNKNOWN_PEOPLE])

    def reset_rate_limits(self) -> None:
        from axes.models import AccessAttempt
        from django.db.models import F
        from django.utils import timezone

        from core.accounts.models import OneTimeCode

        two_hours = datetime.timedelta(hours=2)
        OneTimeCode.objects.filter(created_at__gt=timezone.now() - two_hours).update(
            created_at=F("created_at") - two_hours
        )
        AccessAttempt.objects.all().delete()

    # Each of these methods prepares a request and returns a callable that sends it, to be measured.

    def sign_in(self, place: int, name: Callable[[int], str] | None = None) -> Send:
        login = (name or username)(place)
        form = {"login": login, "password": "a-wrong-one"}
        return partial(self.client.post, "/en/account/sign-in/", form)

    def register(self, place: int, born: dict[str, str] = BIRTH_DATE_FIELDS) -> Send:
        form = {"number": number(place), "doubted": number(place), **born, **picture()}
        return partial(self.client.post, "/en/account/register/", form)

    def reset(self, place: int, name: Callable[[int], str] | None = None) -> Send:
        login = (name or username)(place)
        form = {"login": login, "doubted": login, **picture()}
        return partial(self.client.post, "/en/account/password/reset/", form)

    def resend(self, prepare: Step, place: int) -> Send:
        """Prepare a request for another code, after a first one."""
        code_page = prepare(place)().url
        self.reset_rate_limits()
        return partial(self.client.post, f"{code_page}resend/")


def number(place: int) -> str:
    return f"2{place:09}"


def username(place: int) -> str:
    return f"person-{place}"


def picture() -> dict[str, str]:
    from captcha.models import CaptchaStore

    drawn = CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())
    return {"picture_key": drawn.hashkey, "picture": drawn.response}


if __name__ == "__main__":
    main()
