"""Who is told of what happens to something that was filed or booked.

Whose it is now is told of everything. The person it is about is told of what others do, at the
mobile of their account or of the registry and nowhere else.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Q

from core.accounts.models import Identity, Link, User
from core.accounts.rights import (
    Matter,
    links_that_count,
    mandates_of,
    person_id_of,
    successors_of,
)
from core.messaging.actions.notices import Recipient

# The members of the Arab League, by ISO 3166: texts to somebody without an account are in Arabic if
# they are a citizen of one of these, else in English.
ARABIC_SPEAKING = frozenset(
    {
        *("AE", "BH", "DJ", "DZ", "EG", "IQ", "JO", "KM", "KW", "LB", "LY"),
        *("MA", "MR", "OM", "PS", "QA", "SA", "SD", "SO", "SY", "TN", "YE"),
    }
)


class Audience(NamedTuple):
    """The recipients of notices: those whose it is, and those whom it is about without being so."""

    owners: list[Recipient]
    persons: list[Recipient]


class Handover(NamedTuple):
    """To whom something has passed since this was last told, and who is told of it."""

    successors: list[int]
    gained: list[Recipient]
    lost: list[Recipient]


def audience_of(matter: Matter) -> Audience:
    """Return who is told of `matter` now.

    Of a holder that is an establishment, these are the accounts of all who represent it. In place
    of a minor, it is their guardians.
    """
    holder, person = matter.holder_id, person_id_of(matter)
    if holder == person:
        own = _recipients([holder], with_account=True)
        if not own and not User.objects.filter(identity=holder).exists():
            # What an office has booked for somebody who never had an account.
            own = _recipients([holder])
        return Audience(own, [])
    links = links_that_count().filter(
        Q(holder=holder, person=person)
        | Q(holder=holder, kind=Link.Kind.REPRESENTATIVE)
        | Q(person=person, kind=Link.Kind.GUARDIAN)
    )
    rows = list(links.values_list("kind", "holder", "person"))
    speakers = {to for kind, of, to in rows if (kind, of) == (Link.Kind.REPRESENTATIVE, holder)}
    about = {of for kind, of, to in rows if (kind, to) == (Link.Kind.GUARDIAN, person)} or {person}
    is_held = any(
        (of, to) == (holder, person) and kind != Link.Kind.REPRESENTATIVE for kind, of, to in rows
    )
    if not is_held:
        return Audience(_recipients(about), [])
    owners = _recipients({holder, *speakers}, with_account=True)
    mobiles = {str(to.mobile) for to in owners}
    # Some employers have given the registry their own number for a worker.
    persons = [
        to
        for to in _recipients(about - {holder, *speakers})
        if to.account or str(to.mobile) not in mobiles
    ]
    return Audience(owners, persons)


def contacts_of(person: Identity) -> list[Recipient]:
    """Return where the person themselves is told: at their account, or else by the registry.

    It is at most one, and none for somebody without an account who is not active.
    """
    return _recipients([person.pk])


def handover_of(matter: Matter) -> Handover | None:
    """Return to whom `matter` passes, whose holder has lost the link; None if all know it already.

    The first time, it passes from who speaks for the holder, and later from one successor to
    another: from a guardian to the next, or to a minor who has come of age.
    """
    now, before = set(successors_of(matter)), set(matter.passed_on_to)
    if now == before:
        return None
    lost = _recipients(before - now, with_account=True) if before else _former_owners_of(matter)
    return Handover(sorted(now), _recipients(now - before), lost)


def _former_owners_of(matter: Matter) -> list[Recipient]:
    """Return who speaks for the holder of `matter`, to tell them that it is no longer theirs.

    Those whose it is now are left out, as the person may speak for the holder too.
    """
    speakers = mandates_of(matter.holder_id).values_list("person", flat=True)
    former = _recipients({matter.holder_id, *speakers}, with_account=True)
    owners = audience_of(matter).owners
    return [each for each in former if each not in owners]


def _recipients(identities: Collection[int], *, with_account: bool = False) -> list[Recipient]:
    """Return these people, each with the contacts of their account, or else of the registry.

    Those who have no account are left out if `with_account`.
    """
    users = User.objects.filter(is_active=True, identity__in=identities).order_by("pk")
    accounts = {
        user.identity_id: Recipient(user.mobile, user.email, user.language, user.pk)
        for user in users
    }
    found = list(accounts.values())
    others = set(identities) - accounts.keys()
    if with_account or not others:
        return found
    without = Identity.objects.filter(pk__in=others, status=Identity.Status.ACTIVE).order_by("pk")
    return found + [
        Recipient(identity.mobile, "", language_of(identity), None) for identity in without
    ]


def language_of(identity: Identity) -> str:
    return "ar" if identity.nationality in ARABIC_SPEAKING else "en"
