"""Putting what the registry says into the tables: the one way in for identities, numbers, links.

Each function takes the records of one batch, no number twice, and returns what became of each:
ADDED, CHANGED, UNCHANGED, or the WrongRecord that says why it did not go in. It asks a handful
of questions, however many records there are, and writes all that is right or, on an error, nothing.
"""

from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.accounts.models import Identity, IdentityNumber, Link
from core.accounts.registry_records import OF_AN_IDENTITY, WrongRecord
from core.identity_numbers import IdentityKind, identity_kind

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"

_WHO_HOLDS = {
    Link.Kind.EMPLOYER: (IdentityKind.CITIZEN, IdentityKind.ESTABLISHMENT),
    Link.Kind.HOST: (IdentityKind.CITIZEN, IdentityKind.RESIDENT),
    Link.Kind.GUARDIAN: (IdentityKind.CITIZEN, IdentityKind.RESIDENT),
    Link.Kind.REPRESENTATIVE: (IdentityKind.ESTABLISHMENT,),
}
_WHO_IS_LINKED = {
    Link.Kind.EMPLOYER: (IdentityKind.RESIDENT,),
    Link.Kind.HOST: (IdentityKind.VISITOR,),
}


class _Owner(NamedTuple):
    identity: int
    is_current: bool


@transaction.atomic
def exchange_numbers(records):
    """Let a number nobody has yet follow the one in force: one person, who keeps their history.

    None for each FormerNumberRecord that is none of this; it is left to `put_former_numbers`.
    """
    owners = _owners_of(number for r in records for number in (r.number, r.current_number))
    followed = {}
    outcomes = []
    for record in records:
        owner = owners.get(record.number)
        is_known = record.current_number in owners or record.current_number in followed
        if owner and owner.is_current and not is_known:
            followed[record.current_number] = record.number
            outcomes.append(CHANGED)
        else:
            outcomes.append(None)
    if followed:
        # First: an identity has no more than one number in force.
        IdentityNumber.objects.filter(number__in=followed.values()).update(is_current=False)
        IdentityNumber.objects.bulk_create(
            IdentityNumber(number=current, identity_id=owners[former].identity)
            for current, former in sorted(followed.items())
        )
    return outcomes


@transaction.atomic
def put_identities(records):
    """Add the people and establishments that are not known yet, and bring the others up to date."""
    owners = _owners_of(record.number for record in records)
    pks = {owner.identity for owner in owners.values()}
    known = {
        row["pk"]: row for row in Identity.objects.filter(pk__in=pks).values("pk", *OF_AN_IDENTITY)
    }
    new, changed, outcomes = {}, [], []
    for record in records:
        owner = owners.get(record.number)
        fields = {name: getattr(record, name) for name in OF_AN_IDENTITY}
        if owner is None:
            new[record.number] = Identity(**fields)
            outcomes.append(ADDED)
        elif not owner.is_current:
            outcomes.append(WrongRecord("number is a former number: name the one in force"))
        elif known[owner.identity] == {"pk": owner.identity, **fields}:
            outcomes.append(UNCHANGED)
        else:
            changed.append(Identity(pk=owner.identity, **fields))
            outcomes.append(CHANGED)
    Identity.objects.bulk_create(new.values())
    # In order, so that two who add the same numbers wait for each other in one direction.
    IdentityNumber.objects.bulk_create(
        IdentityNumber(number=number, identity=new[number]) for number in sorted(new)
    )
    # All of these are there. bulk_update would take much longer: it writes a CASE for each field,
    # with a branch for each row.
    Identity.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["pk"], update_fields=OF_AN_IDENTITY
    )
    return outcomes


