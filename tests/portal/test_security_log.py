"""The security log: which lines a deed leaves, whole, and that each event is documented."""

import io
import json
import logging
import re
import uuid
from functools import partial

import pytest
from django.db import OperationalError, connections, transaction
from django.test import Client, TestCase
from django_otp.plugins.otp_static.models import StaticDevice

from appointments import actions as booking
from core.accounts.actions import open_person
from core.accounts.models import Identity
from core.exceptions import RuleViolation
from core.security_log import LOGGER, Event, JsonLine, note, pseudonym
from deploy.house import ROOT
from requests_app import actions as filing
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of as page_of_appointment
from tests.appointments.browsing import verified
from tests.appointments.test_figures import figures_of
from tests.conftest import signed_in, signed_in_staff
from tests.core.accounts import pages
from tests.requests_app import steps
from tests.requests_app.desk_pages import QUEUE, desk_of

pytestmark = pytest.mark.django_db

NUMBER, MOBILE = "2987654320", "+966501234567"
PASSWORD, WRONG = factories.PASSWORD, "wrong-but-telling"
ORDER = [
    *("time", "event", "outcome", "account", "typed", "person", "purpose", "kind", "reference"),
    *("network", "request"),
]

_TABLE = (ROOT / "docs/security-log.md").read_text().partition("\n## Events")[2]
# The row of each event in the documentation.
DOCUMENTED = dict(re.findall(r"(?m)^\| `(\w+)` (\|.*)$", _TABLE.partition("\n## ")[0]))


@pytest.fixture
def lines():
    """Return a function that runs a deed and returns what it leaves in the security log.

    The time and the request of each line are checked for their shape and left out.
    """
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLine())
    logging.getLogger(LOGGER).addHandler(handler)

    def lines(do):
        handler.stream = io.StringIO()
        with TestCase.captureOnCommitCallbacks(execute=True):
            do()
        found = [json.loads(line) for line in handler.stream.getvalue().splitlines()]
        for line in found:
            assert list(line) == [name for name in ORDER if name in line]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
            assert re.fullmatch(r"\d{4}(-\d{4}){3}", line.pop("request", "1234-1234-1234-1234"))
            assert f"`{line['outcome']}`" in DOCUMENTED[line["event"]], "the outcome is documented"
        return found

    yield lines
    logging.getLogger(LOGGER).removeHandler(handler)


def line(event, outcome="done", *, account=None, typed="", person=None, **facts):
    """Return the line of an event of a request from the address of the test's browsers."""
    found = {"event": event, "outcome": outcome}
    if account:
        found["account"] = pseudonym("account", account.pk)
    if typed:
        found["typed"] = pseudonym("typed", typed)
    if person:
        found["person"] = pseudonym("person", person.pk)
    return {**found, **facts, "network": pseudonym("network", "127.0.0.1")}


def check(lines, deeds):
    """Do each deed, one after the other, and compare all lines that it leaves."""
    for do, *expected in deeds:
        assert lines(do) == expected


@pytest.fixture
def identity():
    return factories.IdentityFactory(number=NUMBER, mobile=MOBILE)


def employee():
    """Return an officer who is a resident too, and has cases of their own."""
    fields = {"identity": factories.IdentityFactory(), "mobile": "+966512345678"}
    return factories.of_role("officer", **fields)


@pytest.fixture
def person(identity):
    return factories.UserFactory(username="aslam", identity=identity, mobile=MOBILE)


def give(browser, login, password):
    return browser.post(pages.SIGN_IN, {"login": login, "password": password})


