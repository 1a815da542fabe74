"""A holder with many linked people: the pages stay small, and a person is found by a search."""

import datetime
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment
from core import reference_data
from core.accounts.models import Identity, IdentityNumber, Link
from core.catalogue.models import Service
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import DAYS, OFFICES, TIMES, address, criteria_of, verified
from tests.appointments.browsing import NEW as BOOK
from tests.conftest import errors_on, notices_on, words
from tests.worlds import undone, world

FILE = "/en/inquiries/new/"
ACCOUNT = "/en/account/"
LINKS = f"{ACCOUNT}links/"
NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NOBODY = "Nobody linked to you has this name or number. Check the spelling, or try the ID number."
FIRST_TWENTY = "These are the first 20. Type more of the name or the number to find others."
MAX_BYTES = 30_000


@world
def employers():
    """Return the users whom 300 and 3 people work for; one of the 300 is called Siti Aminah."""
    large, small = (factories.UserFactory(username=name) for name in ("large", "small"))
    siti = factories.IdentityFactory(
        name_ar="سيتي أمينة", name_en="Siti Aminah", number="2987654321"
    )
    siti.numbers.create(number="3111122222", is_current=False)
    factories.link(large.identity, siti)
    factories.workers(large.identity, 299)
    factories.workers(small.identity, 3, first=500)
    factories.ServiceFactory(slug="for-residents", can_be_booked=True)
    places.region()
    return large, small


@pytest.fixture
def large(employers, db):
    return employers[0]


@pytest.fixture
def browser(large):
    return verified(large)


@pytest.fixture
def siti(large):
    return Identity.objects.get(name_en="Siti Aminah")


def people_on(page):
    """Return the names of the people that the page lists."""
    rows = re.search(r'(?s)<ul class="rows">.*?</ul>', page.content.decode())
    return [words(row) for row in re.findall(r"(?s)<bdi>.*?</bdi>", rows[0])] if rows else []


def search(browser, address, typed):
    """Return the page that follows a search; it can be gone back to, and holds no words."""
    page = browser.post(address, {"words": typed}, follow=True)
    assert all("found=1" in to for to, _status in page.redirect_chain)
    return page


def address_of(page, name):
    """Return where the link with this name leads."""
    link = rf'href="([^"]*)"><bdi>{name}</bdi>'
    return re.search(link, page.content.decode())[1].replace("&amp;", "&")


def test_beneficiary_is_found_and_filed_for(browser, siti):
    page = browser.get(FILE, {"service": "for-residents"}, follow=True)
    assert [to for to, _status in page.redirect_chain] == [f"{FILE}person/?service=for-residents"]
    assert "Who is the inquiry for?" in words(page)
    assert people_on(page) == ["Mohammed Aslam Khan"]  # nobody was chosen before but oneself
    page = search(browser, page.redirect_chain[0][0], "aminah")
    assert people_on(page) == ["Siti Aminah"]
    chosen = address_of(page, "Siti Aminah")
    assert chosen == f"{FILE}?service=for-residents&beneficiary={siti.pk}"
    page = browser.get(chosen)
    assert "Who is the inquiry for? Siti Aminah 2987654321" in words(page)
    form = page.context["form"]
    posted = {
        "idempotency_key": form["idempotency_key"].value(),
        "beneficiary": form["beneficiary"].value(),
        "service": form["service"].value(),
    }
    browser.post(FILE, posted)
    draft = Inquiry.objects.get()
    assert (draft.beneficiary, draft.holder.user.username) == (siti, "large")
    page = browser.get(f"{FILE}person/")
    assert people_on(page) == ["Mohammed Aslam Khan", "Siti Aminah"]
    page = browser.get(f"/en/inquiries/{draft.reference}/subject/")
    assert "Who is the inquiry for? Siti Aminah 2987654321" in words(page)
    page = browser.post(
        f"/en/inquiries/{draft.reference}/subject/", {**posted, "find": "beneficiary"}, follow=True
    )
    page = search(browser, page.redirect_chain[0][0], "number 299")
    assert people_on(page) == []
    page = search(browser, f"/en/inquiries/{draft.reference}/subject/person/", "number 298")
    page = browser.get(address_of(page, "Worker Number 298"))
    assert "Who is the inquiry for? Worker Number 298" in words(page)


