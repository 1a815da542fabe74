"""The inquiry on the page of an appointment, and the appointment on that of the inquiry."""

import pytest
from django.utils import timezone

from core.references import grouped_reference
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.conftest import words
from tests.portal.invitations import (
    DAY,
    booked,
    invited,
    link_on,
)
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.django_db


def test_stranger_learns_nothing_of_the_inquiry_from_an_appointment(officer, resident, hours, slot):
    """An employer books for a worker who has filed an inquiry of their own."""
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=worker)
    invited(inquiry)
    appointment = places.confirmed(
        resident, slot=slot, service=inquiry.service, attendee=worker.identity
    )
    address = f"/en/appointments/{appointment.reference}/"
    assert grouped_reference(inquiry.reference) not in words(verified(resident).get(address))
    assert grouped_reference(inquiry.reference) in words(verified(worker).get(address))
    shown = verified(worker).get(page_of(inquiry)).content.decode()
    assert grouped_reference(appointment.reference) in shown


@pytest.fixture
def names_inquiry(as_resident, inquiry):
    """Return a function that tells whether the page of an appointment names the inquiry."""

    def names(appointment):
        page = as_resident.get(f"/en/appointments/{appointment.reference}/")
        return grouped_reference(inquiry.reference) in words(page)

    return names


def test_appointment_of_another_service_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    assert not names_inquiry(places.confirmed(inquiry.applicant, slot=slot))


def test_appointment_of_before_does_not_name_it(names_inquiry, inquiry, slot):
    appointment = booked(inquiry, slot)
    invited(inquiry)
    assert not names_inquiry(appointment)


def test_appointment_of_after_the_end_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    appointment = booked(inquiry, slot)
    assert names_inquiry(appointment)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert not names_inquiry(appointment)
    Invitation.objects.update(until=timezone.localdate(), withdrawn_at=appointment.confirmed_at)
    assert not names_inquiry(appointment)
    Invitation.objects.update(withdrawn_at=timezone.now())
    assert names_inquiry(appointment)


def test_appointment_of_somebody_else_does_not_name_it(names_inquiry, inquiry, slot):
    invited(inquiry)
    worker = factories.IdentityFactory()
    factories.link(inquiry.applicant.identity, worker)
    assert not names_inquiry(booked(inquiry, slot, attendee=worker))


def test_held_time_names_no_inquiry(names_inquiry, inquiry, slot):
    invited(inquiry)
    held = places.held(inquiry.applicant, slot=slot, service=inquiry.service)
    assert not names_inquiry(held)


def test_employer_reads_what_the_worker_booked_and_cannot_open_it(
    officer, resident, as_resident, hours, slot
):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    invited(inquiry)
    of_worker = verified(worker)
    address = link_on(of_worker.get(page_of(inquiry)), "Book this appointment")
    offices = of_worker.get(address)
    assert offices.context["criteria"].attendee == worker.identity
    appointment = places.confirmed(worker, slot=slot, service=inquiry.service)
    page_of_it = f"/en/appointments/{appointment.reference}/"
    shown = as_resident.get(page_of(inquiry))
    assert grouped_reference(appointment.reference) in words(shown)
    assert page_of_it not in shown.content.decode()
    assert page_of_it in of_worker.get(page_of(inquiry)).content.decode()
    assert as_resident.get(page_of_it).status_code == 404
