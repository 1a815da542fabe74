"""What clerks do at the door."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from appointments.actions.holds import expire, give_back_lapsed, lapsed_now
from appointments.actions.locks import lock, lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.record import Deed, Role, State, drop_reminders, record
from appointments.actions.rules import check_may_book
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment, Slip, Slot
from appointments.models.booking import check_code_in
from core.accounts import registry
from core.accounts.models import User
from core.digests import key_of
from core.display import ltr, time_of_day
from core.exceptions import RuleViolation
from core.numbers import grouped_reference

# Somebody may be quicker at the last place of the time that is looked at; then the next one is.
MOST_LOOKS = 10
# Nobody has more appointments on one day at one office.
MOST_A_DAY = 50


def check_in(*, actor, appointment):
    """The attendee is here, on the day of the appointment."""
    if not Appointment.objects.of_today().filter(pk=appointment.pk).exists():
        raise RuleViolation(
            _("This appointment is not today. Send the person to the information desk."),
            code="other_day",
        )
    return _mark(actor, appointment, Deed.CHECKED_IN, State.CONFIRMED, State.CHECKED_IN)


def receive(*, actor, office, brought):
    """Check in at this office by what somebody has brought: a slip, its number, their ID number.

    RuleViolation `nothing` where nothing is found that the clerk may see; `moved` for an old slip,
    `several`, `here`, or what `check_in` says.
    """
    mine = Appointment.objects.at_desk_of(actor).filter(slot__office=office)
    found = mine.brought(brought).select_related("slot").order_by("slot__start", "pk")
    if _is_of_an_earlier_time(brought, office):
        raise RuleViolation(
            _(
                "This slip is old: the appointment has been moved to another time. "
                "Ask for the newer slip, or look for the appointment by the ID number."
            ),
            code="moved",
        )
    today = list(found.of_today()[:MOST_A_DAY])
    going_on = [each for each in today if each.is_live]
    if len(going_on) > 1:
        raise RuleViolation(_which_of(going_on), code="several")
    appointment = next(iter(going_on or today), None) or found.last()
    if appointment is None:
        raise RuleViolation(
            _(
                "No appointment at this office is found by this. Scan the slip again, or type the "
                "appointment number or the ID number."
            ),
            code="nothing",
        )
    if going_on and appointment.state == State.CHECKED_IN:
        raise RuleViolation(_("This person is checked in already."), code="here")
    return check_in(actor=actor, appointment=appointment)


def call(*, actor, appointment):
    """Ask somebody who is here to the counter; again, as often as it takes."""
    _check_receives(actor, appointment)
    with transaction.atomic():
        here = Appointment.objects.filter(pk=appointment.pk, state=State.CHECKED_IN)
        called = here.update(called_at=timezone.now())
        appointment = _with_place(appointment)
        if not called:
            raise _cannot_be_done(appointment)
        record(appointment, Deed.CALLED, actor=actor, role=Role.CLERK)
    return appointment


def serve(*, actor, appointment):
    """The attendee has been served."""
    return _mark(actor, appointment, Deed.SERVED, State.CHECKED_IN, State.SERVED)


def miss(*, actor, appointment):
    """The attendee has not come; only once the time of grace is over."""
    grace = timedelta(minutes=settings.BOOKING["GRACE_MINUTES"])
    if timezone.now() < appointment.slot.start + grace:
        raise RuleViolation(
            _(
                "The person can still come. You can mark them as missed %(minutes)s minutes after "
                "the appointment begins."
            )
            % {"minutes": settings.BOOKING["GRACE_MINUTES"]},
            code="too_early",
        )
    return _mark(actor, appointment, Deed.NO_SHOW, State.CONFIRMED, State.NO_SHOW)


def walk_in(*, actor, office, number, service, operations, key):
    """Give who has come without an appointment a place of today, and check them in.

    It is the time that runs now, or else the next one that has room. A second click gets the first
    one's. RuleViolation `number`, `service`, `operations`, `attendee`, `live`, `full`, `not_clerk`
    or `registry_away`.
    """
    if not _is_clerk_of(actor, office):
        raise _not_a_clerk_here()
    key = key_of(key, actor.pk, office.pk, number, service.pk, operations)
    of_this_form = Appointment.objects.filter(key=key)
    if made := of_this_form.first():
        return made
    _check_number_of(operations)
    # It may take seconds: before the transaction, which holds up others.
    attendee = _person_with(number)
    _check_may_come(actor, attendee, service)
    for _look in range(MOST_LOOKS):
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
                    key=key,
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


def _admit(**wish):
    """The last of a walk-in's transaction, under the locks of both people."""
    slot, operations, now = wish["slot"], wish["operations"], timezone.now()
    freed = expire(lapsed_now().concerning(wish["user"], wish["attendee"], slot))
    appointment = Appointment.objects.create(
        **wish, is_walk_in=True, state=State.CHECKED_IN, expires_at=now, confirmed_at=now
    )
    Slip.objects.create(appointment=appointment, slot=slot)
    record(appointment, Deed.WALKED_IN, actor=wish["user"], role=Role.CLERK)
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
    most = settings.BOOKING["MOST_OPERATIONS"]
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
    mine = same.at_desk_of(actor).of_today().first()
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


def _is_of_an_earlier_time(brought, office):
    """Whether it is a slip that has a newer one, from this office or for it."""
    code = check_code_in(brought)
    newer = Slip.objects.filter(appointment=OuterRef("appointment"), pk__gt=OuterRef("pk"))
    here = Q(slot__office=office) | Q(appointment__slot__office=office)
    return code and Slip.objects.filter(here, Exists(newer), check_code=code).exists()


def _which_of(appointments):
    times = (
        (time_of_day(each.slot.start), ltr(grouped_reference(each.reference)))
        for each in appointments
    )
    return format_html(
        _("This person has several appointments today. Check in the right one in the list: {}"),
        format_html_join(" · ", '<bdi dir="ltr">{}</bdi> {}', times),
    )


def _mark(actor, appointment, deed, before, after):
    """One step at the door; the second click finds it done."""
    _check_receives(actor, appointment)
    with transaction.atomic():
        lock_waiting(appointment)
        # Who has moved it to another day since is not let in today.
        here = Appointment.objects.filter(pk=appointment.pk, slot=appointment.slot)
        moved = here.filter(state=before).update(state=after)
        seen = appointment.slot
        appointment = _with_place(appointment)
        if moved:
            record(appointment, deed, actor=actor, role=Role.CLERK)
            drop_reminders(appointment)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers)
            if after not in Appointment.LIVE:
                freed[appointment.slot_id] += appointment.operations
            move_places(freed)
        elif appointment.slot != seen:
            raise RuleViolation(
                _("The appointment has been moved to another time meanwhile."), code="moved"
            )
        elif appointment.state != after:
            raise _cannot_be_done(appointment)
    return appointment


def _with_place(appointment):
    return Appointment.objects.select_related("slot__office", "user").get(pk=appointment.pk)


def _check_receives(actor, appointment):
    if not Appointment.objects.at_desk_of(actor).filter(pk=appointment.pk).exists():
        raise _not_a_clerk_here()


def _is_clerk_of(actor, office):
    is_clerk = actor.has_perm("appointments.receive_appointment")
    return is_clerk and actor.offices.filter(pk=office.pk).exists()


def _not_a_clerk_here():
    return RuleViolation(_("Your account may not receive people here."), code="not_clerk")


def _cannot_be_done(appointment):
    return RuleViolation(
        _("This cannot be done: the appointment is “%(state)s”.")
        % {"state": appointment.get_state_display()},
        code="state",
    )