def test_people_are_found_by_any_part_in_any_spelling(browser):
    for typed in (
        *("Siti", "SITI aminah", "minah", "  siti  ", "سيتي", "امينه", "أمينة سيتي"),
        *("2987654321", "٢٩٨٧٦٥٤٣٢١", "298-765-4321", "4321", "٤٣٢١", "3111122222", "siti 4321"),
    ):
        page = search(browser, f"{FILE}person/", typed)
        assert people_on(page) == ["Siti Aminah"], typed
    there = page.request["PATH_INFO"]
    assert people_on(browser.get(there, {"found": "1"})) == ["Siti Aminah"]
    assert people_on(browser.get(there)) == ["Mohammed Aslam Khan"]
    for typed in ("Siti Khan", "%", "_", "number 4321", "9" * 200, "2987654322", "500"):
        page = search(browser, f"{FILE}person/", typed)
        assert (people_on(page), NOBODY in words(page)) == ([], True), typed
        assert page.context["form"]["words"].value() == typed
    page = search(browser, f"{FILE}person/", "worker")
    assert (len(people_on(page)), FIRST_TWENTY in words(page)) == (20, True)
    # Whose number ends so comes before those who have the digits elsewhere in it.
    IdentityNumber.objects.filter(identity__name_en="Worker Number 99").update(number="2499990024")
    IdentityNumber.objects.filter(identity__name_en="Worker Number 100").update(number="2400024000")
    assert people_on(search(browser, f"{FILE}person/", "0024"))[0] == "Worker Number 24"
    assert people_on(search(browser, f"{FILE}person/", "90024"))[0] == "Worker Number 99"
    found = people_on(search(browser, f"{FILE}person/", "00024"))
    assert found.index("Worker Number 24") < found.index("Worker Number 100")
    for typed, error in (
        (" \u200f", "Type a name, an ID number or a part of one."),
        ("a" * 201, "This text has 201 characters. Shorten it to 200."),
        ("\ufffd", "Some characters could not be read. Type this text again."),
    ):
        page = search(browser, f"{FILE}person/", typed)
        assert (errors_on(page), page.context["form"]["words"].value()) == ([error], typed)


def test_whoever_is_not_linked_is_neither_found_nor_taken(browser, employers, siti):
    stranger = employers[1].identity
    page = search(browser, f"{FILE}person/", stranger.current_number)
    assert people_on(page) == []
    Link.objects.filter(person=siti).update(until=datetime.date(2020, 1, 2))
    for person in (stranger.pk, siti.pk, "0", "x", "9" * 30, "²"):
        for page in (
            browser.get(FILE, {"beneficiary": person}, follow=True),
            browser.post(
                FILE,
                {
                    "idempotency_key": uuid.uuid4(),
                    "beneficiary": person,
                    "service": "for-residents",
                },
                follow=True,
            ),
            browser.get(BOOK, {"attendee": person, "region": "riyadh"}, follow=True),
        ):
            assert (notices_on(page), "person/" in page.request["PATH_INFO"]) == (
                [NOT_LINKED],
                True,
            ), person
    assert not Inquiry.objects.exists()


def test_attendee_and_others_are_found_and_booked_for(browser, siti):
    page = browser.get(BOOK, follow=True)
    assert page.redirect_chain == [(f"{BOOK}person/", 302)]
    page = search(browser, f"{BOOK}person/", "4321")
    page = browser.get(address_of(page, "Siti Aminah"))
    assert "Who comes to the office? Siti Aminah 2987654321" in words(page)
    typed = {
        "attendee": siti.pk,
        "service": "for-residents",
        "region": "riyadh",
        "operations": "2",
    }
    page = browser.get(BOOK, {**typed, "find": "beneficiaries"}, follow=True)
    assert "Who is the appointment for?" in words(page)
    page = search(browser, page.redirect_chain[0][0], "number 7")
    page = browser.get(address_of(page, "Worker Number 7"))
    # The form is filled in with what was chosen before, and waits to be sent.
    form = page.context["form"]
    assert {name: form[name].value() for name in typed} == {**typed, "attendee": str(siti.pk)}
    seventh = Identity.objects.get(name_en="Worker Number 7")
    assert form["beneficiaries"].value() == [str(seventh.pk)]
    page = browser.get(BOOK, {**typed, "beneficiaries": seventh.pk}, follow=True)
    assert page.redirect_chain[-1][0].startswith(OFFICES)
    assert "2 operations · Siti Aminah" in words(page)


