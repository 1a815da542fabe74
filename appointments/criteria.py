"""What somebody looks for: the criteria that every step of a booking or a move carries on."""

from dataclasses import dataclass, field

from appointments.models import Appointment, Slot
from core.accounts.models import Identity
from core.catalogue.models import Region, Service


@dataclass(frozen=True)
class Criteria:
    """`appointment` is the one that is to be moved; without one, a new one is booked."""

    service: Service
    region: Region
    operations: int
    attendee: Identity | None = None
    beneficiaries: list[Identity] = field(default_factory=list)
    appointment: Appointment | None = None

    def bookable_slots(self):
        return Slot.objects.bookable(self.service, self.operations)