def test_sign_in(person, lines):
    browser = Client()
    of_code = {"account": person, "purpose": "sign_in"}
    wrong = partial(line, "sign_in", "wrong_password", kind="resident")

    def give_code():
        code = factories.code_sent_to(person, "sign_in")
        browser.post(pages.CODE, {"code": code})

    def guess():
        browser.post(pages.CODE, {"code": steps.wrong(factories.code_sent_to(person, "sign_in"))})

    check(
        lines,
        [
            (lambda: give(browser, " Nobody ", WRONG), wrong(typed="nobody")),
            (lambda: give(browser, "aslam", WRONG), wrong(account=person)),
            (lambda: give(browser, NUMBER, WRONG), wrong(account=person)),
            (lambda: give(browser, "aslam", PASSWORD), line("code_sent", **of_code)),
            (lambda: give(browser, "aslam", PASSWORD), line("limit", "too_soon", **of_code)),
            (guess, line("code_tried", "wrong", **of_code)),
            (
                give_code,
                line("code_tried", **of_code),
                line("sign_in", account=person, kind="resident"),
            ),
        ],
    )


def test_sign_in_that_is_refused_after_the_password(person, lines, settings):
    browser = Client()
    give(browser, "aslam", PASSWORD)
    Identity.objects.update(status=Identity.Status.DECEASED)
    code = factories.code_sent_to(person, "sign_in")
    refused = partial(line, account=person, kind="resident")
    check(
        lines,
        [
            (
                lambda: browser.post(pages.CODE, {"code": code}),
                refused("sign_in", "deceased"),
            )
        ],
    )
    person.mobile = ""
    person.save()
    check(lines, [(lambda: give(Client(), "aslam", PASSWORD), refused("sign_in", "no_mobile"))])
    settings.AXES_FAILURE_LIMIT = 1
    check(lines, [(lambda: give(Client(), "aslam", WRONG), refused("limit", "locked_out"))])


def test_code_is_spent(person, lines):
    browser = Client()
    give(browser, "aslam", PASSWORD)
    wrong = steps.wrong(factories.code_sent_to(person, "sign_in"))
    outcomes = ["wrong"] * 5 + ["spent"]
    tried = partial(line, "code_tried", account=person, purpose="sign_in")

    def guess():
        browser.post(pages.CODE, {"code": wrong})

    check(lines, [(guess, tried(outcome)) for outcome in outcomes])


def test_registering_and_setting_a_new_password(identity, lines):
    browser = Client()
    sent = partial(line, "code_sent", purpose="register")
    tried = partial(line, "code_tried")

    def give_code(purpose, address):
        browser.post(address, {"code": pages.newest_code(purpose)})

    check(
        lines,
        [
            (
                lambda: pages.ask_to_register(Client(), "2000000006"),
                sent("nobody", typed="2000000006"),
            ),
            (lambda: pages.ask_to_register(browser), sent(typed=NUMBER)),
            (
                lambda: give_code("register", f"{pages.REGISTER}code/"),
                tried(purpose="register"),
            ),
        ],
    )
    opened = lines(lambda: pages.choose(browser))
    user = identity.user
    assert opened == [
        line("account_opened", account=user),
        line("sign_in", account=user, kind="resident"),
    ]
    check(
        lines,
        [
            (
                lambda: pages.ask_to_reset(browser, " ASLAM"),
                line("code_sent", typed="aslam", purpose="reset"),
            ),
            (lambda: give_code("reset", f"{pages.RESET}code/"), tried(purpose="reset")),
            (
                lambda: pages.set_password(browser),
                line("password_changed", account=user),
                line("recovery", account=user, kind="password_reset"),
            ),
        ],
    )


def test_changes_of_an_account(person, lines):
    browser = signed_in(person)
    wrong = {"mobile": pages.NEW_MOBILE, "password": WRONG}
    new = {"password": PASSWORD, "new_password": pages.NEW_PASSWORD, "again": pages.NEW_PASSWORD}
    mobile, mail = ({"account": person, "purpose": purpose} for purpose in ("mobile", "email"))
    check(
        lines,
        [
            (
                lambda: browser.post(pages.CHANGE_MOBILE, wrong),
                line("sign_in", "wrong_password", account=person, kind="own_password"),
            ),
            (lambda: pages.ask_for_mobile(browser), line("code_sent", **mobile)),
            (
                lambda: pages.give_mobile_code(browser, person),
                line("mobile_changed", account=person),
                line("code_tried", **mobile),
            ),
            (lambda: pages.ask_for_email(browser), line("code_sent", **mail)),
            (
                lambda: pages.give_email_code(browser, person),
                line("email_changed", account=person),
                line("code_tried", **mail),
            ),
            (
                lambda: browser.post(pages.CHANGE_EMAIL, {"remove": ""}),
                line("email_changed", account=person, kind="removed"),
            ),
            (
                lambda: browser.post(pages.CHANGE_PASSWORD, new),
                line("password_changed", account=person),
            ),
        ],
    )


