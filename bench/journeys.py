"""What is measured on the portal; Django has to be set up.

A journey takes a person whom nobody was before. It raises ValueError when it went another way than
it should.
"""

import html
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from urllib.parse import urlencode
from uuid import uuid4

from appointments.models import Slot
from bench.load import Answer, Browser, answers, form_on, form_request
from bench.people import REGION, Person, officer, people, slots
from bench.sites import Site
from bench.steps import (
    AT_ONE_FORM,
    AT_ONE_SLOT,
    DESCRIPTION,
    PLACES,
    Step,
    answered,
    pages,
    picture,
    rushed,
)
from requests_app.purposes import FILE
from tests.factories import PASSWORD, code_sent_to

SERVICE = "resident-services"
FORM = 'id="typed"'


class Portal:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._hot_slot, self._rush_slots = slots(30_000)[0], iter(slots(PLACES))
        self._visitors = [each.cookies for each in people(8)]
        self._officer = officer()
        self._people = chain.from_iterable(map(people, repeat(500)))
        self._pool = ThreadPoolExecutor(AT_ONE_FORM)

    def steps(self) -> dict[str, Step]:
        return {
            "home": Step(self.home, 120, "constant page"),
            "service": Step(self.service, 80, "constant page"),
            "sign-in": Step(self.sign_in, 8, "form"),
            "filing form": Step(self.filing_form, 60, "form"),
            "booking form": Step(self.booking_form, 60, "form"),
            "filing": Step(self.filing, 8, "filing"),
            "booking": Step(self.booking, 8, "hold"),
            "hold": Step(self.hold, 64, "hold", counted=32),
            "rush of 50": Step(self.rush, 50, "rush of 50", counted=50),
            "rush of 150": Step(self.rush, 150, "rush of 150", counted=150),
            "my page": Step(self.my_page, 40, "form"),
            "queue": Step(self.queue, 30, "form"),
        }

    def home(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/ar/", [{}], count)

    def service(self, count: int) -> list[list[Answer]]:
        return pages(self._site, f"/ar/services/{SERVICE}/", [{}], count)

    def filing_form(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/ar/inquiries/new/", self._visitors, count)

    def booking_form(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/ar/appointments/new/", self._visitors, count)

    def my_page(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/ar/my/", self._visitors, count)

    def queue(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/ar/staff/requests_app/inquiry/", [self._officer], count)

    def sign_in(self, count: int) -> list[list[Answer]]:
        """Sign in with a password and a texted code; the page that follows counts as well."""
        return self._each(self._sign_in, count)

    def filing(self, count: int) -> list[list[Answer]]:
        """File an inquiry: each of the five steps is opened and sent once."""
        return self._each(self._file, count)

    def booking(self, count: int) -> list[list[Answer]]:
        """Book an appointment, from the first form until it is confirmed."""
        return self._each(self._book, count)

    def hold(self, count: int) -> list[list[Answer]]:
        wanted = list(self._holds(self._hot_slot, count))
        return answered(answers(self._site.port, wanted, AT_ONE_SLOT), 302)

    def rush(self, count: int) -> list[list[Answer]]:
        slot = next(self._rush_slots)
        return rushed(self._site, self._holds(slot, count), slot.appointments.live().count)

    def _each(self, way: Callable[[Browser, Person], None], count: int) -> list[list[Answer]]:
        def go(person: Person) -> list[Answer]:
            browser = Browser(self._site.port, dict(person.cookies))
            way(browser, person)
            browser.close()
            return browser.asked

        return list(self._pool.map(go, [next(self._people) for _each in range(count)]))

    def _holds(self, slot: Slot, count: int) -> Iterator[bytes]:
        for _each in range(count):
            person = next(self._people)
            criteria = {
                "attendee": person.user.identity_id, "service": SERVICE, "region": REGION,
                "operations": 1, "office": slot.office.slug, "day": slot.day,
            }  # fmt: skip
            path = f"/ar/appointments/new/time/?{urlencode(criteria)}"
            typed = {"idempotency_key": str(uuid4()), "slot": str(slot.pk)}
            yield form_request(path, person.cookies, typed)

    def _sign_in(self, browser: Browser, person: Person) -> None:
        browser.cookies = {}
        typed = form_on(browser.get("/ar/account/sign-in/"), FORM)
        typed |= {"login": person.user.username, "password": PASSWORD}
        typed = form_on(browser.follow(browser.send("", typed)), FORM)
        typed["code"] = code_sent_to(person.user, "sign_in")
        browser.follow(browser.send("", typed))

    def _file(self, browser: Browser, person: Person) -> None:
        typed = form_on(browser.get("/ar/inquiries/new/"), FORM)
        page = browser.follow(browser.send("", {**typed, "service": SERVICE}))
        typed = {**form_on(page, FORM), "description": DESCRIPTION}
        page = browser.follow(browser.send("", typed))
        document = ("files", picture(random.randrange(60_000)))
        kind = form_on(page, "multipart")  # the first of them: each kind of document has its own
        browser.send("", kind, document)
        page = browser.get("../review/")
        page = browser.follow(browser.send("", form_on(page, 'action="[^"]*/review/"')))
        typed = {**form_on(page, FORM), "code": code_sent_to(person.user, FILE)}
        filed = browser.send("", typed)
        if "/receipt/" not in filed.header("location"):
            raise ValueError("the inquiry was not filed")

    def _book(self, browser: Browser, person: Person) -> None:
        page = browser.get("/ar/appointments/new/")
        (leads_to,) = re.findall(r'<form method="get" action="([^"]*)"', page.page)
        typed = {**form_on(page, FORM), "service": SERVICE, "region": "riyadh"}
        page = browser.get(f"{leads_to}?{urlencode(typed)}")
        page = browser.get(random.choice(links(page, "office=")))
        page = browser.get(random.choice(links(page, "day=")[3:]))
        times = re.findall(r'name="slot" value="(\d+)"', page.page)
        typed = {**form_on(page, FORM), "slot": random.choice(times)}
        page = browser.follow(browser.send("", typed))
        confirm = f"{browser.path}confirm/"
        booked = browser.send(confirm, form_on(page, f'action="{confirm}"'))
        if booked.status != 302:
            raise ValueError("the appointment was not confirmed")


def links(page: Answer, part: str) -> list[str]:
    """Return the addresses with this part that the main part of the page links to."""
    inside = page.page.partition("<main")[2]
    return [html.unescape(link) for link in re.findall(rf'href="([^"]*{part}[^"]*)"', inside)]
