"""Walk-ins: people who come without an appointment."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.hold_expiry import expire, give_back_lapsed, lapsed_now
from appointments.actions.locks import lock
from appointments.actions.look_up import look_up_person
from appointments.actions.notices import notify
from appointments.actions.places import move_places
from appointments.actions.rights import not_a_clerk
from appointments.actions.rules import check_may_book, check_operations
from appointments.actions.slips import issue_slip
from appointments.actions.waiting import end_wish
from appointments.models import Appointment, Office, Slot
from core.accounts.models import Identity, User
from core.catalogue.models import Service
from core.digests import derive_key
from core.exceptions import RuleViolation

# Somebody else may take the last place of the slot that was found; the next try looks for another
# one.
MAX_TRIES = 10


def walk_in(
    *,
    actor: User,
    office: Office,
    number: str,
    service: Service,
    operations: int,
    idempotency_key: uuid.UUID,
) -> Appointment:
    """Give a person without an appointment a place of today, and check them in.

    The slot is the one that runs now, or else the next one that has room. A second click returns
    the appointment of the first one. Raise RuleViolation `number`, `service`, `operations`,
    `attendee`, `live`, `full`, `not_clerk` or `registry_away`.
    """
    if not _is_clerk_of(actor, office):
        raise not_a_clerk(actor)
    idempotency_key = derive_key(
        idempotency_key, actor.pk, office.pk, number, service.pk, operations
    )
    with_same_key = Appointment.objects.filter(idempotency_key=idempotency_key)
    if made := with_same_key.first():
        return made
    check_operations(operations)
    # The look-up may take seconds, so it comes before the transaction, which holds up others.
    attendee = look_up_person(
        actor,
        number,
        if_establishment=_(
            "This is the number of an establishment. Enter that of the person who has come."
        ),
    )
    # The rules are those of booking for oneself, whether or not the person has an account.
    themselves = User(identity=attendee)
    check_may_book(actor=themselves, holder=attendee, attendee=attendee, service=service)
    for _attempt in range(MAX_TRIES):
        try:
            with transaction.atomic():
                lock(actor, attendee)
                if made := with_same_key.first():
                    return made
                _check_no_live_appointment(actor, attendee, service)
                slot = next_slot_today(office, attendee, service, operations)
                if slot is None:
                    break
                return _admit(
                    idempotency_key=idempotency_key,
                    user=actor,
                    holder=attendee,
                    attendee=attendee,
                    service=service,
                    slot=slot,
                    operations=operations,
                )
        except RuleViolation as violation:
            if violation.code != "full":
                raise
            give_back_lapsed(slot)  # type: ignore[arg-type]  # `full` comes from _admit alone, which had a slot
        except IntegrityError:
            # The new reference is taken already.
            continue
    raise RuleViolation(
        _("No time of today has room for this at this office any more. Offer an appointment."),
        code="full",
    )


def _admit(**fields: Any) -> Appointment:
    """Create the checked-in appointment, at the end of a transaction with locks on both people."""
    slot, operations, now = fields["slot"], fields["operations"], timezone.now()
    freed = expire(lapsed_now().concerning(fields["user"], fields["attendee"], slot))
    appointment = Appointment.objects.create(
        **fields,
        made_by_office=True,
        is_walk_in=True,
        status=Status.CHECKED_IN,
        expires_at=now,
        confirmed_at=now,
    )
    issue_slip(appointment)
    record(appointment, EventType.WALKED_IN, actor=fields["user"], role=Role.CLERK)
    notify(appointment, "appointment_walked_in")
    freed += end_wish(fields["attendee"], fields["service"])
    move_places(freed, into=slot, operations=operations, for_walk_in=True)
    return appointment


def next_slot_today(
    office: Office, attendee: Identity, service: Service, operations: int
) -> Slot | None:
    """Return the first slot of today with room at which the attendee is not booked elsewhere."""
    left = Slot.objects.filter(office=office).left_today(service, operations)
    for other in Appointment.objects.live_now().filter(attendee=attendee).select_related("slot"):
        left = left.exclude(start__lt=other.slot.end, end__gt=other.slot.start)
    return left.order_by("start", "pk").first()


def _check_no_live_appointment(actor: User, attendee: Identity, service: Service) -> None:
    """Raise RuleViolation `live` if the attendee has an appointment for this service.

    The message shows a reference only of an appointment that this clerk may see.
    """
    same = Appointment.objects.live_now().filter(attendee=attendee).filter(service=service)
    mine = same.visible_to_clerk(actor).of_today().first()
    if mine:
        raise RuleViolation(
            _("This person has an appointment for this service today (%(reference)s). Use that.")
            % {"reference": mine.reference},
            code="live",
        )
    if same.exists():
        raise RuleViolation(
            _(
                "This person has an appointment for this service at another time or another "
                "office. They can move or cancel it."
            ),
            code="live",
        )


def _is_clerk_of(actor: User, office: Office) -> bool:
    is_clerk = actor.has_perm("appointments.receive_appointment")
    return is_clerk and actor.offices.filter(pk=office.pk).exists()
