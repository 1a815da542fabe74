"""Staff of a team are shown nothing of another team's inquiries, at no address of the staff site.

The addresses are those of the table of access, which are those of the URL configuration.
"""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.access_table import ROLES, TABLE
from tests.conftest import signed_in_staff, without_tokens, words
from tests.copies import copies
from tests.test_access import World

pytestmark = pytest.mark.django_db

STAFF = "en/staff/"
QUEUE = f"{STAFF}requests_app/inquiry/"
INDEX, PERSON = STAFF, f"{STAFF}people/<int:pk>/"
WORKLOAD, FIGURES = f"{QUEUE}workload/", f"{QUEUE}figures/"
# Other questions to the queue than the page as it opens.
FILTERS = (
    *("queue=all", "queue=mine", "queue=nobody", "queue=all&time=overdue", "queue=all&again=yes"),
    *("queue=all&age=any", "queue=all&filed=4-weeks", "queue=all&answered=4-weeks"),
    *("queue=all&returned=4-weeks", "queue=all&status__exact=processed"),
    *("queue=all&outcome__exact=approved", "q=ayesha", "q=2", "queue=all&team=passports"),
)
KEEPS_TEAMS = ("editor", "chief")
# Where there is no such inquiry: the history of the admin leads to its first page then.
LIKE_NONE, MISSING = (302, 404, 405), 99_999_999
DAY = datetime.timedelta(days=1)
# Of forms: they are others each time.
KEYS = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class TwoTeams(World):
    """The inquiry is of the team of passports; `officer` and `supervisor` are of that of visas."""

    def __init__(self):
        super().__init__()
        self.supervisor = self.of_role("supervisor")
        self.officer = self.member
        self.colleague = self.of_role("officer")
        self.browsers["supervisor"] = signed_in_staff(self.supervisor)

    def divide(self):
        factories.team("visas", factories.ServiceFactory(), members=[self.officer, self.supervisor])
        factories.team("passports", self.filed.service, members=[self.colleague])

    def pages(self):
        """Yield each address of the staff site that is answered to somebody, and its route."""
        for route, row in TABLE.items():
            row = row["GET"] if isinstance(row, dict) else row
            if route.startswith(STAFF) and 200 in row[ROLES.index("clerk") :]:
                yield route, self.address(route, self.filed, self.confirmed)
        yield from ((QUEUE, f"/{QUEUE}?{query}") for query in FILTERS)
        yield QUEUE, f"/{QUEUE}?queue={self.colleague.pk}"
        yield QUEUE, f"/{QUEUE}?queue=all&service__id__exact={self.filed.service_id}"

    def shown_to(self, role):
        """Return what the role is shown at each address."""
        browser = self.browsers[role]
        return {address: shown(browser.get(address)) for _route, address in self.pages()}

    def add_inquiries(self):
        """Add inquiries of the same person and service, in every state that something counts."""
        late = {"due_on": timezone.localdate() - DAY}
        decided = {"status": "processed", "outcome": "approved", "processed_at": timezone.now()}
        for changes in (
            late,
            {"assignee": self.colleague, **late},
            {"assignee": None},
            {"status": "returned_to_applicant", "assignee": self.colleague},
            {**decided, "look_again_since": timezone.now()},
        ):
            copies(self.filed, 2, **changes)
        version = self.filed.version
        actions.claim(actor=self.colleague, inquiry=self.filed, expected_version=version)
        factories.write(actions.send_back, self.filed, self.colleague)


def shown(answer):
    if answer.streaming:
        return answer.status_code, b"".join(answer.streaming_content)
    return answer.status_code, KEYS.sub(b"", without_tokens(answer))


def is_of_inquiry(route):
    is_of_one = "<int:pk>" in route or "/change/" in route
    return route.startswith(QUEUE) and is_of_one and "exports/" not in route


