"""What is measured on the peers."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import randrange
from urllib.parse import urlencode

from bench.load import Answer, Browser, answers, form_on, form_request
from bench.sites import Site
from bench.steps import (
    AT_ONE_FORM,
    DESCRIPTION,
    PLACES,
    Step,
    answered,
    pages,
    picture,
)

CLIENTS = 2_000
_MAKE_QUEUE = """
from helpdesk.models import Queue
Queue.objects.create(title="Public", slug="public", allow_public_submission=True)
"""


class Helpdesk:
    """django-helpdesk: a visitor files a ticket with a picture."""

    def __init__(self, site: Site) -> None:
        site.command("-m", "django", "shell", "--no-imports", "-c", _MAKE_QUEUE)
        self._site = site
        self._pool = ThreadPoolExecutor(AT_ONE_FORM)

    def steps(self) -> dict[str, Step]:
        return {
            "form": Step(self.form, 60, "form"),
            "filing": Step(self.filing, 30, "filing"),
        }

    def form(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/tickets/submit/", [{}], count)

    def filing(self, count: int) -> list[list[Answer]]:
        return list(self._pool.map(self._file, range(count)))

    def _file(self, _number: int) -> list[Answer]:
        browser = Browser(self._site.port)
        typed = form_on(browser.get("/tickets/submit/"), "multipart")
        typed |= {"queue": "1", "title": "A fee is missing", "body": DESCRIPTION}
        typed["submitter_email"] = "resident@example.org"
        filed = browser.send("", typed, ("attachment", picture(randrange(60_000))))
        browser.close()
        answered([filed], 302)
        return browser.asked


class Appointments:
    """django-appointment: a client who is signed in books a time with one of ten clerks."""

    def __init__(self, site: Site, booked: Callable[[], int]) -> None:
        """`booked` counts the appointments there are."""
        make = f"from bench.peers.appointment_data import make; make({CLIENTS})"
        made = site.command("-m", "django", "shell", "--no-imports", "-c", make).split()
        self._site = site
        self._clients = ({"sessionid": session} for session in made[-CLIENTS:])
        self._booked = booked
        self._pool = ThreadPoolExecutor(AT_ONE_FORM)
        self._times = _times()
        # How many were led on to a place in each rush for ten.
        self.sold: list[int] = []

    def steps(self) -> dict[str, Step]:
        return {
            "form": Step(self.form, 60, "form"),
            "booking": Step(self.booking, 12, "hold"),
            "rush of 50": Step(self.rush, 50, "rush of 50", counted=50),
        }

    def form(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/request/1/", [next(self._clients)], count)

    def booking(self, count: int) -> list[list[Answer]]:
        wanted = [(next(self._clients), next(self._times)) for _each in range(count)]
        return list(self._pool.map(self._book, *zip(*wanted, strict=True)))

    def rush(self, count: int) -> list[list[Answer]]:
        """Let people ask at once for one time of ten clerks, each having chosen one before."""
        at, wanted = next(self._times), []
        for place in range(count):
            browser = Browser(self._site.port, next(self._clients))
            chosen = self._choose(browser, at, clerk=place % PLACES + 1)
            to = chosen.header("location")
            wanted.append(form_request(to, browser.cookies, _typed()))
            browser.close()
        before = self._booked()
        got = answers(self._site.port, wanted, count)
        self.sold.append(self._booked() - before)
        return answered(got, 200, 302)

    def _book(self, cookies: dict[str, str], at: tuple[date, str, str]) -> list[Answer]:
        browser = Browser(self._site.port, cookies)
        browser.get("/request/1/")
        browser.fetch("/ajax/request_staff_info/?staff_member=1")
        asked = urlencode({"selected_date": at[0], "staff_member": 1, "service_id": 1})
        browser.fetch(f"/ajax/available_slots/?{asked}")
        page = browser.follow(self._choose(browser, at, clerk=1))
        booked = browser.send("", form_on(page, "djappt-client-form") | _typed())
        browser.close()
        answered([booked], 302)
        return browser.asked

    def _choose(self, browser: Browser, at: tuple[date, str, str], clerk: int) -> Answer:
        day, begins, ends = at
        chosen = {"date": str(day), "start_time": begins, "end_time": ends}
        return browser.send(
            "/request-submit/", {**chosen, "service": "1", "staff_member": str(clerk)}
        )


def _typed() -> dict[str, str]:
    return {
        "name": "A Client", "phone_0": "SA", "phone_1": "501234567", "address": "Riyadh",
        "additional_info": "", "payment_type": "full",
    }  # fmt: skip


def _times() -> Iterator[tuple[date, str, str]]:
    """Yield times that nobody has: a day, the start and the end."""
    for ahead in count(3):
        for hour in range(8, 15):
            for minute in (0, 15, 30):
                day = datetime.now(UTC).date() + timedelta(days=ahead)
                yield day, f"{hour:02}:{minute:02}:00", f"{hour:02}:{minute + 15:02}:00"