def test_staff_sign_in(person, lines):
    officer = factories.OfficerFactory()
    paper = StaticDevice.objects.create(user=officer, name="paper")
    paper.token_set.create(token="abcd2345")
    browser = Client()
    staff = partial(line, "sign_in", kind="staff")
    new = {
        "old_password": PASSWORD,
        "new_password1": pages.NEW_PASSWORD,
        "new_password2": pages.NEW_PASSWORD,
    }

    def give(login, password):
        browser.post(pages.STAFF_SIGN_IN, {"login": login, "password": password})

    def give_code(code):
        StaticDevice.objects.update(throttling_failure_timestamp=None)
        browser.post("/en/staff/code/", {"code": code})

    check(
        lines,
        [
            (lambda: give("nobody", WRONG), staff("wrong_password", typed="nobody")),
            (lambda: give("aslam", PASSWORD), staff("not_staff", account=person)),
            (lambda: give(officer.username, PASSWORD),),
            (lambda: give_code("000000"), line("second_factor", "wrong", account=officer)),
            (
                lambda: give_code("abcd2345"),
                line("second_factor", account=officer, kind="recovery_code"),
                staff(account=officer),
            ),
            (
                lambda: browser.post("/en/staff/password_change/", new),
                line("password_changed", account=officer),
            ),
        ],
    )


def test_access_to_what_is_not_theirs(person, lines):
    other = employee()
    draft = factories.draft(other)
    factories.document_type()
    document = factories.attached(draft)
    inquiry = factories.submitted(draft)
    mine = factories.filed(person)
    appointment = places.confirmed(other, slot=places.some_slot())
    wish = places.wish(other)
    office = places.office("elsewhere", "Elsewhere")
    browser, staff = verified(person), signed_in_staff(other)
    manager = places.manager(places.office())
    foreign = partial(line, "access_refused", "not_theirs")
    its, my = {"reference": inquiry.reference}, {"reference": mine.reference}
    booked = {"reference": appointment.reference}
    clerk_user = places.clerk(places.office())
    clerk = signed_in_staff(clerk_user)
    officer = factories.OfficerFactory()
    forbidden = partial(line, "access_refused", "forbidden")
    staff_page = "/en/staff/appointments/appointment/"
    wanted = [
        (browser, steps.page_of(inquiry), foreign(account=person, kind="inquiry", **its)),
        (
            browser,
            f"{steps.page_of(mine)}documents/{document.pk}/",
            foreign(account=person, kind="document", **my),
        ),
        (
            browser,
            page_of_appointment(appointment),
            foreign(account=person, kind="appointment", **booked),
        ),
        (
            browser,
            f"/en/appointments/waiting/{wish.pk}/",
            foreign(account=person, kind="waiting"),
        ),
        (staff, desk_of(inquiry), foreign(account=other, kind="inquiry", **its)),
        (
            clerk,
            f"{staff_page}{appointment.pk}/change/",
            foreign(account=clerk_user, kind="appointment", **booked),
        ),
        (
            staff,
            f"/en/staff/people/{other.identity.pk}/",
            foreign(account=other, kind="person"),
        ),
        (
            signed_in_staff(manager),
            figures_of(office),
            foreign(account=manager, kind="office"),
        ),
        (
            signed_in_staff(officer),
            f"{staff_page}{appointment.pk}/change/",
            forbidden(account=officer, kind="admin:appointments_appointment_change"),
        ),
        (
            signed_in(officer),
            "/en/my/",
            forbidden(account=officer, kind="portal:my-page"),
        ),
    ]
    for each, address, expected in wanted:
        assert lines(lambda each=each, address=address: each.get(address)) == [expected], address
    for each, address in (
        (browser, "/en/inquiries/812345678906/"),
        (browser, "/en/appointments/812345678906/"),
        (staff, desk_of(Inquiry(pk=10**9))),
    ):
        assert lines(lambda each=each, address=address: each.get(address)) == [], address


