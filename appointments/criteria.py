"""The criteria that every step of a booking or a move carries on."""

from collections.abc import Collection
from dataclasses import dataclass

from appointments.models import Appointment, Slot, SlotQuerySet
from core.accounts.models import Identity
from core.catalogue.models import Region, Service


@dataclass(frozen=True)
class Criteria:
    """The criteria of a new booking, or of a move if `appointment` is given."""

    service: Service
    region: Region
    operations: int
    attendee: Identity | None = None
    beneficiaries: Collection[Identity] = ()
    appointment: Appointment | None = None

    def bookable_slots(self) -> SlotQuerySet:
        """Return the slots to choose from, without times at which the attendee is busy."""
        slots = Slot.objects.offered(self.service, self.operations)
        if self.appointment:
            return slots.without_other_appointment(
                self.appointment.attendee, besides=self.appointment
            )
        return slots.without_other_appointment(self.attendee) if self.attendee else slots
