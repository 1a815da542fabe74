"""Each page keeps to a budget of statements, at one row and at thirty alike.

The pages are all addresses in the tables of access that answer GET with 200 to somebody, so a new
one is within the budget of its site without being named here.
"""

import datetime
import uuid
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.actions import call, check_in, take_back
from appointments.models import Appointment, Closure, Office
from core.accounts.actions import begin_recovery
from core.accounts.models import AccessReview, Identity, User
from core.accounts.warnings import warn
from core.catalogue.models import Holiday
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.access_table import DRAFT_TABLE, HELD_TIME_TABLE, ROLES, TABLE
from tests.appointments import places
from tests.conftest import signed_in
from tests.copies import copies, documents_of, fields_of
from tests.factories import write
from tests.test_access import World

MAX, MAX_FORM, MAX_STAFF, MAX_DASHBOARD = 8, 5, 12, 20

# Pages of the public with the first form of something.
FORMS = {
    *("en/account/sign-in/", "en/account/register/", "en/account/password/reset/"),
    *("en/account/recover/", "en/account/objection/", "en/account/picture/by-text/"),
    *("en/account/password/", "en/account/mobile/", "en/account/email/"),
    *("en/account/authenticator/", "en/account/acting-as/", "en/display/"),
    *("en/inquiries/new/", "en/appointments/new/", "en/appointments/verify/"),
    "en/feedback/",
}
QUEUE, PEOPLE = "en/staff/requests_app/inquiry/", "en/staff/people/"
DESK = "en/staff/appointments/appointment/"
REVIEW = "en/staff/members/review/"
# Pages of the staff site with several lists, or counts of several.
DASHBOARDS = {
    *("en/staff/", f"{PEOPLE}<int:pk>/", f"{DESK}today/", f"{DESK}calls/"),
    "en/staff/appointments/office/<int:pk>/figures/",
}
UNCOUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
DAY, PAST = datetime.timedelta(days=1), datetime.date(2026, 1, 1)

# Where many roles see a page, it is counted for the first of these; a dashboard is for all of them.
MOST_SHOWN = ("applicant", "officer", "desk", "manager", "editor", "keeper")
# A list that has not so many more bytes with thirty rows does not show them.
MORE_BYTES = 1000
LISTS = {
    *(
        "en/my/",
        "en/account/safety/",
        "en/account/links/",
        "en/account/acting-as/",
        "en/inquiries/",
        "en/inquiries/new/",
    ),
    *("en/services/", "en/services/<slug:slug>/", "en/appointments/new/", "en/appointments/"),
    *("en/inquiries/<reference:reference>/", "en/inquiries/<reference:reference>/answer/"),
    *(
        "en/inquiries/<reference:reference>/documents/",
        "en/inquiries/<reference:reference>/review/",
    ),
    *("en/appointments/new/office/", "en/appointments/new/time/"),
    *("en/appointments/<reference:reference>/move/", f"{PEOPLE}<int:pk>/"),
    f"{QUEUE}exports/",
    *(QUEUE, f"{QUEUE}<path:object_id>/change/", DESK, f"{DESK}today/", f"{DESK}today/print/"),
    f"{DESK}unmarked/",
    *("en/staff/members/", "en/staff/recoveries/", REVIEW, f"{REVIEW}csv/"),
    *("en/staff/catalogue/service/", "en/staff/catalogue/documenttype/"),
    "en/staff/requests_app/cannedtext/",
    "en/staff/catalogue/team/",
    *("en/staff/catalogue/holiday/", "en/staff/appointments/office/"),
    *("en/staff/appointments/openingwindow/", "en/staff/appointments/closure/"),
    *("en/", "en/staff/portal/announcement/", "en/staff/feedback/"),
}


class Page(NamedTuple):
    """A page, by its route in the table, in the browser of somebody who may see it."""

    route: str
    browser: Client
    address: str
    form: Callable | None = None  # what is posted, as it is when the page is asked for

    @property
    def budget(self):
        if self.route in FORMS:
            return MAX_FORM
        if self.route in DASHBOARDS:
            return MAX_DASHBOARD
        return MAX_STAFF if self.route.startswith("en/staff/") else MAX

    def shown(self):
        """Return the page and the number of its statements.

        It is shown twice, and the fewer of both count: at the first time something is not yet kept
        in the process, and at any time something may be read again because it was kept too long.
        """
        return min((self.shown_once() for _time in range(2)), key=itemgetter(1))

    def shown_once(self):
        with CaptureQueriesContext(connection) as asked:
            if self.form:
                response = self.browser.post(self.address, self.form())
            else:
                response = self.browser.get(self.address)
            content = response.getvalue()
        assert response.status_code == 200, self.address
        return content, len([each for each in asked if not each["sql"].startswith(UNCOUNTED)])