def steps_of(user, slot):
    """Return the steps of both services for the latest worker of the user: (address, posted)."""
    worker = user.identity.links.latest("pk").person
    service = Service.objects.get()
    draft = factories.draft(user, service=service, beneficiary=worker)
    subject = {"beneficiary": worker.pk, "service": service.slug}
    inquiry = f"/en/inquiries/{draft.reference}/"
    criteria = criteria_of(worker, service, beneficiaries=[user.identity.pk])
    chosen = {"office": slot.office.slug, "day": slot.day}
    times = address(TIMES, criteria, **chosen)
    return [
        (f"{FILE}?beneficiary={worker.pk}", None),
        (FILE, {"idempotency_key": uuid.uuid4(), **subject}),
        (f"{FILE}person/", None),
        (f"{FILE}person/", {"words": "worker"}),
        (f"{ACCOUNT}people/", None),
        (f"{ACCOUNT}people/", {"words": "worker"}),
        (f"{inquiry}subject/", None),
        (f"{inquiry}subject/", subject),
        *((f"{inquiry}{step}/", None) for step in ("details", "documents", "review", "confirm")),
        (address(BOOK, criteria, again="1"), None),
        (address(BOOK, criteria), None),
        (address(OFFICES, criteria), None),
        (address(DAYS, criteria, **chosen), None),
        (times, None),
        (times, {"idempotency_key": uuid.uuid4(), "slot": slot.pk}),
        *((page, None) for page in (LINKS, "/en/my/", "/en/inquiries/", "/en/appointments/")),
    ]


def test_no_step_takes_more_queries_for_many_people_or_grows_with_them(employers):
    slot = places.some_slot()
    reference_data.version()  # what every page reads once in ten seconds
    taken = []
    for user in employers:
        browser = verified(user)
        taken.append([])
        for step, posted in steps_of(user, slot):
            with undone(), CaptureQueriesContext(connection) as asked:
                page = browser.get(step) if posted is None else browser.post(step, posted)
            assert page.status_code in (200, 302), step
            assert len(page.content) < MAX_BYTES, step
            taken[-1].append((re.sub(r"[0-9]+|%..", "", step), bool(posted), len(asked)))
    for (step, posted, of_many), (*of_few, number) in zip(*taken, strict=True):
        assert [step, posted] == of_few
        # Who was chosen among many is looked up, beside those who show that they are many.
        assert of_many <= number + 1, step


def test_linked_people_are_shown_by_pages_and_searched(browser, large, siti):
    page = browser.get(LINKS)
    assert page.content.count(b"works for you") == 10
    assert f'href="{ACCOUNT}people/"' in page.content.decode()
    page = browser.get(f"{ACCOUNT}people/", {"page": "15"})
    assert page.content.count(b"works for you") == 20
    assert "Page 15 of 15" in words(page)
    page = search(browser, f"{ACCOUNT}people/", "4321")
    assert people_on(page) == ["Siti Aminah"]
    page = search(browser, f"{ACCOUNT}people/", "nobody at all")
    assert NOBODY in words(page)
    page = search(browser, f"{ACCOUNT}people/", "worker")
    assert (len(people_on(page)), FIRST_TWENTY in words(page)) == (20, True)
    # Others do not see them.
    page = search(verified(factories.UserFactory()), f"{ACCOUNT}people/", "4321")
    assert people_on(page) == []


def test_agent_of_many_establishments_finds_the_one_to_act_for(browser, large, siti):
    establishments = [
        factories.IdentityFactory(
            name_en=f"Company {letter}", number=f"7{place:09}", birth_date=None
        )
        for place, letter in enumerate("ABCDEFGHIJKL")
    ]
    for establishment in establishments:
        factories.link(establishment, large.identity, Link.Kind.REPRESENTATIVE)
    factories.link(establishments[7], siti)
    page = browser.get(f"{ACCOUNT}holders/")
    assert len(people_on(page)) == 12
    page = browser.get(f"{ACCOUNT}acting-as/")
    assert page.content.count(b'type="radio"') == 1  # as oneself
    page = search(browser, f"{ACCOUNT}acting-as/find/", "company h")
    page = browser.get(address_of(page, "Company H"))
    chosen = page.context["form"]["holder"].value()
    assert f'value="{chosen}" id="id_holder_1" checked' in " ".join(page.content.decode().split())
    page = browser.post(f"{ACCOUNT}acting-as/", {"holder": chosen}, follow=True)
    assert "You are acting for Company H" in words(page)
    assert "People linked to Company H Siti Aminah" in words(browser.get(LINKS))


def test_appointments_ahead_are_shown_by_pages(browser, large, employers):
    slot = places.some_slot()
    first, *others = large.identity.links.order_by("pk")[:25]
    held = places.held(large, slot=slot, attendee=first.person, service=Service.objects.get())
    assert Appointment.objects.bulk_create(
        Appointment(
            idempotency_key=uuid.uuid4(),
            user=large,
            holder=large.identity,
            attendee=link.person,
            service=held.service,
            slot=slot,
            status="confirmed",
            expires_at=held.expires_at,
        )
        for link in others
    )
    pages = [browser.get("/en/appointments/", {"upcoming": number}) for number in (1, 2)]
    assert [len(people_on(page)) for page in pages] == [20, 5]
    assert "Page 1 Later" in words(pages[0])
