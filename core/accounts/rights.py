"""Whose something is that was filed or booked, and what a user is to it, as the links are now.

It belongs to its holder as long as the holder has a link to the person whom it is about, and then
to that person, or to the guardians of a minor. Nobody keeps a right because they once did it. The
reasons stand in docs/decisions/rights.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from core.accounts.models import Identity, Link, LinkQuerySet, User
from core.exceptions import RuleViolation
from core.security_log import Event, note


class Relation(StrEnum):
    """What a user is to something that was filed or booked."""

    HOLDER = "holder"  # they are the holder, or represent it
    SUCCESSOR = "successor"  # it has passed to them: the holder has no link to the person any more
    PERSON = "person"  # it is about them, or about a minor in their care
    FORMER = "former"  # they did it, or speak for the holder, and have no rights left


OWNERS = frozenset({Relation.HOLDER, Relation.SUCCESSOR})


class Parties(NamedTuple):
    """The fields of a model with the account that did something and the person it is about.

    `by_office` is the one that says that the author did it for somebody, as a member of staff.
    """

    author: str
    person: str
    by_office: str = ""


class Matter(Protocol):
    """A row of what was filed or booked by an author for a person through its holder."""

    PARTIES: Parties
    holder: Any
    holder_id: Any
    passed_on_to: Any  # the keys of the successors who were told that it has passed to them

    def was_continued_by(self, user: User) -> bool:
        """Return whether `user` has done something to it that they may still read."""


def relation_of(user: User, matter: Matter) -> Relation | None:
    """Return what `user` is to `matter` now, in one query, or in none for what is one's own."""
    me, holder, person = user.identity_id, matter.holder_id, person_id_of(matter)
    if me is None:
        return None
    if holder == person:
        return Relation.HOLDER if me == holder else None
    # Who represents an establishment that has closed reads on what was sent in its name.
    links = links_that_count().filter(
        Q(holder=holder, person=person) | Q(holder=me, person=person, kind=Link.Kind.GUARDIAN)
    ) | mandates_of(holder).filter(person=me)
    rows = set(links.values_list("kind", "holder", "person"))
    is_held = any(
        (of, to) == (holder, person) and kind != Link.Kind.REPRESENTATIVE for kind, of, to in rows
    )
    speaks = me == holder or (Link.Kind.REPRESENTATIVE, holder, me) in rows
    if is_held and speaks:
        return Relation.HOLDER
    if me == person or (Link.Kind.GUARDIAN, me, person) in rows:
        return Relation.PERSON if is_held else Relation.SUCCESSOR
    if speaks or _is_author(user, matter) or matter.was_continued_by(user):
        return Relation.FORMER
    return None


def effective_holder(user: User, matter: Matter) -> Identity | None:
    """Return through whom `user` may act on `matter` now: its holder, or as a successor themselves.

    It is None for somebody who is no owner.
    """
    relation = relation_of(user, matter)
    if relation == Relation.HOLDER:
        return Identity.objects.get(pk=matter.holder_id)
    return user.identity if relation == Relation.SUCCESSOR else None


def refusal(user: User, matter: Matter, relation: Relation | None = None) -> RuleViolation:
    """Return RuleViolation `not_yours`, which says why `user` may not do this."""
    holder: Identity = matter.holder
    if relation == Relation.PERSON:
        message = _("Only %(name)s can do this.") % {"name": holder.name}
    elif relation == Relation.FORMER and _speaks_for(user, holder):
        message = _(
            "This is no longer yours: %(holder)s can no longer act for %(person)s. "
            "You can still read what was sent."
        ) % {"holder": holder.name, "person": person_of(matter).name}
    elif relation == Relation.FORMER and not _is_author(user, matter):
        message = _(
            "This is no longer yours: you can no longer act for %(person)s. You can still read "
            "what was sent."
        ) % {"person": person_of(matter).name}
    elif relation == Relation.FORMER:
        message = _(
            "You no longer represent %(name)s, so you cannot do this. You can still read what you "
            "sent."
        ) % {"name": holder.name}
    else:
        message = _("This is not yours.")
    return RuleViolation(message, code="not_yours")


def noted(refused: RuleViolation, user: User, deed: str, reference: str) -> RuleViolation:
    """Note in the security log that `user` was refused this deed, and return the refusal."""
    note(Event.DEED_REFUSED, refused.code, account=user.pk, kind=deed, reference=reference)
    return refused


def is_lost(parties: Parties) -> Q:
    """Return the condition that the holder is another than the person, without a link to them.

    Use it alone or with AND: within OR, PostgreSQL reads the links of everybody to answer it.
    """
    links = _holding_links().filter(holder=OuterRef("holder"), person=OuterRef(parties.person))
    return ~Q(holder=F(parties.person)) & ~Q(Exists(links))


def _passed_on(parties: Parties, persons: Iterable[int]) -> Q:
    """Return the condition for rows about one of these few persons that `is_lost` is true of."""
    passed_on = Q(pk__in=[])
    for person in persons:
        holders = _holding_links().filter(person=person).values("holder")
        lost = ~Q(holder=person) & ~Q(holder__in=holders)
        passed_on |= Q(**{parties.person: person}) & lost
    return passed_on


def has_passed_on(matter: Matter) -> bool:
    """Return whether `matter` belongs to its person now, as the holder has no link to them."""
    if matter.holder_id == person_id_of(matter):
        return False
    links = _holding_links().filter(holder=matter.holder_id, person=person_id_of(matter))
    return not links.exists()