class ManyRows(World):
    """A world with so many rows of everything as were added."""

    def __init__(self):
        super().__init__()
        self.person = self.filed.beneficiary
        self.officer = factories.of_role("officer")
        self.filed = self.claimed(self.filed)
        self.returned = self.claimed(factories.filed(self.applicant))
        write(actions.send_back, self.returned, self.officer)
        office = self.confirmed.slot.office
        self.clerk = factories.of_role("clerk")
        self.clerk.offices.set([office])
        self.hours = places.window(office=office)
        today = places.slot(timezone.localdate(), "23:59", of=self.hours)
        self.here = places.confirmed(self.applicant, slot=today)
        check_in(actor=self.clerk, appointment=self.here, is_early=True)
        self.here = call(actor=self.clerk, appointment=self.here)
        for role in ("officer", "desk", "manager"):
            reason = {"reason": "A call about a lost passport."}
            self.browsers[role].post(f"/{PEOPLE}{self.person.pk}/", reason)

    def claimed(self, inquiry):
        version = inquiry.version
        return actions.claim(actor=self.officer, inquiry=inquiry, expected_version=version)

    def add(self, number):
        for service in factories.ServiceFactory.create_batch(number):
            self.add_documents_of_service(service)
            self.add_people()
            self.add_inquiries(service)
            factories.export(self.chief)
            self.add_appointments(service)
            self.add_to_calendar()
            self.add_staff()

    def add_documents_of_service(self, service):
        kind = factories.document_type(service.slug)
        for each in (self.filed.service, self.confirmed.service):
            each.documents.add(kind)
            each.optional_documents.add(kind)

    def add_people(self):
        users = [self.person.user]
        if self.applicant.identity.links.count() < 8:  # more are searched for on another page
            users.append(self.applicant)
        for user in users:
            factories.link(user.identity, factories.IdentityFactory())
            holder = factories.establishment(number=f"7{Identity.objects.count():09}")
            factories.link(holder, user.identity, "representative")
            number = f"3{holder.pk:09}"
            user.identity.numbers.create(number=number, is_current=False)
            signed_in(user)
            with transaction.atomic():
                warn(user, "password_changed")

    def add_inquiries(self, service):
        """Add an inquiry of each status, and to the history of those that have a page."""
        colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
        late = {"due_on": timezone.localdate() - DAY}
        copies(self.draft, 1, service=service)
        for changes in (
            {"assignee": colleague, **late},
            {"assignee": self.officer, **late},
            {"assignee": None, **late},
            {"assignee": None},
            {"status": "returned_to_applicant"},
            {"status": "processed", "outcome": "approved"},
        ):
            copies(self.filed, 1, service=service, **changes)
        write(actions.reply, self.filed, self.officer)
        write(actions.note, self.filed, colleague)
        write(actions.answer_return, self.returned, self.applicant)
        write(actions.send_back, self.returned, self.officer)
        documents_of(self.draft, 1)
        documents_of(self.returned, 1)
        documents_of(self.filed, 1, sent_at=timezone.now())

    def add_appointments(self, service):
        for status in ("confirmed", "served", "displaced"):
            self.add_appointment(self.confirmed, service, status)
        self.add_appointment(self.here, service, "unmarked")
        for status in ("confirmed", "checked_in"):
            attendee = factories.IdentityFactory()
            self.add_appointment(self.here, service, status, attendee=attendee)
        self.here = call(actor=self.clerk, appointment=self.here)
        version = self.here.version
        take_back(
            actor=self.clerk,
            appointment=self.here,
            reason="by_mistake",
            expected_version=version,
        )
        for each in (self.confirmed, self.held, self.here):
            if each.beneficiaries.count() < 4:
                each.beneficiaries.add(factories.IdentityFactory())
        places.wish(self.applicant, service)

    def add_appointment(self, like, service, status, **changes):
        fields = fields_of(like) | {"service": service, "status": status, **changes}
        Appointment.objects.create(**fields, idempotency_key=uuid.uuid4())

    def add_to_calendar(self):
        """Add a slot on the free day and on one more, and an office with a slot and a closure."""
        number = Office.objects.count()
        noon = datetime.time(12)
        start = datetime.datetime.combine(self.free.day, noon) + number * places.MINUTE
        places.slot(self.free.day, f"{start:%H:%M}", of=self.hours)
        places.slot(self.free.day + number * DAY, "08:00", of=self.hours)
        office = places.office(f"another-{number}", f"Office {number}")
        places.slot(self.free.day, of=places.window(office=office))
        for user in User.objects.filter(groups__name="manager"):
            user.offices.add(office)
        reasons = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
        Closure.objects.create(office=office, first_day=PAST, last_day=PAST, **reasons)
        factories.announcement()
        factories.announcement(office=office)
        factories.feedback(f"page-{number}", sentence="It did not say what to bring.")
        Holiday.objects.create(day=PAST + number * DAY, name_ar="عيد")

    def add_staff(self):
        factories.team(f"team-{Identity.objects.count()}", members=[factories.of_role("clerk")])
        begin_recovery(
            actor=self.clerk,
            person=factories.UserFactory().identity,
            document="passport",
            document_end="AB12",
            mobile="+966550000432",
            idempotency_key=uuid.uuid4(),
        )
        AccessReview.objects.create(
            signed_by=self.member, digest="", content=[], idempotency_key=uuid.uuid4()
        )

    def pages(self):
        for table, inquiry, appointment in (
            (TABLE, self.filed, self.confirmed),
            (DRAFT_TABLE, self.draft, self.confirmed),
            (HELD_TIME_TABLE, self.filed, self.held),
        ):
            for route, row in table.items():
                row = row["GET"] if isinstance(row, dict) else row
                may = [role for role, answer in zip(ROLES, row, strict=True) if answer == 200]
                roles = [role for role in MOST_SHOWN if role in may] or may[-1:]
                for role in roles if route in DASHBOARDS else roles[:1]:
                    address = self.address(route, inquiry, appointment)
                    yield Page(route, self.browsers[role], address)
        yield from self.pages_on_the_way()
        yield from self.pages_with_filters()

    def pages_on_the_way(self):
        """Yield pages that something was done before."""
        answer = "en/inquiries/<reference:reference>/answer/"
        address = f"/en/inquiries/{self.returned.reference}/answer/"
        yield Page(answer, self.browsers["applicant"], address)
        signing_in = Client()
        password = {"login": self.applicant.username, "password": factories.PASSWORD}
        signing_in.post("/en/account/sign-in/", password)
        yield Page("en/account/code/", signing_in, "/en/account/code/")
        searching = self.browsers["officer"]
        searching.post(f"/{PEOPLE}", {"q": "khan"})
        yield Page(f"{PEOPLE}?found=1", searching, f"/{PEOPLE}?found=1")
        taking_back = f"/{DESK}{self.here.pk}/take-back/"
        yield Page(f"{DESK}<int:pk>/take-back/", self.browsers["desk"], taking_back)

    def pages_with_filters(self):
        def filtered(role, route, *queries):
            for query in queries:
                yield Page(route, self.browsers[role], f"/{route}?{query}")

        shows = (f"show={show}" for show in ("drafts", "open", "waiting", "finished"))
        yield from filtered("applicant", "en/inquiries/", *shows)
        yield from filtered("applicant", "en/services/", "q=service", "q=nothing")
        yield from filtered("desk", DESK, "day=all", "status__exact=confirmed")
        yield from filtered("desk", f"{DESK}today/", "show=due")
        yield from filtered(
            "chief",
            QUEUE,
            *("queue=all&filed=4-weeks", "queue=all&returned=4-weeks", "queue=all&age=any"),
            "queue=all&answered=4-weeks&in_time=yes",
            *("queue=mine", "queue=nobody", "queue=all", "queue=all&time=overdue", "q=khan", "q=2"),
            *("queue=all&status__exact=under_processing", "queue=all&outcome__exact=approved"),
            *(f"queue={self.officer.pk}", f"queue=all&service__id__exact={self.filed.service_id}"),
        )
        exported = ("queue=all", "q=khan", "queue=mine&time=overdue")
        yield from filtered("chief", f"{QUEUE}export/", *exported)
        for name in ("claim", "assign", "approve"):
            form = partial(chosen_for, name)
            yield Page(f"{QUEUE} {name}", self.browsers["chief"], f"/{QUEUE}?queue=all", form)


def chosen_for(action):
    pks = Inquiry.objects.filed().order_by("-pk").values_list("pk", flat=True)
    return {"action": action, "index": 0, "_selected_action": list(pks[:30])}


@pytest.mark.takes_long
def test_statements_are_within_the_budget_and_do_not_grow(db):
    world = ManyRows()
    world.add(1)
    pages = list(world.pages())
    few = [page.shown() for page in pages]
    world.add(29)
    wrong = []
    for page, (before, at_one) in zip(pages, few, strict=True):
        after, at_thirty = page.shown()
        numbers = f"{page.address}: {at_one} statements at one row, {at_thirty} at thirty"
        if at_thirty > page.budget:
            wrong.append(f"{numbers}; the budget is {page.budget}")
        if at_thirty > at_one + 1:
            wrong.append(f"{numbers}; they grow with the rows")
        if page.route in LISTS and len(after) < len(before) + MORE_BYTES:
            wrong.append(f"{page.address}: it does not show the thirty rows")
    assert not wrong, "\n".join(wrong)
    assert {page.route for page in pages} >= LISTS | FORMS | DASHBOARDS
