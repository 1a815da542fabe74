"""Compare the response times of pages for people who exist and for people who do not.

    TAWASUL_DEMO=1 .venv/bin/python bench/same_answers.py [--cpu]

It prints the medians of one run and their ratio, and fails where they differ by more than 5 %.
With --cpu it counts the processor's time for the web process in place of the time that passes, for
a machine that does other things as well. It starts a PostgreSQL server for itself.

Passwords are hashed as in production, which takes most of the time of a sign-in; the other pages
differ by single queries, so their ratio says more. That the bytes and the statements are the same
is shown by tests/core/accounts/test_account_enumeration.py.
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
    from django.db.models import QuerySet
    from django.test import Client

    from core.accounts.models import GuessCount

SAMPLES = 200  # of each kind
MAX_DIFFERENCE = 0.05
PEOPLE = 20
PASSWORD, WRONG = "a-Long-enough-one-26", "a-wrong-one"
BORN = datetime.date(1986, 3, 14)
BIRTH_DATE_FIELDS = {
    "born_calendar": "gregorian",
    "born_day": "14",
    "born_month": "3",
    "born_year": "1986",
}
ANOTHER_DAY = {**BIRTH_DATE_FIELDS, "born_day": "15"}
MAY_REGISTER, RESIDENTS, MINORS, STAFF = (
    range(start, start + PEOPLE) for start in range(0, 4 * PEOPLE, PEOPLE)
)
UNKNOWN_PEOPLE = range(900, 900 + PEOPLE)

# A callable that sends a prepared request and returns the response of the test client.
Send = Callable[[], Any]
Step = Callable[[int], Send]


def main() -> None:
    with django_on_temporary_postgres():
        # Models can only be imported now that there are settings.
        from django.test import Client

        pages = Pages(Client(), time.process_time if "--cpu" in sys.argv else time.perf_counter)
        pages.make_people()
        print(f"{'medians of ' + str(SAMPLES) + ' each':52} somebody   nobody    ratio")
        different = []
        for name, prepare, somebody in pages.cases():
            existing, missing = pages.measure(prepare, somebody)
            ratio = existing / missing
            print(f"{name:52} {existing:7.2f} ms {missing:5.2f} ms {ratio:7.3f}", flush=True)
            if abs(ratio - 1) > MAX_DIFFERENCE:
                different.append(name)
    if different:
        sys.exit(f"These differ by more than {MAX_DIFFERENCE:.0%}: {'; '.join(different)}")


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

    def __init__(self, client: "Client", clock: Callable[[], float]) -> None:
        self.client = client
        self.clock = clock

    def make_people(self) -> None:
        """Create PEOPLE of each kind, each with a current and a former number."""
        from django.contrib.auth.hashers import make_password

        from core.accounts.models import Identity, IdentityNumber, User

        password = make_password(PASSWORD)
        for place in range(4 * PEOPLE):
            identity = Identity.objects.create(
                name_ar="محمد أسلم خان",
                name_en="Mohammed Aslam Khan",
                birth_date=datetime.date(2024, 3, 14) if place in MINORS else BORN,
                nationality="PK",
                mobile=f"+9665{place:08}",
            )
            IdentityNumber.objects.create(identity=identity, number=number(place))
            former = {"number": former_number(place), "is_current": False}
            IdentityNumber.objects.create(identity=identity, **former)
            if place in RESIDENTS or place in STAFF:
                User.objects.create(
                    username=username(place),
                    password=password,
                    identity=identity,
                    mobile=identity.mobile,
                    is_staff=place in STAFF,
                )

    def cases(self) -> list[tuple[str, Step, range]]:
        a_year = {**BIRTH_DATE_FIELDS, "born_year": "2024"}
        as_resident = partial(self.sign_in_as_staff, password=PASSWORD)
        by_number, by_former_number = (
            (partial(self.sign_in, name=name), partial(self.reset, name=name))
            for name in (number, former_number)
        )
        return [
            ("sign-in, wrong password, by username", self.sign_in, RESIDENTS),
            ("sign-in, wrong password, by number", by_number[0], RESIDENTS),
            ("sign-in, wrong password, by former number", by_former_number[0], RESIDENTS),
            ("sign-in, right password of a refused account", self.sign_in_refused, RESIDENTS),
            ("sign-in, paused account", self.sign_in_paused, RESIDENTS),
            ("sign-in, hundredth in a row", self.sign_in_hundredth, RESIDENTS),
            ("staff site, wrong password", self.sign_in_as_staff, STAFF),
            ("staff site, right password of a resident", as_resident, RESIDENTS),
            ("registration, who may", self.register, MAY_REGISTER),
            (
                "registration, wrong birth date",
                partial(self.register, born=ANOTHER_DAY),
                MAY_REGISTER,
            ),
            ("registration, who has an account", self.register, RESIDENTS),
            ("registration, who is a minor", partial(self.register, born=a_year), MINORS),
            ("reset, by username", self.reset, RESIDENTS),
            ("reset, by number", by_number[1], RESIDENTS),
            ("reset, by former number", by_former_number[1], RESIDENTS),
            ("reset, wrong birth date", partial(self.reset, born=ANOTHER_DAY), RESIDENTS),
            ("a lost mobile, who has an account", self.recover, RESIDENTS),
            ("a lost mobile, who has no account", self.recover, MAY_REGISTER),
            ("objection, by username", self.object_to_recovery, RESIDENTS),
            ("resend in a registration", partial(self.resend, self.register), MAY_REGISTER),
            ("resend in a reset", partial(self.resend, self.reset), RESIDENTS),
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
                start = self.clock()
                response = post()
                passed = self.clock() - start
                assert response.status_code in (200, 302, 429), response.status_code
                if turn >= 0:  # the first round only warms up
                    durations[people].append(passed * 1000)
        return median(durations[somebody]), median(durations[UNKNOWN_PEOPLE])

    def reset_rate_limits(self) -> None:
        from django.db.models import F
        from django.utils import timezone

        from core.accounts.models import GuessCount, OneTimeCode

        two_hours = datetime.timedelta(hours=2)
        OneTimeCode.objects.filter(created_at__gt=timezone.now() - two_hours).update(
            created_at=F("created_at") - two_hours
        )
        GuessCount.objects.all().delete()

    # Each of these methods prepares a request and returns a callable that sends it, to be measured.

    def sign_in(
        self,
        place: int,
        name: Callable[[int], str] | None = None,
        password: str = WRONG,
        address: str = "/en/account/sign-in/",
    ) -> Send:
        form = {"login": (name or username)(place), "password": password}
        return partial(self.client.post, address, form)

    def sign_in_as_staff(self, place: int, password: str = WRONG) -> Send:
        return self.sign_in(place, password=password, address="/en/staff/login/")

    def sign_in_refused(self, place: int) -> Send:
        """Prepare the right password of an account in a refusal, which nobody is in."""
        from django.utils import timezone

        self.sign_in(place)()
        if place in RESIDENTS:
            tomorrow = timezone.now() + datetime.timedelta(days=1)
            self.rows().update(refused_until=tomorrow)
        return self.sign_in(place, password=PASSWORD)

    def sign_in_paused(self, place: int) -> Send:
        self.sign_in(place)()
        self.rows().update(wrong=10)
        return self.sign_in(place)

    def sign_in_hundredth(self, place: int) -> Send:
        """Prepare the guess at which the owner is warned."""
        self.sign_in(place)()
        self.rows().update(in_a_row=99)
        return self.sign_in(place)

    def rows(self) -> "QuerySet[GuessCount]":
        """Return the count of the account or login that was guessed at last."""
        from core.accounts.models import GuessCount

        return GuessCount.objects.filter(in_a_row__gt=0)

    def register(self, place: int, born: dict[str, str] = BIRTH_DATE_FIELDS) -> Send:
        form = {"number": number(place), "doubted": number(place), **born, **picture()}
        return partial(self.client.post, "/en/account/register/", form)

    def reset(
        self,
        place: int,
        name: Callable[[int], str] | None = None,
        born: dict[str, str] = BIRTH_DATE_FIELDS,
    ) -> Send:
        login = (name or username)(place)
        form = {"login": login, "doubted": login, **born, **picture()}
        return partial(self.client.post, "/en/account/password/reset/", form)

    def recover(self, place: int) -> Send:
        form = {"number": number(place), "doubted": number(place), **BIRTH_DATE_FIELDS, **picture()}
        return partial(self.client.post, "/en/account/recover/", form)

    def object_to_recovery(self, place: int) -> Send:
        form = {"login": username(place), "password": WRONG, **picture()}
        return partial(self.client.post, "/en/account/objection/", form)

    def resend(self, prepare: Step, place: int) -> Send:
        """Prepare a request for another code, after a first one."""
        code_page = prepare(place)().url
        self.reset_rate_limits()
        return partial(self.client.post, f"{code_page}resend/", picture())


def number(place: int) -> str:
    return f"2{place:09}"


def former_number(place: int) -> str:
    return f"3{place:09}"


def username(place: int) -> str:
    return f"person-{place}"


def picture() -> dict[str, str]:
    from captcha.models import CaptchaStore

    drawn = CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())
    return {"picture_key": drawn.hashkey, "picture": drawn.response}


if __name__ == "__main__":
    main()
