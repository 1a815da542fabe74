"""Who waits for whom: rows are locked in this order, and the places of slots last of all.

The user, the attendee, their place on the waiting list, the appointment. Whoever offers a place to
somebody who waits skips those who are locked, so nobody ever waits the other way round.
"""

from appointments.models import Appointment, Waiting
from core.accounts.models import Identity, User


def lock(actor, attendee):
    """Nobody else books for these people until the transaction ends."""
    list(User.objects.select_for_update(no_key=True).filter(pk=actor.pk))
    list(Identity.objects.select_for_update(no_key=True).filter(pk=attendee.pk))


def lock_waiting(appointment):
    """Nobody offers it an earlier time until the transaction ends."""
    waiting = Waiting.objects.open().filter(appointment=appointment.pk)
    list(waiting.select_for_update(no_key=True).values_list("pk"))


def lock_and_reload(appointment, **of):
    """The appointment as it is now, with its people and its place; DoesNotExist unless `of` it."""
    lock_waiting(appointment)
    # Without a join: whoever had to wait here would not find one that has been moved meanwhile.
    row = Appointment.objects.filter(pk=appointment.pk).select_for_update(no_key=True)
    list(row.values_list("pk"))
    with_all = Appointment.objects.select_related(
        "user", "holder", "attendee", "service", "slot__office"
    )
    return with_all.get(pk=appointment.pk, **of)
