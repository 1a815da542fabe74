"""The links that allow filing for another person, at both ends of a day in the Kingdom.

Midnight in the Kingdom is 21:00 of the day before by the server's clock, which runs in UTC.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on, signed_in, words
from tests.requests_app.steps import NEW, first_step, page_of
from tests.worlds import undone

TODAY = date(2026, 11, 22)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LAST_WEEK = datetime(2026, 11, 15, 9, tzinfo=UTC)
ENDS_OF_TODAY = (
    datetime(2026, 11, 21, 21, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC),
)
# 12 and 13 Jumada al-Akhirah 1430; today is the 12th of that month in 1448.
COMES_OF_AGE_TODAY, COMES_OF_AGE_TOMORROW = date(2009, 6, 5), date(2009, 6, 6)

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NO_MANDATE = "You no longer represent Palm Trees Contracting, so you cannot act in its name."

Kind = Link.Kind


class People(NamedTuple):
    """The applicant, the holder and the beneficiary of an inquiry."""

    applicant: object
    holder: Identity
    person: Identity


class Case(NamedTuple):
    make: Callable
    may_file: bool
    # Whether the link was valid last week, so that an inquiry could be filed then.
    has_filed: bool = True
    refusal: str = NOT_LINKED


def linked(kind, number="2000000030", born=date(1990, 1, 1), **dates):
    def make():
        applicant = factories.UserFactory()
        person = factories.IdentityFactory(number=number, birth_date=born, name_en="Raju Kumar")
        factories.link(applicant.identity, person, kind, **dates)
        return People(applicant, applicant.identity, person)

    return make


def representing(**dates):
    def make():
        applicant = factories.UserFactory()
        palm = factories.establishment()
        person = factories.IdentityFactory(number="2000000030", name_en="Raju Kumar")
        factories.link(palm, person, Kind.EMPLOYER)
        factories.link(palm, applicant.identity, Kind.REPRESENTATIVE, **dates)
        return People(applicant, palm, person)

    return make


def oneself():
    applicant = factories.UserFactory()
    return People(applicant, applicant.identity, applicant.identity)


def strangers():
    applicant = factories.UserFactory()
    return People(applicant, applicant.identity, factories.IdentityFactory())


CASES = {
    "employer": Case(linked(Kind.EMPLOYER), True),
    "employer until yesterday": Case(linked(Kind.EMPLOYER, until=YESTERDAY), False),
    "employer until today": Case(linked(Kind.EMPLOYER, until=TODAY), True),
    "employer from today": Case(linked(Kind.EMPLOYER, since=TODAY), True, False),
    "employer from tomorrow": Case(linked(Kind.EMPLOYER, since=TOMORROW), False, False),
    "host": Case(linked(Kind.HOST, "3000000004"), True),
    "host until yesterday": Case(linked(Kind.HOST, "3000000004", until=YESTERDAY), False),
    "guardian of who comes of age tomorrow": Case(
        linked(Kind.GUARDIAN, born=COMES_OF_AGE_TOMORROW), True
    ),
    "guardian of who came of age today": Case(
        linked(Kind.GUARDIAN, born=COMES_OF_AGE_TODAY), False
    ),
    "representative": Case(representing(), True),
    "representative until today": Case(representing(until=TODAY), True),
    "representative until yesterday": Case(
        representing(until=YESTERDAY), False, refusal=NO_MANDATE
    ),
    "representative from tomorrow": Case(
        representing(since=TOMORROW), False, False, refusal=NO_MANDATE
    ),
    "representative of a closed establishment": Case(representing(), False, refusal=NO_MANDATE),
    "oneself": Case(oneself, True),
    "stranger": Case(strangers, False, False),
}

HAVE_FILED = {name: case for name, case in CASES.items() if case.has_filed}


class Clock:
    """The clock of the portal, which a test can set."""

    now = LAST_WEEK

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def service(db):
    return factories.ServiceFactory(beneficiary_kinds=["citizen", "resident", "visitor"])


def at_both_ends_of_today(clock, cases, last_week=lambda _people: None):
    """Yield a sentence, the case, its people and what `last_week(people)` returned last week."""
    for name, case in cases.items():
        with undone():
            clock.now = LAST_WEEK
            people = case.make()
            made = last_week(people)
            if name == "representative of a closed establishment":
                Identity.objects.filter(birth_date=None).update(status="departed")
            for clock.now in ENDS_OF_TODAY:
                with undone():
                    yield f"{name} at {clock.now}", case, people, made


def start(people, service):
    return actions.start(
        actor=people.applicant,
        holder=people.holder,
        beneficiary=people.person,
        service=service,
        idempotency_key=uuid.uuid4(),
    )


def draft(people, service):
    """Return a draft that is ready to be sent."""
    inquiry = start(people, service)
    details = factories.details_of(inquiry)
    actions.save_details(actor=people.applicant, inquiry=inquiry, **details)
    return inquiry


def refusal(act, *args):
    """Return the sentence that refuses an action."""
    with pytest.raises(RuleViolation) as refused:
        act(*args)
    return refused.value.message


def browser_of(people, *, acts=False):
    """Return the applicant's signed-in client; with `acts`, its session acts as the holder."""
    client = signed_in(people.applicant)
    if acts and people.holder != people.applicant.identity:
        session = client.session
        session["acting_as"] = people.holder.pk
        session.save()
    return client


