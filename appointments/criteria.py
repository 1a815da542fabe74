"""The criteria that every step of a booking or a move carries on, and those of an appointment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from appointments.models import Appointment, Slot, SlotQuerySet
from core.accounts.models import Identity
from core.catalogue.models import Region, Service


@dataclass(frozen=True)
class Criteria:
    """The criteria of a new booking, or of a move if `appointment` is given.

    After `until`, somebody who was asked to come by then is offered nothing.
    """

    service: Service
    region: Region
    operations: int
    attendee: Identity | None = None
    beneficiaries: Collection[Identity] = ()
    appointment: Appointment | None = None
    until: date | None = None

    def bookable_slots(self) -> SlotQuerySet:
        """Return the slots to choose from, without times at which the attendee is busy."""
        slots = Slot.objects.offered(self.service, self.operations)
        if self.until:
            slots = slots.filter(day__lte=self.until)
        if self.appointment:
            return slots.without_other_appointment(
                self.appointment.attendee, besides=self.appointment
            )
        return slots.without_other_appointment(self.attendee) if self.attendee else slots


def same_again(appointment: Appointment) -> str:
    """Return what was booked as the query of a step, to choose another time for the same."""
    named = appointment.beneficiaries.values_list("pk", flat=True)
    return urlencode(
        {
            "attendee": appointment.attendee_id,
            "service": appointment.service.slug,
            "region": appointment.slot.office.region.slug,
            "operations": appointment.operations,
            "beneficiaries": list(named),
            "office": appointment.slot.office.slug,
        },
        doseq=True,
    )
