"""Taking back the last mark that the desk has set on an appointment."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.hold_expiry import expire, give_back_lapsed_when_full, lapsed_now
from appointments.actions.locks import lock, lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.places import move_places
from appointments.actions.rights import Deed, check_may
from appointments.actions.rules import check_is_only_one
from appointments.actions.waiting import end_wish
from appointments.models import Appointment, AppointmentEvent, Correction
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.text import single_line

_MARKS = (
    *(EventType.CHECKED_IN, EventType.WALKED_IN, EventType.CALLED),
    *(EventType.SERVED, EventType.NO_SHOW),
)


@dataclass(frozen=True)
class Mark:
    """A mark of the desk, and what the appointment was before it."""

    event_type: EventType
    status: Status
    slot_id: int
    called_at: datetime | None = None


def last_mark(appointment: Appointment) -> Mark | None:
    """Return the last mark that stands, or None if there is nothing to take back."""
    status, slot_id = Status(appointment.status), appointment.slot_id
    called_at = appointment.called_at
    if status == Status.SERVED:
        return Mark(EventType.SERVED, Status.CHECKED_IN, slot_id, called_at)
    if status == Status.NO_SHOW:
        return Mark(EventType.NO_SHOW, Status.CONFIRMED, slot_id)
    if status != Status.CHECKED_IN:
        return None
    before = _standing_marks(appointment)[:-1]
    last = before[-1] if before else None
    if called_at:
        is_second = last is not None and last.event_type == EventType.CALLED
        earlier = last.at if last and is_second else None
        return Mark(EventType.CALLED, Status.CHECKED_IN, slot_id, earlier)
    if last and last.event_type == EventType.NO_SHOW:
        # Whoever came late may have got another time.
        return Mark(EventType.CHECKED_IN, Status.NO_SHOW, last.slot_id)
    if appointment.is_walk_in:
        return Mark(EventType.WALKED_IN, Status.CANCELLED, slot_id)
    return Mark(EventType.CHECKED_IN, Status.CONFIRMED, slot_id)


def take_back(
    *,
    actor: User,
    appointment: Appointment,
    reason: Correction.Reason,
    words: str = "",
    expected_version: int,
) -> Appointment:
    """Take back the last mark of the desk; a second click does nothing more.

    The state before it comes back with its place; a walk-in that was checked in by mistake is
    cancelled. `words` are needed where `reason` is OTHER. Raise RuleViolation `words`, `not_clerk`,
    `stale`, `status`, `settled` once the night has settled the day, `live` or `overlap` if the
    person has another appointment by now, or `full` if somebody else has the place.
    """
    words = single_line(words)
    _check_words(reason, words)
    with give_back_lapsed_when_full(appointment.slot), transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        check_may(actor, Deed.RECEIVE, appointment)
        if appointment.version != expected_version:
            if _was_taken_back(appointment, expected_version):
                return appointment
            raise _stale(appointment)
        mark = _check_can_be_taken_back(appointment)
        freed = expire(lapsed_now().concerning(actor, appointment.attendee, appointment.slot))
        was_live, is_live = (each in Appointment.LIVE for each in (appointment.status, mark.status))
        if is_live and not was_live:
            check_is_only_one(appointment, at=appointment.slot)
            freed += end_wish(appointment.attendee, appointment.service)
        if was_live and not is_live:
            freed += appointment.places
        changes = {"status": mark.status, "slot": mark.slot_id, "called_at": mark.called_at}
        Appointment.objects.filter(pk=appointment.pk).update(**changes)
        event = record(appointment, EventType.TAKEN_BACK, actor=actor, role=Role.CLERK)
        Correction.objects.create(event=event, mark=mark.event_type, reason=reason, words=words)
        if mark.event_type == EventType.WALKED_IN:
            # They were told of it by text.
            notify(appointment, "appointment_cancelled_by_office")
        _move_places(freed, appointment, is_taken=is_live and not was_live)
        return lock_and_reload(appointment)


def _check_words(reason: Correction.Reason, words: str) -> None:
    least = Correction.MIN_WORDS if words or reason == Correction.Reason.OTHER else 0
    if not least <= len(words) <= Correction.MAX_WORDS:
        raise RuleViolation(
            _("Say why in %(least)s to %(most)s characters.")
            % {"least": Correction.MIN_WORDS, "most": Correction.MAX_WORDS},
            code="words",
        )


def _check_can_be_taken_back(appointment: Appointment) -> Mark:
    mark = last_mark(appointment)
    if mark is None:
        raise RuleViolation(
            _("There is nothing to take back: the appointment is “%(status)s”.")
            % {"status": appointment.get_status_display()},
            code="status",
        )
    if not appointment.is_at_desk:
        raise RuleViolation(
            _(
                "The day of this appointment has been closed, and what was marked then stays. "
                "Tell your manager."
            ),
            code="settled",
        )
    return mark


def _move_places(freed: Counter[int], appointment: Appointment, *, is_taken: bool) -> None:
    if not is_taken:
        move_places(freed)
        return
    try:
        # What was reserved of the place has not been given to anybody yet.
        move_places(
            freed,
            into=appointment.slot,
            operations=appointment.operations,
            before_others=True,
            for_walk_in=True,
        )
    except RuleViolation as violation:
        raise _place_is_gone(appointment) from violation


def _place_is_gone(appointment: Appointment) -> RuleViolation:
    if appointment.status == Status.CONFIRMED:
        message = _(
            "This cannot be taken back: the place has gone to somebody else since, or the office "
            "has closed. If the person is here, check them in: they get the next time of today."
        )
    else:
        message = _(
            "This cannot be taken back: the place has gone to somebody else since, or the office "
            "has closed. If the person still needs to be served, register them as a walk-in."
        )
    return RuleViolation(message, code="full")


def _was_taken_back(appointment: Appointment, expected_version: int) -> bool:
    """Return whether taking back is all that has happened since this version."""
    since = appointment.events.filter(seq__gt=expected_version)
    return list(since.values_list("event_type", flat=True)) == [EventType.TAKEN_BACK]


def _stale(appointment: Appointment) -> RuleViolation:
    latest = appointment.events.latest("seq")
    return RuleViolation(
        _(
            "Somebody has changed this appointment meanwhile (%(event)s), and nothing has been "
            "taken back. Look at it again."
        )
        % {"event": latest.get_event_type_display()},
        code="stale",
    )


def _standing_marks(appointment: Appointment) -> list[AppointmentEvent]:
    """Return the marks that have not been taken back, the last one last."""
    marks: list[AppointmentEvent] = []
    told = appointment.events.filter(event_type__in=(*_MARKS, EventType.TAKEN_BACK))
    for event in told.order_by("seq"):
        if event.event_type != EventType.TAKEN_BACK:
            marks.append(event)
        elif marks:
            marks.pop()
    return marks