def refused(action, **fields):
    """Carry out an action that is refused, in a transaction that is rolled back."""
    with pytest.raises(RuleViolation), transaction.atomic():
        action(**fields)


def without_network(expected):
    """Return the line without its request, as an action leaves it that is called alone."""
    return {name: value for name, value in expected.items() if name != "network"}


def test_deeds_that_are_refused(person, lines):
    clerk, officer = places.clerk(), factories.OfficerFactory()
    own = employee()
    inquiry, appointment = factories.filed(own), places.confirmed(person)
    other = factories.UserFactory()
    wish = places.wish(person)
    work = {"inquiry": inquiry, "expected_version": inquiry.version}
    walk_in = {"number": NUMBER, "service": None, "operations": 1, "idempotency_key": uuid.uuid4()}
    answer = {**work, "text": "a", "idempotency_key": uuid.uuid4()}
    its, booked = {"reference": inquiry.reference}, {"reference": appointment.reference}
    wanted = [
        (filing.withdraw, other, answer, "not_yours", {"kind": "withdraw", **its}),
        (filing.claim, other, work, "not_officer", {"kind": "work", **its}),
        (filing.claim, own, work, "own_case", {"kind": "work", **its}),
        (
            filing.assign,
            officer,
            {**work, "officer": officer},
            "not_supervisor",
            {"kind": "assign", **its},
        ),
        (
            booking.cancel,
            other,
            {"appointment": appointment},
            "not_yours",
            {"kind": "change", **booked},
        ),
        (booking.stop_waiting, other, {"waiting": wish}, "not_yours", {"kind": "change"}),
        (
            booking.call,
            clerk,
            {"appointment": appointment},
            "not_clerk",
            {"kind": "receive", **booked},
        ),
        (
            booking.walk_in,
            clerk,
            {**walk_in, "office": places.office()},
            "not_clerk",
            {"kind": "receive"},
        ),
    ]
    for action, actor, fields, outcome, facts in wanted:
        found = lines(lambda: refused(action, actor=actor, **fields))  # noqa: B023 - called at once
        expected = line("deed_refused", outcome, account=actor, **facts)
        assert found == [without_network(expected)], action
    # Whether a button is shown is no deed.
    assert lines(lambda: filing.may(other, filing.Deed.WORK, inquiry)) == []
    assert lines(lambda: booking.may(other, booking.Deed.CHANGE, appointment)) == []


def test_page_of_a_deed_that_is_not_theirs_any_more(lines):
    """Somebody who booked for an establishment, and represents it no longer."""
    establishment = factories.IdentityFactory(number="7000000001", birth_date=None)
    former = factories.UserFactory()
    mandate = factories.link(establishment, former.identity, "representative")
    worker = factories.IdentityFactory()
    factories.link(establishment, worker)
    inquiry = factories.filed(former, beneficiary=worker, holder=establishment)
    appointment = places.confirmed(former, holder=establishment, attendee=worker)
    mandate.delete()
    browser = verified(former)
    for address, kind, thing in (
        (steps.page_of(inquiry, "withdraw"), "withdraw", inquiry),
        (page_of_appointment(appointment, "cancel/"), "change", appointment),
    ):
        facts = {"kind": kind, "reference": thing.reference}
        expected = line("deed_refused", "not_yours", account=former, **facts)
        assert lines(lambda address=address: browser.get(address)) == [expected], address


