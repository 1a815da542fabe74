"""The paths that bench/flat.py measures: of the public, of the worker, and the lists of staff."""

import copy
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

from appointments.models import Office, OpeningWindow, Slot
from core.accounts.models import User
from core.catalogue.models import DocumentType, Region, Service
from core.messaging.actions.delivery import lease_due
from requests_app import actions
from tawasul.portal.chores import CHORES
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    NEW,
    OFFICES,
    TIMES,
    VERIFY,
    address,
    criteria_of,
    own_data,
    verified,
)
from tests.conftest import errors_on, picture_on, signed_in, signed_in_staff
from tests.copies import copies, documents_of, fields_of
from tests.worlds import undone

if TYPE_CHECKING:
    from bench.flat import Costs

SERVICES, OFFICES_OF_A_REGION = 20, 3
REGIONS = 13
MANY = 500  # inquiries, and appointments, of somebody with many
WORKERS = 300  # whom they employ
INQUIRIES, APPOINTMENTS = "/en/inquiries/", "/en/appointments/"
ACCOUNT, QUEUE = "/en/account/", "/en/staff/requests_app/inquiry/"


def reference_data() -> dict[str, list[int]]:
    """Make what the rows refer to, and return the keys."""
    kinds = [factories.document_type(f"document-{n}") for n in range(5)]
    services = factories.ServiceFactory.create_batch(SERVICES)
    for service in services:
        service.optional_documents.set(kinds)
    for number in range(REGIONS * OFFICES_OF_A_REGION):
        place = number // OFFICES_OF_A_REGION + 20
        region = places.region(f"region-{place}", f"SA-{place}", f"Region {place}")
        office = places.office(f"office-{number}", f"Office {number}", region=region)
        places.window(office=office, weekdays=list(range(7)), slot_minutes=60, capacity=24)
    factories.OfficerFactory.create_batch(10)

    def keys(rows: Any) -> list[int]:
        return list(rows.order_by("pk").values_list("pk", flat=True))

    return {
        "kinds": keys(DocumentType.objects.all()),
        "services": keys(Service.objects.all()),
        "regions": keys(Region.objects.all()),
        "offices": keys(Office.objects.all()),
        "windows": keys(OpeningWindow.objects.all()),
        "officers": keys(User.objects.all()),
    }


class Person:
    """Somebody with inquiries and appointments, in all states that have pages of their own."""

    def __init__(self, name: str, number: str, rows: int) -> None:
        self.name = name
        facts = {"username": name, "identity__number": number, "email": f"{name}@example.org"}
        user: Any = factories.UserFactory(**facts)
        self.user = user
        self.officer = User.objects.filter(is_staff=True).earliest("pk")
        self.service = Service.objects.earliest("pk")
        worker = factories.IdentityFactory()
        factories.link(user.identity, worker)
        self.draft = factories.draft(user, service=self.service)
        self.document = factories.attached(self.draft)
        of_user = {"applicant": user, "service": self.service}
        self.filed = factories.claimed(self.officer, **of_user)
        self.returned = factories.claimed(self.officer, **of_user)
        factories.write(actions.send_back, self.returned, self.officer)
        slots = Slot.objects.filter(start__gt=timezone.now() + places.DAY).order_by("pk")
        self.confirmed = places.confirmed(user, service=self.service, slot=slots[0])
        self.held = places.held(user, service=Service.objects.all()[1], slot=slots[100])
        self.wish = places.wish(user, Service.objects.all()[2], region=slots[0].office.region)
        self.free = slots[200]
        if rows:
            self.add(rows, worker)

    def add(self, rows: int, worker: Any) -> None:
        """Add so many closed inquiries and past appointments, workers, devices and documents."""
        factories.workers(self.user.identity, WORKERS)
        closed = {"status": "closed", "outcome": "approved"}
        copies(self.filed, rows, **closed)
        past = Slot.objects.filter(start__lt=timezone.now()).order_by("pk")[0]
        self.confirmed._meta.model.objects.bulk_create(
            self.confirmed._meta.model(
                **fields_of(self.confirmed) | {"status": "served", "slot": past},
                idempotency_key=uuid.uuid4(),
            )
            for _row in range(rows)
        )
        for _row in range(30):
            factories.write(actions.reply, self.filed, self.officer)
            signed_in(self.user)
        documents_of(self.filed, 30, sent_at=timezone.now())


class Walkers:
    def __init__(self) -> None:
        self.people = [Person("few", "2000000006", 0), Person("many", "2999999994", MANY)]
        self.officer = factories.of_role("officer")

    def walk(self, costs: "Costs") -> None:
        """Take every path, and undo what was done on it."""
        with undone():
            Walk("visitor", Client(), costs).as_visitor(self.people[0])
            for person in self.people:
                Walk(person.name, verified(person.user), costs).as_resident(person)
            Walk("staff", signed_in_staff(self.officer), costs).as_officer()