def successors_of(matter: Matter) -> list[int]:
    """Return the keys of those to whom `matter` passes today if its holder has lost the link.

    They are the guardians of a minor, or else the person alone.
    """
    guardians = links_that_count().filter(person=person_id_of(matter), kind=Link.Kind.GUARDIAN)
    holders = guardians.order_by("holder").values_list("holder", flat=True)
    return list(holders) or [person_id_of(matter)]


@dataclass(frozen=True)
class Acting:
    """A user and the holder as whom they act, with what belongs to them as such."""

    user: User
    holder: Identity

    def listed(self, parties: Parties) -> Q:
        """Return the condition for the rows in their lists.

        As an establishment, they are the establishment's. As oneself, they are one's own ones,
        those that others filed or booked for oneself or for minors in one's care, and those that
        one has filed or booked for an establishment that one no longer represents.
        """
        mine = Q(holder=self.holder) | self._about(parties)
        if self._is_oneself:
            done = Q(**{parties.author: self.user}) & ~Q(holder__in=self._represented)
            mine |= done & Q(**{parties.by_office: False}) if parties.by_office else done
        return mine

    def owned(self, parties: Parties) -> Q:
        """Return the condition for the rows that are the holder's own, or have passed to them."""
        persons = _holding_links().filter(holder=self.holder).values("person")
        held = Q(**{parties.person: self.holder}) | Q(**{f"{parties.person}__in": persons})
        own = Q(holder=self.holder) & held
        if self._is_oneself:
            own |= _passed_on(parties, [self.holder.pk, *self._wards])
        return own

    def readable(self, parties: Parties) -> Q:
        """Return the condition for the rows of which they may read what became of them."""
        return self.owned(parties) | self._about(parties)

    def _about(self, parties: Parties) -> Q:
        """Return the condition for what is about the user themselves, or what others have done for
        minors in their care; what a minor does for themselves is theirs alone."""
        if not self._is_oneself:
            return Q(pk__in=[])
        about = Q(**{parties.person: self.holder})
        if self._wards:
            about |= Q(**{f"{parties.person}__in": self._wards}) & ~Q(holder=F(parties.person))
        return about

    @property
    def _is_oneself(self) -> bool:
        return self.holder.pk == self.user.identity_id

    @property
    def _wards(self) -> list[int]:
        """The keys of the minors in the care of the user, who acts as themselves."""
        return [person for kind, _, person in self._own_links if kind == Link.Kind.GUARDIAN]

    @property
    def _represented(self) -> list[int]:
        return [of for kind, of, _ in self._own_links if kind == Link.Kind.REPRESENTATIVE]

    @cached_property
    def _own_links(self) -> list[tuple[str, int, int]]:
        """The kinds, holders and persons of the user's links as a guardian or representative."""
        if not self._is_oneself:
            return []
        links = links_that_count().filter(
            Q(holder=self.holder, kind=Link.Kind.GUARDIAN)
            | Q(person=self.holder, kind=Link.Kind.REPRESENTATIVE)
        )
        return list(links.values_list("kind", "holder", "person"))


def concerns_staff(user: User, parties: Parties) -> Q:
    """Return the condition for rows on which `user` may not work, whoever filed or booked them.

    They are the holder or represent it, are the person, or their guardian, employer or host, or
    represent that one.
    """
    if user.identity_id is None:
        return Q(pk__in=[])
    of_user = links_that_count()
    mandates = of_user.filter(person=user.identity, kind=Link.Kind.REPRESENTATIVE).values("holder")
    theirs = of_user.filter(Q(holder=user.identity) | Q(holder__in=mandates))
    return (
        Q(holder=user.identity_id)
        | Q(**{parties.person: user.identity_id})
        | Q(**{f"{parties.person}__in": theirs.values("person")})
        | Q(holder__in=mandates)
    )


def set_known_people(user: User, matter: Matter) -> None:
    """Set the people of `matter` who are the user or their identity, as the request has read them.

    The others are read when they are asked for.
    """
    if _is_author(user, matter):
        setattr(matter, matter.PARTIES.author, user)
    if user.identity_id == matter.holder_id:
        matter.holder = user.identity
    if user.identity_id == person_id_of(matter):
        setattr(matter, matter.PARTIES.person, user.identity)


def person_of(matter: Matter) -> Identity:
    """Return the person whom `matter` is about."""
    return getattr(matter, matter.PARTIES.person)


def person_id_of(matter: Matter) -> int:
    """Return the key of the person whom `matter` is about."""
    return getattr(matter, f"{matter.PARTIES.person}_id")


def _is_author(user: User, matter: Matter) -> bool:
    parties = matter.PARTIES
    if parties.by_office and getattr(matter, parties.by_office):
        return False
    return bool(getattr(matter, f"{parties.author}_id") == user.pk)


def _speaks_for(user: User, holder: Identity) -> bool:
    is_holder = user.identity_id == holder.pk
    return is_holder or mandates_of(holder.pk).filter(person=user.identity).exists()


def mandates_of(holder: int) -> LinkQuerySet:
    """Return the mandates in force of a holder, also of one that is not active any more."""
    return Link.objects.in_force().filter(holder=holder, kind=Link.Kind.REPRESENTATIVE)


def _holding_links() -> LinkQuerySet:
    """Return the links through which a holder holds what is about a person: no mandates."""
    return links_that_count().exclude(kind=Link.Kind.REPRESENTATIVE)


def links_that_count() -> LinkQuerySet:
    """Return the links that give rights today: in force, not outgrown, with an active holder."""
    active = {"holder__status": Identity.Status.ACTIVE}
    return Link.objects.in_force().not_outgrown().filter(**active)