def test_what_staff_open_and_take_out(person, lines):
    draft = factories.draft(person)
    factories.document_type()
    document = factories.attached(draft)
    inquiry = factories.submitted(draft)
    officer = factories.of_role("officer")
    related = employee()
    manager = places.manager(places.office())
    browser, files = signed_in_staff(officer), signed_in_staff(manager)
    address = f"{QUEUE}{inquiry.pk}/documents/{document.pk}/"
    page = f"/en/staff/people/{person.identity.pk}/"
    its = {"reference": inquiry.reference}
    opened = partial(line, "document_opened", account=officer, **its)
    seen = partial(line, "person_opened", account=officer, person=person.identity)
    taken = partial(line, "export", account=manager)
    reason = {"reason": "A call about a lost passport."}
    check(
        lines,
        [
            (lambda: browser.get(page), seen(kind="open_case", **its)),
            (lambda: browser.get(page),),
            (lambda: browser.get(address).getvalue(), opened(kind="download")),
            (lambda: browser.get(f"{address}preview/"), opened(kind="preview")),
            (lambda: files.get(figures_of(places.office())),),
            (lambda: files.get(figures_of(places.office(), "csv/")), taken(kind="csv")),
            (lambda: files.get(figures_of(places.office(), "xlsx/")), taken(kind="xlsx")),
        ],
    )
    supervisor = factories.of_role("supervisor")
    asked = signed_in_staff(supervisor)
    of_reason = line("person_opened", account=supervisor, person=related.identity, kind="reason")
    other = f"/en/staff/people/{related.identity.pk}/"
    check(
        lines,
        [
            (lambda: asked.get(other),),
            (lambda: asked.post(other, reason), of_reason),
        ],
    )
    for actor, outcome in ((person, "not_allowed"), (related, "own_case")):
        fields = {"actor": actor, "person": related.identity}
        expected = line("person_opened", outcome, account=actor, person=related.identity)
        assert lines(lambda: refused(open_person, **fields)) == [without_network(expected)]  # noqa: B023


def test_done_is_logged_after_the_commit_and_refused_at_once(person, lines):
    def rolled_back(outcome):
        with transaction.atomic():
            note(Event.PERSON_OPENED, outcome, account=person.pk)
            transaction.set_rollback(True)

    assert lines(lambda: rolled_back("done")) == []
    expected = without_network(line("person_opened", "own_case", account=person))
    assert lines(lambda: rolled_back("own_case")) == [expected]
    assert lines(lambda: note(Event.PERSON_OPENED, "own_case", account=person.pk)) == [expected]


def test_event_is_logged_without_a_database(person, lines, monkeypatch):
    def fail():
        raise OperationalError

    def export():
        with monkeypatch.context() as patch:
            patch.setattr(connections["default"], "in_atomic_block", False)
            patch.setattr(connections["default"], "ensure_connection", fail)
            note(Event.EXPORT, account=person.pk)

    assert lines(export) == [without_network(line("export", account=person))]


def test_log_that_fails_stops_nothing(person, lines, monkeypatch, caplog):
    def fail(*_arguments, **_keywords):
        raise OSError(NUMBER)

    browser = signed_in(person)
    removal = {"remove": ""}
    for name in ("pseudonym", "_logger.info"):
        with monkeypatch.context() as patch:
            patch.setattr(f"core.security_log.{name}", fail)
            caplog.clear()
            assert lines(lambda: browser.post(pages.CHANGE_EMAIL, removal)) == []
        assert [record.getMessage() for record in caplog.records] == [
            "the event email_changed was not logged: OSError"
        ]


def test_pseudonyms_hold_no_number_and_differ_by_key_and_purpose(settings):
    found = {pseudonym("account", 7), pseudonym("person", 7), pseudonym("account", 8)}
    settings.SECRET_KEY = "another"
    found.add(pseudonym("account", 7))
    assert len(found) == 4
    assert all(re.fullmatch("[a-p]{24}", each) for each in found)


def test_every_event_is_documented_and_nothing_else():
    assert sorted(DOCUMENTED) == sorted(Event)
