"""Making holds: places kept for some minutes until they are confirmed."""

import uuid
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from appointments.actions.events import EventType, Role, record_new
from appointments.models import Appointment, Slot
from core.accounts.models import Identity, User

# With ten million appointments, one new reference in a thousand is taken already.
MAX_REFERENCE_TRIES = 5

T = TypeVar("T")


def with_new_reference(action: Callable[[], T]) -> T:
    """Return what `action` returns; if its new reference was taken, it is tried with another.

    `action` has a transaction of its own.
    """
    for _attempt in range(MAX_REFERENCE_TRIES - 1):
        try:
            return action()
        except IntegrityError:
            continue
    return action()


def new_hold(
    *,
    user: User,
    slot: Slot,
    idempotency_key: uuid.UUID,
    beneficiaries: Collection[Identity] = (),
    **fields: Any,
) -> Appointment:
    """Make a hold of the slot with its event. The caller takes its places."""
    held_for = timedelta(minutes=settings.BOOKING["HOLD_MINUTES"])
    now = timezone.now()
    held = Appointment.objects.create(
        idempotency_key=idempotency_key,
        user=user,
        slot=slot,
        created_at=now,
        expires_at=min(now + held_for, slot.start),
        **fields,
    )
    if beneficiaries:
        held.beneficiaries.set(beneficiaries)
    record_new(held, EventType.HELD, actor=user, role=Role.CITIZEN)
    return held
