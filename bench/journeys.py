"""What is measured: pages and journeys of the floor and of the portal.

Each returns, for every page or journey, the answers it took. They raise ValueError when one went
another way than it should.
"""

import html
import io
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from PIL import Image

from bench.load import Answer, Browser, answers, form_on, form_request, request
from bench.sites import Site

AT_ONCE, AT_ONE_FORM, AT_ONE_SLOT = 4, 2, 16
PLACES = 10
SERVICE = "resident-services"
_T = TypeVar("_T")


def picture(number: int) -> bytes:
    """Return a JPEG of about 20 KB that no other number has."""
    noise = Image.effect_noise((300, 200), 60).convert("RGB")
    noise.putpixel((number % 300, number // 300 % 200), (255, 0, 0))
    output = io.BytesIO()
    noise.save(output, "JPEG", quality=45)
    return output.getvalue()


def answered(got: list[Answer], *statuses: int) -> list[list[Answer]]:
    """Return each answer as a journey of its own. ValueError if one has another status."""
    for each in got:
        if each.status not in statuses:
            raise ValueError(f"{each.status} {each.page[:2000]}")
    return [[each] for each in got]


def pages(site: Site, path: str, cookies: list[dict[str, str]], count: int) -> list[list[Answer]]:
    """Open a page so often, as those with these cookies in turn."""
    wanted = [request("GET", path, cookies[turn % len(cookies)]) for turn in range(count)]
    return answered(answers(site.port, wanted, AT_ONCE), 200)


def sold(got: list[Answer]) -> int:
    return sum(each.status == 302 for each in got)


class Floor:
    """The journeys of `bench.floor`."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def constant(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/", [{}], count)

    def form(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/new/", [{}], count)

    def filing(self, count: int) -> list[list[Answer]]:
        fields = {"name": "Mohammed Aslam Khan", "id_number": "2000000006", "description": TEXT}
        wanted = [
            form_request("/new/", {}, fields, ("document", picture(turn))) for turn in range(count)
        ]
        return answered(answers(self.site.port, wanted, AT_ONCE), 302)

    def hold(self, count: int) -> list[list[Answer]]:
        return answered(answers(self.site.port, self._holds("1", count), AT_ONE_SLOT), 302)

    def rush(self, slot: str, count: int) -> list[list[Answer]]:
        got = answers(self.site.port, self._holds(slot, count), count)
        if sold(got) != PLACES:
            raise ValueError(f"{sold(got)} of {PLACES} places were sold on the floor")
        return answered(got, 200, 302)

    def _holds(self, slot: str, count: int) -> list[bytes]:
        people = [f"2{person:09}" for person in range(count)]
        return [form_request(f"/slots/{slot}/", {}, {"person": person}) for person in people]


TEXT = "I renewed my iqama three weeks ago and the fee I paid is still shown as missing."


@dataclass
class Portal:
    """The journeys of the portal; each takes people that nobody was before."""

    site: Site
    visitors: list[dict[str, str]]
    officer: dict[str, str]
    people: Iterator  # of bench.people.Person
    hot_slot: object  # appointments.models.Slot
    rush_slots: Iterator
    pool: ThreadPoolExecutor

    def home(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/ar/", [{}], count)

    def service(self, count: int) -> list[list[Answer]]:
        return pages(self.site, f"/ar/services/{SERVICE}/", [{}], count)

    def filing_form(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/ar/inquiries/new/", self.visitors, count)

    def booking_form(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/ar/appointments/new/", self.visitors, count)

    def my_page(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/ar/my/", self.visitors, count)

    def queue(self, count: int) -> list[list[Answer]]:
        return pages(self.site, "/ar/staff/requests_app/inquiry/", [self.officer], count)

    def sign_in(self, count: int) -> list[list[Answer]]:
        return self._each(self._sign_in, count)

    def filing(self, count: int) -> list[list[Answer]]:
        return self._each(self._file, count)

    def booking(self, count: int) -> list[list[Answer]]:
        return self._each(self._book, count)

    def hold(self, count: int) -> list[list[Answer]]:
        wanted = self._holds(self.hot_slot, count)
        return answered(answers(self.site.port, wanted, AT_ONE_SLOT), 302)

    def rush(self, count: int) -> list[list[Answer]]:
        slot = next(self.rush_slots)
        got = answers(self.site.port, self._holds(slot, count), count)
        booked = slot.appointments.count()
        if not sold(got) == booked == PLACES:
            raise ValueError(f"{booked} of {PLACES} places were sold, {sold(got)} led on")
        return answered(got, 200, 302)

    def _each(self, journey: Callable[[Browser, object], None], count: int) -> list[list[Answer]]:
        """Let so many people go this way, some at once."""

        def go(person: object) -> list[Answer]:
            browser = Browser(self.site.port, dict(person.cookies))  # type: ignore[attr-defined]
            journey(browser, person)
            browser.close()
            return browser.asked

        return list(self.pool.map(go, [next(self.people) for _each in range(count)]))

    def _holds(self, slot: object, count: int) -> list[bytes]:
        from bench.people import REGION

        wanted = []
        for _each in range(count):
            person = next(self.people)
            criteria = {
                "attendee": person.user.identity_id, "service": SERVICE, "region": REGION,
                "operations": 1, "office": slot.office.slug, "day": slot.day,  # type: ignore[attr-defined]
            }  # fmt: skip
            fields = {"idempotency_key": str(uuid4()), "slot": str(slot.pk)}  # type: ignore[attr-defined]
            path = f"/ar/appointments/new/time/?{urlencode(criteria)}"
            wanted.append(form_request(path, person.cookies, fields))
        return wanted

    def _sign_in(self, browser: Browser, person: object) -> None:
        from tests.factories import PASSWORD

        user = person.user  # type: ignore[attr-defined]
        browser.cookies = {}
        typed = form_on(browser.get("/ar/account/sign-in/"), 'id="typed"')
        typed |= {"login": user.username, "password": PASSWORD}
        typed = form_on(browser.follow(browser.send("", typed)), 'id="typed"')
        typed["code"] = code_of(user, "sign_in")
        browser.follow(browser.send("", typed))

    def _file(self, browser: Browser, person: object) -> None:
        from requests_app.purposes import FILE

        typed = form_on(browser.get("/ar/inquiries/new/"), 'id="typed"')
        page = browser.follow(browser.send("", {**typed, "service": SERVICE}))
        typed = form_on(page, 'id="typed"')
        page = browser.follow(browser.send("", {**typed, "description": TEXT}))
        sent = ("files", picture(random.randrange(60_000)))
        page = browser.follow(browser.send("", form_on(page, "multipart"), sent))
        page = browser.get("../review/")
        page = browser.follow(browser.send("", form_on(page, 'action="[^"]*review/"')))
        typed = form_on(page, 'id="typed"')
        typed["code"] = code_of(person.user, FILE)  # type: ignore[attr-defined]
        browser.follow(browser.send("", typed))

    def _book(self, browser: Browser, person: object) -> None:
        typed = form_on(browser.get("/ar/appointments/new/"), 'id="typed"')
        typed |= {"service": SERVICE, "region": "riyadh"}
        page = browser.follow(browser.get(f"?{urlencode(typed)}"))
        page = browser.get(random.choice(links(page, "office=")))
        page = browser.get(random.choice(links(page, "day=")[3:]))
        typed = form_on(page, 'id="typed"')
        typed["slot"] = random.choice(re.findall(r'name="slot" value="(\d+)"', page.page))
        page = browser.follow(browser.send("", typed))
        action = r'action="([^"]*/confirm/)"'
        path = re.search(action, page.page)[1]  # type: ignore[index]  # it is there
        browser.follow(browser.send(path, form_on(page, action)))


def code_of(user: object, purpose: str) -> str:
    from tests.factories import code_sent_to

    return code_sent_to(user, purpose)


def links(page: Answer, part: str) -> list[str]:
    """Return the links in the main part of the page whose address has this part."""
    inside = page.page.partition("<main")[2]
    return [html.unescape(link) for link in re.findall(rf'href="([^"]*{part}[^"]*)"', inside)]
