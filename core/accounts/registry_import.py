"""Writing registry records to the tables: the only way in for identities, numbers and links.

Each function takes the records of one batch, with no number twice, and returns an outcome for each:
ADDED, CHANGED, UNCHANGED, or a WrongRecord with the reasons. It needs a handful of queries, however
many records there are, and writes all valid records or, on an error, none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.accounts.models import Identity, IdentityNumber, Link
from core.accounts.registry_records import (
    IDENTITY_FIELDS,
    FormerNumberRecord,
    IdentityRecord,
    LinkRecord,
    WrongRecord,
)
from core.identity_numbers import IdentityKind, identity_kind
from core.search import searchable

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"

_HOLDER_KINDS: dict[str, tuple[IdentityKind, ...]] = {
    Link.Kind.EMPLOYER: (IdentityKind.CITIZEN, IdentityKind.ESTABLISHMENT),
    Link.Kind.HOST: (IdentityKind.CITIZEN, IdentityKind.RESIDENT),
    Link.Kind.GUARDIAN: (IdentityKind.CITIZEN, IdentityKind.RESIDENT),
    Link.Kind.REPRESENTATIVE: (IdentityKind.ESTABLISHMENT,),
}
_PERSON_KINDS: dict[str, tuple[IdentityKind, ...]] = {
    Link.Kind.EMPLOYER: (IdentityKind.RESIDENT,),
    Link.Kind.HOST: (IdentityKind.VISITOR,),
}


class _Owner(NamedTuple):
    identity: int
    is_current: bool


@transaction.atomic
def exchange_numbers(records: Sequence[FormerNumberRecord]) -> list[str | None]:
    """Give an identity its new number, when the number in force is now a former one.

    The identity stays the same, with its history. The outcome is CHANGED, or None for each
    FormerNumberRecord that is not such an exchange; those are left to `put_former_numbers`.
    """
    owners = _owners_of(number for r in records for number in (r.number, r.current_number))
    followed: dict[str, str] = {}
    outcomes: list[str | None] = []
    for record in records:
        owner = owners.get(record.number)
        is_known = record.current_number in owners or record.current_number in followed
        if owner and owner.is_current and not is_known:
            followed[record.current_number] = record.number
            outcomes.append(CHANGED)
        else:
            outcomes.append(None)
    if followed:
        # This comes first, because an identity has at most one number in force.
        IdentityNumber.objects.filter(number__in=followed.values()).update(is_current=False)
        IdentityNumber.objects.bulk_create(
            IdentityNumber(number=current, identity_id=owners[former].identity)
            for current, former in sorted(followed.items())
        )
    return outcomes


@transaction.atomic
def put_identities(records: Sequence[IdentityRecord]) -> list[str | WrongRecord]:
    """Add the people and establishments that are unknown, and update the others."""
    owners = _owners_of(record.number for record in records)
    pks = {owner.identity for owner in owners.values()}
    known = {
        row["pk"]: row for row in Identity.objects.filter(pk__in=pks).values("pk", *IDENTITY_FIELDS)
    }
    new: dict[str, Identity] = {}
    changed: list[Identity] = []
    outcomes: list[str | WrongRecord] = []
    for record in records:
        owner = owners.get(record.number)
        fields = {name: getattr(record, name) for name in IDENTITY_FIELDS}
        if owner is None:
            new[record.number] = _identity(**fields)
            outcomes.append(ADDED)
        elif not owner.is_current:
            outcomes.append(WrongRecord("number is a former number: name the one in force"))
        elif known[owner.identity] == {"pk": owner.identity, **fields}:
            outcomes.append(UNCHANGED)
        else:
            changed.append(_identity(pk=owner.identity, **fields))
            outcomes.append(CHANGED)
    Identity.objects.bulk_create(new.values())
    # The order avoids a deadlock between two transactions that add the same numbers.
    IdentityNumber.objects.bulk_create(
        IdentityNumber(number=number, identity=new[number]) for number in sorted(new)
    )
    # All of these rows exist. bulk_update would take much longer: it writes a CASE for each field,
    # with a branch for each row.
    Identity.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*IDENTITY_FIELDS, "search_text"],
    )
    return outcomes


@transaction.atomic
def put_former_numbers(records: Sequence[FormerNumberRecord]) -> list[str | WrongRecord]:
    """Add the former numbers of known people and establishments; two identities never merge."""
    owners = _owners_of(number for r in records for number in (r.number, r.current_number))
    new: dict[str, int] = {}
    outcomes: list[str | WrongRecord] = []
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


def links_between(records: Sequence[LinkRecord]) -> list[Link | WrongRecord]:
    """Return an unsaved Link for each record, or a WrongRecord with the reasons."""
    owners = _owners_of(number for record in records for number in (record.holder, record.number))
    kinds = _kinds_of({owner.identity for owner in owners.values()})
    links: list[Link | WrongRecord] = []
    for record in records:
        holder, person = owners.get(record.holder), owners.get(record.number)
        reasons = [
            f"{column} is not known"
            for column, owner in (("holder", holder), ("number", person))
            if owner is None
        ]
        if holder and person:
            reasons = _kind_errors(record.kind, kinds[holder.identity], kinds[person.identity])
            if holder.identity == person.identity:
                reasons.append("holder and number are the same person")
            ends = {"holder_id": holder.identity, "person_id": person.identity}
        if reasons:
            links.append(WrongRecord(*reasons))
        else:
            dates = {"since": record.since, "until": record.until}
            links.append(Link(**ends, kind=record.kind, **dates))
    return links


def link_key(link: Link) -> tuple[int, int, str, date]:
    """Return the fields that identify a link, as in the constraint `link_once`."""
    return link.holder_id, link.person_id, link.kind, link.since


@transaction.atomic
def put_links(links: Sequence[Link | WrongRecord]) -> list[str | WrongRecord]:
    """Save the links of `links_between`, with no link twice; a known link gets its new end."""
    right = [link for link in links if isinstance(link, Link)]
    people = {link.person_id for link in right}
    known = {link_key(link): link for link in Link.objects.filter(person__in=people)}
    new: list[Link] = []
    changed: list[Link] = []
    outcomes: list[str | WrongRecord] = []
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


def end_other_links(person: Identity, links: Sequence[Link]) -> None:
    """End all links of `person` as of yesterday, except `links`, which have to be saved.

    Links that begin today or later are deleted: with that end they would never have been in force.
    """
    today = timezone.localdate()
    others = Link.objects.filter(person=person).exclude(pk__in=[link.pk for link in links])
    others.filter(since__gte=today).delete()
    others.filter(Q(until=None) | Q(until__gte=today)).update(until=today - timedelta(days=1))


def _identity(**fields: Any) -> Identity:
    return Identity(**fields, search_text=searchable(fields["name_ar"], fields["name_en"]))


def _owners_of(numbers: Iterable[str]) -> dict[str, _Owner]:
    """Return the owner of each number in a dict; unknown numbers are left out."""
    found = IdentityNumber.objects.filter(number__in=set(numbers))
    return {
        number: _Owner(identity, is_current)
        for number, identity, is_current in found.values_list("number", "identity", "is_current")
    }


def _kinds_of(identities: Collection[int]) -> dict[int, set[IdentityKind]]:
    """Return the kinds that each identity is or was: a resident may have been a visitor before."""
    kinds: defaultdict[int, set[IdentityKind]] = defaultdict(set)
    numbers = IdentityNumber.objects.filter(identity__in=identities)
    for identity, number in numbers.values_list("identity", "number"):
        kinds[identity].add(identity_kind(number))
    return kinds


def _kind_errors(
    kind: str, holder_kinds: set[IdentityKind], person_kinds: set[IdentityKind]
) -> list[str]:
    """Return the reasons against a link of this kind between these kinds of identities."""
    columns = (
        ("holder", _HOLDER_KINDS[kind], holder_kinds),
        ("number", _PERSON_KINDS.get(kind, person_kinds), person_kinds),
    )
    return [
        f"{column} has to be {' or '.join(map(_with_article, may))} where kind is {kind}"
        for column, may, kinds in columns
        if kinds.isdisjoint(may)
    ]


def _with_article(kind: IdentityKind) -> str:
    return f"an {kind}" if kind == IdentityKind.ESTABLISHMENT else f"a {kind}"
