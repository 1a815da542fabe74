"""The marks taken back in a month, and what was never marked."""

import pytest

from appointments.actions import check_in, take_back
from appointments.models import Appointment, Slot
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.figures.pages import (
    SUNDAY_IN_WORDS,
    book_of,
    figures_of,
    numbers,
    rows_of_csv,
    tables,
    tables_on,
    texts_of,
)
from tests.conftest import signed_in_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken_back(slot):
    """Return an appointment of Sunday whose check-in was taken back by a clerk of the office."""
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory(name_en="Huda Saleh"))
    appointment = places.confirmed(slot=slot)
    check_in(actor=clerk, appointment=appointment)
    appointment.refresh_from_db()
    take_back(
        actor=clerk,
        appointment=appointment,
        reason="wrong_person",
        words="=His brother",
        expected_version=appointment.version,
    )
    return appointment


def test_marks_taken_back_are_listed_in_their_month(browser, taken_back):
    office, number = taken_back.slot.office, grouped_reference(taken_back.reference)
    why = "It was another person: =His brother"
    page = browser.get(figures_of(office))
    of_page = [f"{places.ON_SUNDAY} · 09:00", "Huda Saleh", number, "Checked in", why]
    assert tables_on(page)[3][2:] == [of_page, ["Total", "1", "", "", ""]]
    assert f'href="/en/staff/appointments/appointment/{taken_back.pk}/change/"' in (
        page.content.decode()
    )
    in_file = ["2026-05-03", "09:00", "Huda Saleh", number, "Checked in", why]
    assert rows_of_csv(browser, office, "taken-back")[1:] == [in_file]
    book = book_of(browser.get(figures_of(office, "xlsx/")))
    lines = [texts_of(line) for line in book["Marks taken back"].values]
    assert lines[1:] == [in_file, ["", "Total", "1", "", "", ""]]
    later = browser.get(figures_of(office), {"month": "2026-06"})
    assert tables_on(later)[3][2:] == [["Total", "0", "", "", ""]]


def test_auditors_read_what_was_taken_back_but_not_of_themselves(taken_back, elsewhere):
    auditor = factories.of_role("auditor", identity=factories.IdentityFactory())
    shown = signed_in_staff(auditor).get(figures_of(taken_back.slot.office))
    assert tables_on(shown)[3][3][:2] == ["Total", "1"]
    of_another = signed_in_staff(auditor).get(figures_of(elsewhere))
    assert tables_on(of_another)[3][2][:2] == ["Total", "0"]
    Appointment.objects.filter(pk=taken_back.pk).update(attendee=auditor.identity)
    shown = signed_in_staff(auditor).get(figures_of(taken_back.slot.office))
    assert tables_on(shown)[3][2][:2] == ["Total", "0"]


def test_what_is_not_marked_is_booked_and_neither_served_nor_missed(browser, slot):
    places.in_status("unmarked", slot=slot)
    Slot.objects.filter(pk=slot.pk).update(taken=0)
    days = tables(browser, slot.office)[0]
    assert days[SUNDAY_IN_WORDS] == numbers("4 1 3 0 0 0 25")
