"""People who come without an appointment."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.desk import _not_a_clerk
from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.hold_expiry import expire, give_back_lapsed, lapsed_now
from appointments.actions.locks import lock
from appointments.actions.places import move_places
from appointments.actions.rules import check_may_book
from appointments.actions.slips import issue_slip
from appointments.models import Appointment, Slot
from core.accounts import registry
from core.accounts.models import User
from core.digests import derive_key
from core.exceptions import RuleViolation

# Somebody may be quicker at the last place of the time that is looked at; then the next one is.
MAX_TRIES = 10


def walk_in(*, actor, office, number, service, operations, idempotency_key):
    """Give who has come without an appointment a place of today, and check them in.

    It is the time that runs now, or else the next one that has room. A second click gets the first
    one's. RuleViolation `number`, `service`, `operations`, `attendee`, `live`, `full`, `not_clerk`
    or `registry_away`.
    """
    if not _is_clerk_of(actor, office):
        raise _not_a_clerk()
    idempotency_key = derive_key(
        idempotency_key, actor.pk, office.pk, number, service.pk, operations
    )
    of_this_form = Appointment.objects.filter(idempotency_key=idempotency_key)
    if made := of_this_form.first():
        return made
    _check_number_of(operations)
    # It may take seconds: before the transaction, which holds up others.
    attendee = _person_with(number)
    _check_may_come(actor, attendee, service)
    for _look in range(MAX_TRIES):
        try:
            with transaction.atomic():
                lock(actor, attendee)
                if made := of_this_form.first():
                    return made
                _check_has_none(actor, attendee, service)
                slot = _next_time(office, attendee, service, operations)
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
            give_back_lapsed(slot)
        except IntegrityError:
            # The new reference is another's already.
            continue
    raise RuleViolation(
        _("No time of today has room for this at this office any more. Offer an appointment."),
        code="full",
    )


def _admit(**criteria):
    """The last of a walk-in's transaction, under the locks of both people."""
    slot, operations, now = criteria["slot"], criteria["operations"], timezone.now()
    freed = expire(lapsed_now().concerning(criteria["user"], criteria["attendee"], slot))
    appointment = Appointment.objects.create(
        **criteria, is_walk_in=True, status=Status.CHECKED_IN, expires_at=now, confirmed_at=now
    )
    issue_slip(appointment)
    record(appointment, EventType.WALKED_IN, actor=criteria["user"], role=Role.CLERK)
    move_places(freed, into=slot, operations=operations)
    return appointment


def _next_time(office, attendee, service, operations):
    """The first time of today with room, at which the person is not booked elsewhere."""
    left = Slot.objects.filter(office=office).left_today(service, operations)
    for other in _standing(attendee).select_related("slot"):
        left = left.exclude(start__lt=other.slot.end, end__gt=other.slot.start)
    return left.order_by("start", "pk").first()


def _standing(attendee):
    """What the person has and may still use, without the holds that have lapsed."""
    lapsed = Appointment.objects.lapsed(timezone.now()).values("pk")
    return Appointment.objects.live().filter(attendee=attendee).exclude(pk__in=lapsed)


def _person_with(number):
    identity = registry.lookup(number)
    if identity is None:
        raise RuleViolation(
            _("Nobody in the registry has this number. Check it against the document."),
            code="number",
        )
    if identity.is_establishment:
        raise RuleViolation(
            _("This is the number of an establishment. Enter that of the person who has come."),
            code="number",
        )
    return identity


def _check_number_of(operations):
    most = settings.BOOKING["MAX_OPERATIONS"]
    if not 1 <= operations <= most:
        raise RuleViolation(
            _("Choose between 1 and %(most)s operations.") % {"most": most}, code="operations"
        )


def _check_may_come(actor, attendee, service):
    if attendee.pk == actor.identity_id:
        raise RuleViolation(
            _("You cannot receive yourself. Go to a colleague's desk."), code="number"
        )
    # What they could book for themselves, whether or not they have an account.
    themselves = User(identity=attendee)
    check_may_book(actor=themselves, holder=attendee, attendee=attendee, service=service)


def _check_has_none(actor, attendee, service):
    """RuleViolation `live`; the number only of what this clerk may see."""
    same = _standing(attendee).filter(service=service)
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


def _is_clerk_of(actor, office):
    is_clerk = actor.has_perm("appointments.receive_appointment")
    return is_clerk and actor.offices.filter(pk=office.pk).exists()
