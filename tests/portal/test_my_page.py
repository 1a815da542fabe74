"""The personal page: items that wait for the person first, then drafts, then the rest."""

import pytest

from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in, words
from tests.requests_app.returns import returned


def content(browser):
    """Return the words of the personal page below the header."""
    page = words(browser.get("/en/my/"))
    return page[page.index("Welcome") :]


def test_returned_inquiry_is_listed_first_and_once(as_resident, resident, officer):
    first, second = factories.filed(resident), factories.filed(resident)
    assert "Waiting for you" not in words(as_resident.get("/en/my/"))
    returned(first, officer)
    draft = factories.draft(resident)
    page = content(as_resident)
    references = [grouped_reference(each.reference) for each in (first, draft, second)]
    places = [page.index(reference) for reference in references]
    assert places == sorted(places)
    assert [page.count(reference) for reference in references] == [1, 1, 1]
    waiting, not_sent, mine = map(
        page.index, ("Waiting for you", "Not sent yet", "Latest inquiries")
    )
    assert waiting < places[0] < not_sent < places[1] < mine < places[2]


def test_all_inquiries_are_led_to_where_each_of_them_waits(as_resident, resident, officer):
    returned(factories.filed(resident), officer)
    assert "Latest inquiries All inquiries" in content(as_resident)


def decided_by(user, *, attendee, kind):
    """Create an appointment that `user` has to confirm, to move, or to accept an offer for."""
    criteria = {"holder": user.identity, "attendee": attendee}
    if kind == "held":
        return places.held(user, **criteria)
    if kind == "displaced":
        return places.in_status("displaced", slot=places.some_slot(), user=user, **criteria)
    appointment = places.confirmed(user, **criteria)
    places.offered(appointment)
    return appointment


@pytest.mark.parametrize("kind", ["held", "displaced", "offered"])
def test_undecided_appointment_is_listed_first_and_once(as_resident, resident, kind):
    appointment = decided_by(resident, attendee=resident.identity, kind=kind)
    other = places.confirmed(resident, slot=places.some_slots(3, time="07:00")[2])
    page = as_resident.get("/en/my/").content.decode()
    top, below = page.split('<h2 id="appointments">')
    assert '<h2 id="attention">Waiting for you</h2>' in top
    links = [f"/en/appointments/{each.reference}/" for each in (appointment, other)]
    assert [top.count(link) for link in links] == [1, 0]
    assert [below.count(link) for link in links] == [0, 1]


def test_confirmed_appointment_needs_no_decision(as_resident, resident):
    places.confirmed(resident)
    assert "Waiting for you" not in content(as_resident)


def test_attendee_has_nothing_to_decide(as_resident, resident):
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity, "employer")
    decided_by(employer, attendee=resident.identity, kind="displaced")
    assert "Waiting for you" not in content(as_resident)
    assert "Waiting for you" in content(signed_in(employer))