class Walk:
    """A walk of somebody in a browser; the costs of each page are noted under its address."""

    def __init__(self, who: str, browser: Client, costs: "Costs") -> None:
        self.who, self.browser, self.costs = who, browser, costs

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what is done in the block, and have the cookies of before again."""
        cookies = copy.deepcopy(self.browser.cookies)
        with undone():
            yield
        self.browser.cookies = cookies

    def get(self, page: str, *queries: str) -> Any:
        for query in queries or ("",):
            found = self._ask("", page + query, self.browser.get)
        return found

    def post(self, page: str, form: Any = None) -> Any:
        response = self._ask("POST ", page, partial(self.browser.post, data=form or {}))
        assert response.status_code == 302, (page, errors_on(response))
        return response

    def _ask(self, method: str, page: str, send: Callable[[str], Any]) -> Any:
        step, _, query = page.partition("?")
        # The criteria of a booking are many; other queries say which list it is.
        query = "" if "service=" in query else query and f"?{query}"
        name = re.sub(r"[0-9]{2,}|[0-9a-z]{16}(?=/)", "N", step).removeprefix("/en/")
        with self.costs.taken(f"{self.who}: {method}{name}{query}"):
            response = send(page)
            response.getvalue()
        assert response.status_code in (200, 302), (page, response.status_code)
        return response

    def as_visitor(self, person: Person) -> None:
        for page in ("", "services/", f"services/{person.service.slug}/", "contact/", "display/"):
            self.get(f"/en/{page}")
        self.get("/en/services/", "?q=residents")
        self.get(f"/en/check/{person.confirmed.slips.get().check_code}/")
        number, born = person.user.identity.current_number, own_data(person.user)
        for page in ("register/", "password/reset/", "recover/"):
            with self.undone():
                picture = picture_on(self.get(f"{ACCOUNT}{page}"))
                self.post(f"{ACCOUNT}{page}", {**born, **picture, "login": number})
                self.get(f"{ACCOUNT}{page}code/")
        with self.undone():
            self.get(f"{ACCOUNT}sign-in/")
            password = {"login": person.user.username, "password": factories.PASSWORD}
            self.post(f"{ACCOUNT}sign-in/", password)
            self.get(f"{ACCOUNT}code/")
            code = factories.code_sent_to(person.user, "sign_in")
            self.post(f"{ACCOUNT}code/", {"code": code})

    def as_resident(self, person: Person) -> None:
        self.see_account(person)
        self.see_inquiries(person)
        self.see_appointments(person)
        for deed in (self.file, self.answer, self.book, self.change, self.wait, self.verify):
            with self.undone():
                deed(person)

    def see_account(self, person: Person) -> None:
        for page in ("", "data/", "safety/", "links/", "messages/", "people/", "holders/"):
            self.get(f"{ACCOUNT}{page}")
        for page in ("password/", "mobile/", "email/", "authenticator/"):
            self.get(f"{ACCOUNT}{page}")
        self.get(f"{ACCOUNT}acting-as/")
        self.get("/en/my/")
        with self.undone():
            self.post(f"{ACCOUNT}people/", {"words": "khan"})
            self.post(f"{ACCOUNT}messages/", {"language": "ar"})
            password = {"password": factories.PASSWORD}
            self.post(f"{ACCOUNT}mobile/", {"mobile": "0550000432", **password})
            self.get(f"{ACCOUNT}mobile/code/")
            self.post(f"{ACCOUNT}devices/", password)

    def see_inquiries(self, person: Person) -> None:
        shows = (f"?show={show}" for show in ("drafts", "open", "waiting", "finished"))
        self.get(INQUIRIES, "", "?page=2", *shows)
        for page in ("", "receipt/", "withdraw/"):
            self.get(f"{INQUIRIES}{person.filed.reference}/{page}")
        for page in ("", "answer/"):
            self.get(f"{INQUIRIES}{person.returned.reference}/{page}")
        draft = f"{INQUIRIES}{person.draft.reference}/"
        for page in ("subject/", "details/", "documents/", "review/", "confirm/", "delete/"):
            self.get(f"{draft}{page}")
        self.get(f"{draft}documents/{person.document.pk}/")
        self.get(f"{draft}documents/{person.document.pk}/preview/")

    def see_appointments(self, person: Person) -> None:
        self.get(APPOINTMENTS, "", "?page=2")
        for page in ("", "slip/", "calendar/", "cancel/", "move/"):
            self.get(f"{APPOINTMENTS}{person.confirmed.reference}/{page}")
        self.get(f"{APPOINTMENTS}{person.held.reference}/")
        self.get(f"{APPOINTMENTS}waiting/{person.wish.pk}/")

    def file(self, person: Person) -> None:
        """File an inquiry, from the first form to the receipt."""
        who = {"beneficiary": person.user.identity.pk, "service": person.service.slug}
        self.get(f"{INQUIRIES}new/?beneficiary={person.user.identity.pk}")
        self.get(f"{INQUIRIES}new/person/")
        page = self.post(f"{INQUIRIES}new/", {"idempotency_key": uuid.uuid4(), **who})
        draft = page.url.removesuffix("details/")
        inquiry = person.user.inquiries.latest("pk")
        typed = {"typist": person.user.pk, **factories.details_of(inquiry)}
        self.post(f"{draft}details/", typed)
        upload = {"document_type": "document-1", "files": [factories.picture()]}
        self.post(f"{draft}documents/", upload)
        shown = self.get(f"{draft}review/").context["shown"]
        self.post(f"{draft}review/", {"shown": shown})
        self.get(f"{draft}confirm/")
        self.post(f"{draft}confirm/", {"code": factories.code_sent_to(person.user)})
        self.get(f"{draft}receipt/")

    def answer(self, person: Person) -> None:
        """Answer an inquiry that was returned, and withdraw another."""
        for inquiry, page in ((person.returned, "answer/"), (person.filed, "withdraw/")):
            step = f"{INQUIRIES}{inquiry.reference}/{page}"
            form = self.browser.get(step).context["form"]
            names = ("idempotency_key", "expected_version")
            kept = {name: form[name].value() for name in names if name in form.fields}
            text = {"typist": person.user.pk, "text": "The receipt is from March."}
            self.post(step, {**kept, **text})

    def book(self, person: Person) -> None:
        """Book an appointment, from the first form to the slip, and give the held time back."""
        service = Service.objects.all()[3]
        region = {"region": person.free.office.region.slug}
        criteria = criteria_of(person.user.identity, service, **region)
        chosen = {"office": person.free.office.slug, "day": person.free.day}
        self.get(f"{NEW}?attendee={person.user.identity.pk}")
        self.get(address(NEW, criteria))
        self.get(address(OFFICES, criteria))
        self.get(address(DAYS, criteria, **chosen))
        times = address(TIMES, criteria, **chosen)
        key = self.get(times).context["form"]["idempotency_key"].value()
        held = self.post(times, {"idempotency_key": key, "slot": person.free.pk}).url
        self.get(held)
        self.post(f"{held}confirm/")
        self.get(f"{held}slip/")
        self.post(f"{APPOINTMENTS}{person.held.reference}/cancel/")

    def change(self, person: Person) -> None:
        """Move an appointment, and cancel it."""
        page = f"{APPOINTMENTS}{person.confirmed.reference}/"
        chosen = f"?office={person.free.office.slug}&day={person.free.day}"
        self.get(f"{page}move/day/{chosen}&service=")
        times = f"{page}move/time/{chosen}&service="
        key = self.get(times).context["form"]["idempotency_key"].value()
        self.post(times, {"idempotency_key": key, "slot": person.free.pk})
        self.post(f"{page}cancel/")

    def wait(self, person: Person) -> None:
        """Wait for an earlier time, and for any time."""
        page = f"{APPOINTMENTS}{person.confirmed.reference}/wait/"
        self.post(page)
        self.post(f"{page}stop/")
        criteria = criteria_of(
            person.user.identity,
            Service.objects.all()[4],
            region=person.free.office.region.slug,
        )
        step = address(f"{NEW}wait/", criteria)
        self.get(step)
        self.post(step, {"last_day": str(person.free.day)})
        self.post(f"{APPOINTMENTS}waiting/{person.wish.pk}/stop/")

    def verify(self, person: Person) -> None:
        """Verify one's own data."""
        picture = picture_on(self.get(VERIFY))
        self.post(VERIFY, {**own_data(person.user), **picture})

    def as_officer(self) -> None:
        self.get("/en/staff/")
        self.get(QUEUE, "", "?queue=all", "?queue=all&q=khan", "?q=missing", "?time=overdue")


def do_chores(costs: "Costs") -> None:
    """Do each chore of the worker, and lease messages, as the worker does."""
    with undone(), costs.taken("worker: lease_due"):
        lease_due(8)
    for name, (_every, chore) in CHORES.items():
        with undone(), costs.taken(f"worker: {name}"):
            chore()