def choose_holder(client, people):
    """Choose the holder on the acting-as page, if the page offers it."""
    offered = client.get("/en/account/acting-as/").content.decode()
    if f'name="holder" value="{people.holder.pk}"' in " ".join(offered.split()):
        client.post("/en/account/acting-as/", {"holder": people.holder.pk})


def test_riyadh_day_spans_two_utc_days(clock):
    days = set()
    for clock.now in ENDS_OF_TODAY:
        assert timezone.localdate() == TODAY
        days.add(clock.now.date())
    assert days == {YESTERDAY, TODAY}


def test_filing_is_offered_and_allowed_while_permitted(clock, service):
    for about, case, people, _made in at_both_ends_of_today(clock, CASES):
        client = browser_of(people)
        choose_holder(client, people)
        page = client.get(NEW)
        offered = page.context["form"]["beneficiary"].field.rows
        assert (people.person in offered) == case.may_file, about
        field = f'name="beneficiary" value="{people.person.pk}"'
        assert (field in " ".join(page.content.decode().split())) == case.may_file, about

        with undone():
            if case.may_file:
                assert start(people, service).holder == people.holder, about
            else:
                assert refusal(start, people, service) == case.refusal, about

        form = first_step(service, people.person)
        response = browser_of(people, acts=True).post(NEW, form)
        assert response.status_code == (302 if case.may_file else 200), about
        if case.refusal == NOT_LINKED:
            assert errors_on(response) == ([] if case.may_file else [NOT_LINKED]), about
        begun = [(people.holder, people.person)] if case.may_file else []
        assert [(each.holder, each.beneficiary) for each in Inquiry.objects.all()] == begun, about


def test_old_draft_is_sent_only_while_permitted(clock, service):
    drafts = at_both_ends_of_today(clock, HAVE_FILED, lambda people: draft(people, service))
    for about, case, _people, old in drafts:
        if case.may_file:
            factories.submitted(old)
        else:
            assert refusal(factories.confirmation, old) == case.refusal, about
            assert not Inquiry.objects.filed().exists(), about


def test_no_filing_before_link_begins(clock, service):
    for name in CASES.keys() - HAVE_FILED.keys():
        with undone():
            assert refusal(start, CASES[name].make(), service) == CASES[name].refusal, name


def test_filed_inquiry_stays_readable_to_applicant(clock, service):
    inquiries = at_both_ends_of_today(
        clock, HAVE_FILED, lambda people: factories.submitted(draft(people, service))
    )
    for about, _case, people, filed in inquiries:
        client = browser_of(people)
        choose_holder(client, people)
        for page in ("/en/inquiries/", page_of(filed), page_of(filed, "receipt")):
            shown = words(client.get(page, follow=True))
            assert filed.reference in shown.replace("-", ""), about
        assert factories.DESCRIPTION in words(client.get(page_of(filed))), about


# Coming of age


def test_guardian_files_until_18_hijri_years(db, clock):
    for born, of_age in (
        # The same Hijri month has 29 days in one year and 30 in another.
        (date(2009, 6, 5), date(2026, 11, 22)),  # 12 Jumada al-Akhirah
        (date(2009, 6, 6), date(2026, 11, 23)),
        (date(2009, 2, 25), date(2026, 8, 13)),  # 30 Safar in both years
        (date(2009, 6, 22), date(2026, 12, 9)),  # 29 Jumada al-Akhirah, the last day in 1448
        (date(2009, 6, 23), date(2026, 12, 10)),  # 30 Jumada al-Akhirah, a day missing in 1448
        (date(2009, 6, 24), date(2026, 12, 10)),  # 1 Rajab
        (date(2009, 4, 25), date(2026, 10, 10)),  # 29 Rabi al-Thani, the last day in 1430 only
        (date(2009, 4, 26), date(2026, 10, 12)),  # 1 Jumada al-Ula
        (date(2008, 2, 29), date(2025, 8, 16)),  # 22 Safar 1429
    ):
        guardian, child = factories.IdentityFactory(), factories.IdentityFactory(birth_date=born)
        factories.link(guardian, child, Kind.GUARDIAN)
        # The Kingdom is three hours ahead of UTC.
        midnight = datetime(of_age.year, of_age.month, of_age.day, tzinfo=UTC)
        first_second = midnight - timedelta(hours=3)
        for clock.now, is_minor in (
            (first_second - timedelta(seconds=1), True),
            (first_second, False),
            (first_second + timedelta(days=400), False),
        ):
            assert child.is_minor == is_minor, born
            asked_for = Identity.objects.beneficiaries_for(guardian)
            assert (child in asked_for) == is_minor, born


def test_employer_and_host_links_ignore_age(db, clock):
    for kind in (Kind.EMPLOYER, Kind.HOST):
        holder = factories.IdentityFactory()
        for born in (COMES_OF_AGE_TODAY, COMES_OF_AGE_TOMORROW, date(1960, 1, 1)):
            person = factories.IdentityFactory(birth_date=born)
            factories.link(holder, person, kind)
            assert person in Identity.objects.beneficiaries_for(holder), (kind, born)