def test_another_teams_inquiries_change_no_page(client):
    world = TwoTeams()
    world.divide()
    # Whoever opens a person's page without a case of theirs says why, once.
    reason = {"reason": "A call about a lost passport."}
    person = world.address(PERSON, world.filed, world.confirmed)
    for role in ("officer", "supervisor", "chief"):
        world.browsers[role].post(person, reason)
    roles = ("officer", "supervisor", "chief")
    before = {role: world.shown_to(role) for role in roles}
    world.add_inquiries()
    after = {role: world.shown_to(role) for role in roles}
    for role in ("officer", "supervisor"):
        changed = [page for page in after[role] if after[role][page] != before[role][page]]
        assert changed == [], role
        seen = b"".join(content for _status, content in after[role].values())
        references = Inquiry.objects.filed().values_list("reference", flat=True)
        assert not any(reference.encode() in seen for reference in references)
    # The control: who is in no team sees them on all pages that count or list.
    changed = {page for page, what in after["chief"].items() if what != before["chief"][page]}
    listing = [page for route, page in world.pages() if route == QUEUE and "mine" not in page]
    assert changed >= {f"/{INDEX}", f"/{WORKLOAD}", f"/{FIGURES}", person, *listing}


def test_addresses_of_another_teams_inquiry_are_as_those_of_none():
    world = TwoTeams()
    world.divide()
    routes = [route for route in TABLE if is_of_inquiry(route)]
    assert len(routes) >= 14
    form = {**world.everything(), "team": "visas"}
    for role in ("officer", "supervisor"):
        for route in routes:
            real = world.address(route, world.filed, world.confirmed)
            for method in ("get", "post"):
                answers = []
                for pk in (world.filed.pk, MISSING):
                    address = real.replace(f"/{world.filed.pk}/", f"/{pk}/", 1)
                    status, page = shown(getattr(world.browsers[role], method)(address, form))
                    answers.append((status, page.replace(f"/{pk}/".encode(), b"/N/")))
                assert answers[0] == answers[1], (role, method, real)
                assert answers[0][0] in LIKE_NONE, (role, method, real)
    world.check_that_nothing_changed("stranger", "these addresses")


def test_actions_on_many_leave_another_teams_alone():
    world = TwoTeams()
    world.divide()
    pk = world.filed.pk
    for role in ("officer", "supervisor"):
        chosen = {"action": "claim", "index": 0, "_selected_action": [pk]}
        page = world.browsers[role].post(f"/{QUEUE}?queue=all", chosen)
        assert world.filed.reference not in words(page).replace("-", "")
        world.browsers[role].post(f"/{QUEUE}bulk/claim/", world.everything())
        world.browsers[role].post(f"/{QUEUE}next/")
    assert Inquiry.objects.get(pk=pk).assignee is None
    world.browsers["chief"].post(f"/{QUEUE}bulk/claim/", world.everything())
    assert Inquiry.objects.get(pk=pk).assignee is not None


def test_no_page_of_inquiries_costs_a_statement_more():
    world = TwoTeams()
    lists = [f"/{INDEX}", f"/{QUEUE}", f"/{WORKLOAD}", f"/{FIGURES}", f"/{QUEUE}?queue=all"]
    own = factories.filed()
    lists.append(f"/{QUEUE}{own.pk}/change/")

    def statements():
        return {address: statements_of(world.browsers["supervisor"], address) for address in lists}

    before = statements()
    world.divide()
    factories.team("visas", own.service)
    assert statements() == before


def statements_of(browser, address):
    browser.get(address)  # what the process keeps is read by the first one
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_with_one_team_nobody_but_those_who_keep_teams_sees_the_word():
    world = TwoTeams()
    assert world.team.slug == "visas"
    for role in ("officer", "supervisor", "auditor", "keeper", "chief", "editor"):
        for route, address in world.pages():
            if "catalogue/team/" in route or "team=" in address:
                continue
            if role in KEEPS_TEAMS and route in (INDEX, f"{STAFF}^(?P<app_label>"):
                continue
            status, content = shown(world.browsers[role].get(address))
            if status == 200 and b"<main" in content:
                assert "team" not in words(content.decode()).lower(), (role, address)
