"""The one question for every deed on an appointment or an entry on the waiting list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from appointments.models import Appointment, Waiting
from core.accounts.models import Identity, User
from core.accounts.recovered import restriction_on
from core.accounts.rights import OWNERS, Relation, noted, refusal, relation_of
from core.exceptions import RuleViolation


class Deed(StrEnum):
    """What can be done with an appointment or an entry; several actions can be one deed."""

    READ_TEXT = "read_text"  # what was booked, without what has become of it
    READ = "read"  # also the slip and the file for a calendar
    CHANGE = "change"  # confirm it, wait for another time, accept an offer
    GIVE_UP = "give_up"  # move or cancel it, stop waiting, decline an offer
    RECEIVE = "receive"  # as a clerk
    SETTLE = "settle"  # as a manager


_MAY: dict[Deed, frozenset[Relation]] = {
    Deed.READ_TEXT: frozenset(Relation),
    Deed.READ: OWNERS | {Relation.PERSON},
    Deed.CHANGE: OWNERS,
    Deed.GIVE_UP: OWNERS,
}
# A time that was never confirmed concerns nobody else, and lapses within minutes.
_MAY_UNCONFIRMED: dict[Deed, frozenset[Relation]] = {
    Deed.READ_TEXT: frozenset({Relation.HOLDER, Relation.FORMER}),
    Deed.READ: frozenset({Relation.HOLDER}),
    Deed.CHANGE: frozenset({Relation.HOLDER}),
    Deed.GIVE_UP: frozenset({Relation.HOLDER}),
}
_MAY_WAITING: dict[Deed, frozenset[Relation]] = {
    Deed.READ: OWNERS,
    Deed.CHANGE: OWNERS,
    Deed.GIVE_UP: OWNERS,
}


@dataclass(frozen=True)
class Rights:
    """What somebody who is no member of staff may do with it now."""

    user: User
    thing: Appointment | Waiting
    relation: Relation | None

    def may(self, deed: Deed) -> bool:
        return self._is_theirs(deed) and self.why_closed(deed) is None

    def named_of(self, appointment: Appointment) -> QuerySet[Identity]:
        """Return whom `appointment` is for, but the holder's other people, who pass to nobody."""
        named = appointment.beneficiaries.all()
        is_successor = self.relation == Relation.SUCCESSOR
        return named.filter(pk=appointment.attendee_id) if is_successor else named

    def check_may(self, deed: Deed) -> None:
        """Raise RuleViolation `not_yours` or `recovered`, with the reason, unless they may."""
        refused = self.why_closed(deed)
        if not self._is_theirs(deed):
            refused = refusal(self.user, self.thing, self.relation)
        if refused:
            raise noted(refused, self.user, deed, _reference_of(self.thing))

    def why_closed(self, deed: Deed) -> RuleViolation | None:
        """Return what keeps them from a deed of theirs because of a recovery, if anything."""
        if deed != Deed.GIVE_UP or not self._is_theirs(deed):
            return None
        return self._restriction

    @cached_property
    def _restriction(self) -> RuleViolation | None:
        since = _since(self.thing)
        return restriction_on(self.user, since=since) if since else None

    def _is_theirs(self, deed: Deed) -> bool:
        if isinstance(self.thing, Waiting):
            return self.relation in _MAY_WAITING.get(deed, ())
        return self.relation in (_MAY if self.thing.is_booked else _MAY_UNCONFIRMED).get(deed, ())


def rights_of(user: User, thing: Appointment | Waiting) -> Rights:
    """Return the rights of `user` on it, as the tables are now."""
    return Rights(user, thing, relation_of(user, thing))


def may(user: User, deed: Deed, thing: Appointment | Waiting) -> bool:
    """Return whether `user` may do this now, as the tables are."""
    if deed == Deed.RECEIVE:
        return _receives(user, thing)
    if deed == Deed.SETTLE:
        return _manages(user, thing)
    return rights_of(user, thing).may(deed)


def check_may(user: User, deed: Deed, thing: Appointment | Waiting) -> None:
    """Check that `user` may do this now, as the tables are.

    Raise RuleViolation `not_yours` or `recovered`, or `not_clerk` for a deed of clerks and
    `not_manager` for one of managers.
    """
    if deed not in (Deed.RECEIVE, Deed.SETTLE):
        rights_of(user, thing).check_may(deed)
    elif may(user, deed, thing):
        return
    elif deed == Deed.RECEIVE:
        raise not_a_clerk(user, _reference_of(thing))
    else:
        refused = RuleViolation(
            _("Only a manager of this office says what became of this appointment."),
            code="not_manager",
        )
        raise noted(refused, user, deed, _reference_of(thing))


def not_a_clerk(user: User, reference: str = "") -> RuleViolation:
    refused = RuleViolation(_("Your account may not receive people here."), code="not_clerk")
    return noted(refused, user, Deed.RECEIVE, reference)


def _receives(user: User, thing: Appointment | Waiting) -> bool:
    return Appointment.objects.visible_to_clerk(user).filter(pk=thing.pk).exists()


def _manages(user: User, thing: Appointment | Waiting) -> bool:
    return Appointment.objects.managed_by(user).filter(pk=thing.pk).exists()


def _since(thing: Appointment | Waiting) -> datetime | None:
    """Return since when something is booked or waited for; None for a time that is merely held.

    Who waits with an appointment has to lose what they have booked.
    """
    if isinstance(thing, Appointment):
        return thing.confirmed_at
    return thing.appointment.confirmed_at if thing.appointment else thing.since


def _reference_of(thing: Appointment | Waiting) -> str:
    return thing.reference if isinstance(thing, Appointment) else ""