@transaction.atomic
def put_former_numbers(records):
    """Add the former numbers of people and establishments that are known; nobody is merged."""
    owners = _owners_of(number for r in records for number in (r.number, r.current_number))
    new, outcomes = {}, []
    for record in records:
        former, current = owners.get(record.number), owners.get(record.current_number)
        if current is None:
            outcomes.append(WrongRecord("current_number is not known"))
        elif not current.is_current:
            outcomes.append(WrongRecord("current_number is a former number: name the one in force"))
        elif former is None:
            new[record.number] = current.identity
            outcomes.append(ADDED)
        elif former.identity != current.identity:
            reason = "number and current_number are of two identities, which no import makes one"
            outcomes.append(WrongRecord(reason))
        else:
            outcomes.append(UNCHANGED)
    IdentityNumber.objects.bulk_create(
        IdentityNumber(number=number, identity_id=new[number], is_current=False)
        for number in sorted(new)
    )
    return outcomes


def links_between(records):
    """The Link, not saved, that each record tells of, or the WrongRecord that says why none."""
    owners = _owners_of(number for record in records for number in (record.holder, record.number))
    kinds = _kinds_of({owner.identity for owner in owners.values()})
    links = []
    for record in records:
        holder, person = owners.get(record.holder), owners.get(record.number)
        reasons = [
            f"{column} is not known"
            for column, owner in (("holder", holder), ("number", person))
            if owner is None
        ]
        if not reasons:
            reasons = _why_not(record.kind, kinds[holder.identity], kinds[person.identity])
            if holder.identity == person.identity:
                reasons.append("holder and number are the same person")
        if reasons:
            links.append(WrongRecord(*reasons))
        else:
            ends = {"holder_id": holder.identity, "person_id": person.identity}
            dates = {"since": record.since, "until": record.until}
            links.append(Link(**ends, kind=record.kind, **dates))
    return links


def link_key(link):
    """By what a link is found again."""
    return link.holder_id, link.person_id, link.kind, link.since


@transaction.atomic
def put_links(links):
    """Save what `links_between` has made, no link twice; those known already get their end."""
    right = [link for link in links if isinstance(link, Link)]
    people = {link.person_id for link in right}
    known = {link_key(link): link for link in Link.objects.filter(person__in=people)}
    new, changed, outcomes = [], [], []
    for link in links:
        if isinstance(link, WrongRecord):
            outcomes.append(link)
            continue
        before = known.get(link_key(link))
        if before is None:
            new.append(link)
            outcomes.append(ADDED)
            continue
        link.pk = before.pk
        if before.until == link.until:
            outcomes.append(UNCHANGED)
        else:
            changed.append(link)
            outcomes.append(CHANGED)
    Link.objects.bulk_create(sorted(new, key=link_key))
    Link.objects.bulk_update(changed, ["until"])
    return outcomes


def end_other_links(person, links):
    """End yesterday what links `person` to anybody, except these links, which are saved.

    A link that began today or is to begin has never been: it goes.
    """
    today = timezone.localdate()
    others = Link.objects.filter(person=person).exclude(pk__in=[link.pk for link in links])
    others.filter(since__gte=today).delete()
    others.filter(Q(until=None) | Q(until__gte=today)).update(until=today - timedelta(days=1))


def _owners_of(numbers):
    """Whose each of these numbers is; those of nobody are not in it."""
    found = IdentityNumber.objects.filter(number__in=set(numbers))
    return {
        number: _Owner(identity, is_current)
        for number, identity, is_current in found.values_list("number", "identity", "is_current")
    }


def _kinds_of(identities):
    """The kinds that each identity is or was: who has an iqama may have been a guest before."""
    kinds = defaultdict(set)
    numbers = IdentityNumber.objects.filter(identity__in=identities)
    for identity, number in numbers.values_list("identity", "number"):
        kinds[identity].add(identity_kind(number))
    return kinds


def _why_not(kind, holder_kinds, person_kinds):
    """Why people of these kinds have no link of this kind; nothing if they may."""
    columns = (
        ("holder", _WHO_HOLDS[kind], holder_kinds),
        ("number", _WHO_IS_LINKED.get(kind, person_kinds), person_kinds),
    )
    return [
        f"{column} has to be {' or '.join(map(_a, may))} where kind is {kind}"
        for column, may, kinds in columns
        if kinds.isdisjoint(may)
    ]


def _a(kind):
    return f"an {kind}" if kind == IdentityKind.ESTABLISHMENT else f"a {kind}"
