"""Access to every address of the portal, for each role and method.

An address that is missing in TABLE fails the first test, so a new one cannot be forgotten.
"""

import copy
import uuid
from contextlib import nullcontext
from itertools import chain
from unittest import mock

import pytest
from captcha.models import CaptchaStore
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import translation

from appointments.models import Appointment, Closure
from core import shown_fields
from core.accounts.actions import begin_recovery
from core.accounts.models import AccessReview, Identity, Session, User
from core.catalogue import public_pages
from core.catalogue.models import Holiday
from requests_app.models import Attachment, Inquiry
from requests_app.storage import PRIVATE
from requests_app.uploads import save
from tests import factories
from tests.access_table import DRAFT_TABLE, HELD_TIME_TABLE, PUBLIC, ROLES, TABLE, everybody
from tests.appointments import browsing, places
from tests.appointments.browsing import VERIFY, criteria_of, verified
from tests.conftest import signed_in, signed_in_staff

METHODS = ("GET", "HEAD", "POST")


def routes(resolver, before=""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


class World:
    """The rows and browsers of the test: one user per role, inquiries and appointments.

    There are a filed inquiry and a draft, each with a document, a confirmed appointment and a held
    one. The applicant represents an establishment, and acts as themselves. The beneficiary is being
    given a new mobile at the counter.
    """

    def __init__(self):
        person = factories.UserFactory(identity__name_en="Ayesha Noor")
        self.applicant = applicant = factories.UserFactory(email="applicant@example.org")
        factories.link(applicant.identity, person.identity)
        self.establishment = factories.establishment()
        factories.link(self.establishment, applicant.identity, "representative")
        self.draft = factories.draft(applicant, beneficiary=person.identity)
        self.filed = factories.draft(applicant, beneficiary=person.identity)
        self.documents = {each: factories.attached(each) for each in (self.draft, self.filed)}
        # As if the picture had been signed.
        original = save(b"signed", PRIVATE)
        Attachment.objects.filter(inquiry=self.filed).update(original_stored_name=original)
        self.filed = factories.submitted(self.filed)
        self.holiday = Holiday.objects.create(day="2026-09-23", name_ar="اليوم الوطني")
        self.canned_text = factories.canned_text()
        self.book(applicant, person.identity)
        at_work = {"is_staff": True, "identity": None, "mobile": ""}
        self.chief = factories.UserFactory(**at_work, is_superuser=True)
        self.export = factories.export(self.chief)
        self.browsers = {
            "anonymous": Client(),
            "stranger": verified(factories.UserFactory()),
            "applicant": verified(applicant),
            "beneficiary": verified(person),
            "unverified": signed_in(factories.OfficerFactory()),
            "clerk": signed_in_staff(factories.UserFactory(**at_work)),
            "desk": signed_in_staff(desk := self.of_role("clerk")),
            "manager": signed_in_staff(self.of_role("manager")),
            "officer": signed_in_staff(self.of_role("officer")),
            "chief": signed_in_staff(self.chief),
            "editor": signed_in_staff(self.of_role("editor")),
            "auditor": signed_in_staff(self.of_role("auditor")),
            "keeper": signed_in_staff(self.of_role("keeper")),
        }
        self.recovery = begin_recovery(
            actor=self.of_role("clerk"),
            person=person.identity,
            document="passport",
            document_end="AB12",
            mobile="+966550000432",
            idempotency_key=uuid.uuid4(),
        )
        self.assistance = places.assistance(desk, person.identity)
        self.member = User.objects.get(groups__name="officer")
        key = uuid.uuid4()
        self.review = AccessReview.objects.create(
            signed_by=self.member, digest="", content=[], idempotency_key=key
        )
        # Whoever can choose in whose name they act would be asked first.
        self.browsers["applicant"].post("/en/account/acting-as/", {"holder": ""})
        # All roles share one client: each new one would set up the whole portal for one request.
        self.browser = Client(raise_request_exception=False)
        self.picture = CaptchaStore.generate_key()
        self.before = self.account_of_the_applicant(), self.appointments()
        self.as_written = self.inquiries()

    def of_role(self, role):
        user = factories.of_role(role)
        if role in ("clerk", "manager"):
            user.offices.set([self.confirmed.slot.office])
        return user

    def book(self, applicant, attendee):
        """Create three slots of one office: with a confirmed appointment, with a hold, and free."""
        confirmed, held, self.free = places.some_slots(3)
        criteria = {"holder": applicant.identity, "attendee": attendee}
        self.confirmed = places.confirmed(applicant, slot=confirmed, **criteria)
        self.held = places.held(applicant, slot=held, **criteria)
        self.offer = places.offered(self.confirmed)
        self.wish = places.wish(applicant)
        chosen = {"office": self.free.office.slug, "day": self.free.day}
        self.choice = browsing.address("", {}, **chosen)
        criteria = criteria_of(applicant.identity, self.confirmed.service)
        self.criteria = browsing.address("", criteria, **chosen)
        self.closure = Closure.objects.create(
            first_day="2026-09-23", last_day="2026-09-23", reason_ar="صيانة"
        )
        self.announcement = factories.announcement()
        self.team = factories.team("visas")

    def address(self, route, inquiry, appointment):
        document = self.documents[inquiry]
        slip = self.confirmed.slips.get()
        rows = {
            "appointment": appointment,
            "office": self.free.office,
            "openingwindow": self.free.window,
            "closure": self.closure,
            "announcement": self.announcement,
            "service": inquiry.service,
            "documenttype": document.document_type,
            "holiday": self.holiday,
            "cannedtext": self.canned_text,
            "team": self.team,
            "inquiry": inquiry,
        }
        model = next((name for name in rows if f"/{name}/" in route), "inquiry")
        parts = {
            "appointments/<reference:reference>": f"appointments/{appointment.reference}",
            "<reference:reference>": inquiry.reference,
            "documents/<int:pk>": f"documents/{document.pk}",
            "<int:document_pk>": document.pk,
            "<int:page>": 1,
            "appointment/<int:pk>": f"appointment/{appointment.pk}",
            "assistance/<int:pk>": f"assistance/{self.assistance.pk}",
            "<slug:reference>": appointment.reference,
            "recoveries/<int:pk>": f"recoveries/{self.recovery.pk}",
            "people/<int:pk>": f"people/{inquiry.beneficiary_id}",
            "exports/<int:pk>": f"exports/{self.export.pk}",
            "members/review/<int:pk>": f"members/review/{self.review.pk}",
            "members/<int:pk>": f"members/{self.member.pk}",
            "office/<int:pk>": f"office/{appointment.slot.office_id}",
            "offers/<int:pk>": f"offers/{self.offer.pk}",
            "waiting/<int:pk>": f"waiting/{self.wish.pk}",
            "<int:pk>": inquiry.pk,
            "<slug:slug>": inquiry.service.slug,
            "<slug:button>": "check-in",
            "<slug:code>": slip.check_code,
            "bulk/<slug:name>": "bulk/claim",
            "<path:object_id>": rows[model].pk,
            "^(?P<app_label>catalogue|requests_app|appointments|portal)/$": "requests_app/",
            "(?P<url>.*)$": "nothing",
            "<slug:device>": self.device_of_the_applicant().device,
            "<slug:key>": self.picture,
        }
        for part, value in parts.items():
            route = route.replace(part, str(value))
        return f"/{route}{self.choices(route)}"

    def choices(self, route):
        """Return the query string that a step of a booking needs, or a question about a page."""
        if route.startswith("en/feedback/"):
            return "?page=/en/"
        if route.startswith("en/appointments/new/"):
            return self.criteria if route != "en/appointments/new/" else ""
        return self.choice if "/move/" in route else ""

    def answer(self, role, method, address):
        """Send a request as `role` and return the answer as in TABLE; roll its changes back."""
        self.browser.cookies = copy.deepcopy(self.browsers[role].cookies)
        before = transaction.savepoint()
        if method == "POST":
            response = self.browser.post(address, self.everything())
        else:
            with nullcontext() if method == "GET" else without_rendering():
                response = self.browser.generic(method, address)
        self.may_be_kept = "public" in response.headers["Cache-Control"]
        if response.streaming:
            list(response.streaming_content)  # to its end, which closes the file
        if method == "POST":
            self.check_that_nothing_changed(role, address)
        transaction.savepoint_rollback(before)
        return told(response)

    def everything(self):
        """Return the fields of every form, filled in as by a user with access to it."""
        return {
            **factories.details_of(self.filed, description="Put there by somebody who may not."),
            "idempotency_key": uuid.uuid4(),
            "shown": self.draft.content_digest(),
            "code": "123456",
            "decision": "approve",
            "expected_version": self.filed.version,
            "item": f"{self.filed.pk}:{self.filed.version}",
            "beneficiary": self.filed.beneficiary.pk,
            "service": self.filed.service.slug,
            "text": "An answer.",
            "password": factories.PASSWORD,
            **dict.fromkeys(("new_password", "again"), "seven Kettles and a door"),
            "mobile": "0550000432",
            "email": "somebody@example.org",
            "language": "ar",
            "holder": self.establishment.pk,
            "slot": self.free.pk,
        }

    def device_of_the_applicant(self):
        return Session.objects.get(
            session_key=self.browsers["applicant"].cookies["sessionid"].value
        )

    def account_of_the_applicant(self):
        account = User.objects.values().get(pk=self.applicant.pk)
        return account, self.device_of_the_applicant().session_data

    def clear_data_verification(self, role):
        session = self.browsers[role].session
        del session["data_verified"]
        session.save()
        self.before = self.account_of_the_applicant(), self.appointments()

    def appointments(self):
        return list(
            Appointment.objects.order_by("pk").values_list("pk", "version", "status", "slot")
        )

    def inquiries(self):
        return list(Inquiry.objects.order_by("pk").values_list("pk", "version", "description"))

    def check_that_nothing_changed(self, role, address):
        if role != "applicant":
            assert (self.account_of_the_applicant(), self.appointments()) == self.before, (
                f"{role} has changed an account or an appointment at {address}"
            )
        if role in ("applicant", "officer", "chief"):
            return
        assert self.inquiries() == self.as_written, f"{role} has changed an inquiry at {address}"


def without_rendering():
    """Leave out the templates in a `with` block: HEAD shows the same pages as GET."""
    return mock.patch("django.template.backends.django.Template.render", return_value="")


def told(response):
    target = response.headers.get("Location", "")
    if target.startswith("/en/account/sign-in/?"):
        return "sign-in"
    if target.startswith("/en/staff/login/?"):
        return "staff"
    if target.startswith(f"{VERIFY}?"):
        return "verify"
    return response.status_code


def differences(world, table, *, roles=ROLES, inquiry="filed", appointment="confirmed"):
    """Yield a sentence for each answer to one of `roles` that differs from `table`."""
    for route, rows in table.items():
        address = world.address(route, getattr(world, inquiry), getattr(world, appointment))
        rows = rows if isinstance(rows, dict) else {"GET": rows, "POST": everybody(405)}
        for method in METHODS:
            of_method = rows["POST" if method == "POST" else "GET"]
            for role, expected in zip(ROLES, of_method, strict=True):
                if role not in roles:
                    continue
                got = world.answer(role, method, address)
                if got != expected:
                    yield f"{role}, {method} {address}: {got} instead of {expected}"
                if world.may_be_kept != (route in PUBLIC and method != "POST"):
                    yield f"{role}, {method} {address}: {world.may_be_kept} that caches may keep it"
    # What this process itself keeps: public pages, and fields that name nobody.
    kept = [key.split(":", 2)[2] for key in cache._cache]
    public = {
        f"{public_pages.KEPT}:{world.address(route, world.filed, world.confirmed)}"
        for route in PUBLIC
    }
    people = set(chain(*Identity.objects.values_list("name_ar", "name_en")))
    for key in kept:
        is_field = key.startswith(f"{shown_fields.KEPT}:")
        if not is_field and key not in public:
            yield f"{key} is kept"
        if is_field and any(name in cache.get(key) for name in people):
            yield f"{key} names somebody: {cache.get(key)}"


def test_every_route_is_in_table():
    with translation.override("en"):
        assert set(routes(get_resolver())) == set(TABLE)


# The roles are split in pairs, so that every worker has a share.
@pytest.mark.takes_long
@pytest.mark.django_db
@pytest.mark.parametrize(
    "roles", [ROLES[n : n + 2] for n in range(0, len(ROLES), 2)], ids=" and ".join
)
def test_answers_match_table(roles):
    assert not list(differences(World(), TABLE, roles=roles))


@pytest.mark.django_db
def test_answers_for_draft_and_held_time_match_tables():
    world = World()
    assert not list(differences(world, DRAFT_TABLE, inquiry="draft"))
    assert not list(differences(world, HELD_TIME_TABLE, appointment="held"))


@pytest.mark.django_db
def test_appointment_pages_require_verified_data():
    world = World()
    pages = [route for route in TABLE if route.startswith("en/appointments/")]
    pages.remove(VERIFY[1:])
    assert len(pages) == 21
    for role in ("stranger", "applicant", "beneficiary"):
        world.clear_data_verification(role)
        for route in pages:
            address = world.address(route, world.filed, world.confirmed)
            for method in METHODS:
                takes_it = method != "POST" or isinstance(TABLE[route], dict)
                assert world.answer(role, method, address) == ("verify" if takes_it else 405), (
                    f"{role}, {method} {address}"
                )
