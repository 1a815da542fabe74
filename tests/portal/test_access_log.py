"""What is opened, taken out and refused, and the line of each in the security log."""

import uuid
from functools import partial

import pytest

from appointments import actions as booking
from core.accounts.actions import open_person
from requests_app import actions as filing
from requests_app.models import Attachment, Inquiry
from requests_app.storage import PRIVATE
from requests_app.uploads import save
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of as page_of_appointment
from tests.appointments.browsing import verified
from tests.appointments.figures.pages import figures_of
from tests.conftest import signed_in, signed_in_staff
from tests.portal.security_lines import check, employee, line, refused, without_network
from tests.requests_app import steps
from tests.requests_app.desk_pages import QUEUE, desk_of
from tests.requests_app.malware import SIGNATURE, FakeScanner, malware

pytestmark = pytest.mark.django_db
NUMBER = "2987654320"


@pytest.fixture
def person():
    identity = factories.IdentityFactory(number=NUMBER)
    return factories.UserFactory(identity=identity, mobile="+966501234567")


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
            "/en/inquiries/",
            forbidden(account=officer, kind="inquiries:list"),
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


def test_deeds_that_are_refused(person, lines):
    clerk, officer = places.clerk(), factories.OfficerFactory()
    own = employee()
    inquiry, appointment = factories.filed(own), places.confirmed(person)
    other = factories.UserFactory()
    wish = places.wish(person)
    work = {"inquiry": inquiry, "expected_version": inquiry.version}
    walk_in = {
        "number": NUMBER,
        "service": None,
        "operations": 1,
        "idempotency_key": uuid.uuid4(),
    }
    answer = {**work, "text": "a", "idempotency_key": uuid.uuid4()}
    its, booked = {"reference": inquiry.reference}, {"reference": appointment.reference}
    wanted = [
        (filing.withdraw, other, answer, "not_yours", {"kind": "withdraw", **its}),
        (filing.claim, other, work, "not_officer", {"kind": "decide", **its}),
        (filing.claim, own, work, "own_case", {"kind": "decide", **its}),
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
            {"kind": "give_up", **booked},
        ),
        (booking.stop_waiting, other, {"waiting": wish}, "not_yours", {"kind": "give_up"}),
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
        (page_of_appointment(appointment, "cancel/"), "give_up", appointment),
    ):
        facts = {"kind": kind, "reference": thing.reference}
        expected = line("deed_refused", "not_yours", account=former, **facts)
        assert lines(lambda address=address: browser.get(address)) == [expected], address


def test_what_staff_open_and_take_out(person, lines):
    draft = factories.draft(person)
    factories.document_type()
    document = factories.attached(draft)
    # As if the picture had been signed.
    Attachment.objects.update(original_stored_name=save(b"signed", PRIVATE))
    inquiry = factories.submitted(draft)
    officer = factories.of_role("officer")
    related = employee()
    manager = places.manager(places.office())
    browser, files = signed_in_staff(officer), signed_in_staff(manager)
    clerk = places.clerk(places.office())
    desk = signed_in_staff(clerk)
    paper = "/en/staff/appointments/appointment/today/print/"
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
            (lambda: browser.get(f"{address}pages/1/picture/"), opened(kind="preview")),
            (lambda: browser.get(f"{address}original/").getvalue(), opened(kind="original")),
            (lambda: files.get(figures_of(places.office())),),
            (lambda: files.get(figures_of(places.office(), "csv/")), taken(kind="csv")),
            (lambda: files.get(figures_of(places.office(), "xlsx/")), taken(kind="xlsx")),
            (lambda: desk.get(paper), line("export", account=clerk, kind="paper")),
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


def test_infected_documents_and_a_scanner_that_is_away(person, lines, monkeypatch):
    scanner = FakeScanner(monkeypatch.setattr)
    factories.document_type()
    draft = factories.draft(person)
    browser, staff = signed_in(person), signed_in_staff(factories.of_role("officer"))
    infected = partial(line, "document_infected", kind=SIGNATURE, reference=draft.reference)
    begun, ended = line("scanner_away", "begun"), line("scanner_away", "ended")

    def add(upload, is_away=True):
        scanner.is_away = is_away
        steps.add_documents(browser, draft, upload)

    def scan(is_away=False):
        scanner.is_away = is_away
        filing.scan_quarantined()

    check(
        lines,
        [
            # Of an outage each file is not told of, only where it begins and ends.
            (lambda: add(factories.picture()), begun),
            (lambda: add(malware()),),
            (lambda: scan(is_away=True),),
            (lambda: add(factories.picture("2.jpg", size=(61, 40)), is_away=False), ended),
            (lambda: add(malware(filler=b"2"), is_away=False), infected("refused", account=person)),
            (scan, without_network(infected("removed"))),
            (lambda: add(factories.picture("3.jpg", size=(62, 40))), begun),
            (lambda: scan(is_away=True),),
        ],
    )
    inquiry = factories.submitted(draft)
    waiting = inquiry.attachments.quarantined().get()
    address = f"{QUEUE}{inquiry.pk}/documents/{waiting.pk}/"
    # Nobody has opened it.
    check(lines, [(lambda: staff.get(address),), (lambda: staff.get(f"{address}preview/"),)])
    check(lines, [(scan, without_network(ended))])
