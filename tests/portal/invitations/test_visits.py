"""What counts as the visit of an invitation."""

import pytest
from django.utils import timezone

from appointments.models import Appointment
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.portal.invitations import (
    DAY,
    booked,
    invited,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def visit_of(invitation):
    return Invitation.objects.with_visit().filter(pk=invitation.pk).first().visit


def test_what_is_booked_next_for_the_service_is_the_visit(inquiry, slot):
    invitation = invited(inquiry)
    assert visit_of(invitation) is None
    other = places.confirmed(inquiry.applicant, slot=places.slot(slot.day, "12:00"))
    assert other.service != inquiry.service
    assert visit_of(invitation) is None
    appointment = booked(inquiry, slot)
    assert visit_of(invitation) == appointment


def test_what_is_merely_held_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    places.held(inquiry.applicant, slot=slot, service=inquiry.service)
    assert visit_of(invitation) is None


def test_what_was_booked_before_is_no_visit(inquiry, slot):
    booked(inquiry, slot)
    assert visit_of(invited(inquiry)) is None


def test_what_is_booked_for_somebody_else_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    places.confirmed(slot=slot, service=inquiry.service)
    assert visit_of(invitation) is None


@pytest.mark.both_engines
def test_what_is_booked_after_the_last_day_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    appointment = booked(inquiry, slot)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert visit_of(invitation) is None
    Invitation.objects.update(until=timezone.localdate())
    assert visit_of(invitation) == appointment


def test_what_is_booked_after_it_was_withdrawn_is_no_visit(inquiry, slot):
    invitation = invited(inquiry)
    withdrawn(inquiry)
    booked(inquiry, slot)
    assert visit_of(invitation) is None


def test_what_the_person_books_for_themselves_is_the_visit(officer, resident, hours, slot):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    invitation = invited(inquiry)
    appointment = places.confirmed(worker, slot=slot, service=inquiry.service)
    assert visit_of(invitation) == appointment


@pytest.mark.both_engines
def test_after_a_cancel_the_person_books_again(inquiry, slot):
    invitation = invited(inquiry)
    first = booked(inquiry, slot)
    assert not of(invitation).is_to_book
    places.cancel(first)
    assert of(invitation).visit == first
    assert of(invitation).is_to_book
    second = booked(inquiry, places.slot(slot.day, "12:00"))
    assert of(invitation).visit == second
    assert not of(invitation).is_to_book


def of(invitation):
    return Invitation.objects.with_visit().filter(pk=invitation.pk).first()


def test_moved_appointment_shows_its_new_time(inquiry, slot):
    invitation = invited(inquiry)
    appointment = booked(inquiry, slot)
    later = places.slot(slot.day + DAY, "12:00")
    places.move(appointment, later)
    assert visit_of(invitation).slot == later


@pytest.mark.parametrize(("status", "again"), [("no_show", True), ("served", False)])
def test_who_missed_it_can_book_again(inquiry, slot, status, again):
    invitation = invited(inquiry)
    booked(inquiry, slot)
    Appointment.objects.update(status=status)
    assert of(invitation).is_to_book == again
