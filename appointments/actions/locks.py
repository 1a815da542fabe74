"""The order in which rows are locked, before the places of slots, which come last of all.

The order is the user, the attendee, their entry on the waiting list, the appointment.
"""

from appointments.models import Appointment, Waiting
from core.accounts.models import Identity, User


def lock(actor: User, attendee: Identity) -> None:
    """Lock both people until the transaction ends, so that nobody else books for them."""
    list(User.objects.select_for_update(no_key=True).filter(pk=actor.pk))
    list(Identity.objects.select_for_update(no_key=True).filter(pk=attendee.pk))


def lock_waiting(appointment: Appointment) -> None:
    """Lock the entry on the waiting list, so that no offer is made until the transaction ends."""
    waiting = Waiting.objects.open().filter(appointment=appointment.pk)
    list(waiting.select_for_update(no_key=True).values_list("pk"))


def lock_entry(waiting: Waiting) -> None:
    """Lock this entry on the waiting list."""
    list(Waiting.objects.filter(pk=waiting.pk).select_for_update(no_key=True).values_list("pk"))


def lock_and_reload(appointment: Appointment) -> Appointment:
    """Lock the appointment and return it as it is now, with its people and its slot."""
    lock_waiting(appointment)
    # The query has no join: with one, a caller that had to wait here would not find an appointment
    # that has been moved meanwhile.
    row = Appointment.objects.filter(pk=appointment.pk).select_for_update(no_key=True)
    list(row.values_list("pk"))
    return reload(appointment)


def reload(appointment: Appointment) -> Appointment:
    """Return the appointment as it is now, with its people, its service and its slot."""
    with_all = Appointment.objects.select_related(
        "user", "holder", "attendee", "service", "slot__office"
    )
    return with_all.get(pk=appointment.pk)
