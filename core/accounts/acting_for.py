"""The rule that filing and booking share: which holder may use which service for which person."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from core.accounts.models import Identity, Link, User
from core.catalogue.labels import ways_in_words
from core.catalogue.models import Service, Way
from core.exceptions import RuleViolation


def check_may_act_for(
    *, actor: User, holder: Identity, person: Identity, service: Service, person_field: str
) -> None:
    """Check that `actor` may use `service` for `person` through `holder`.

    The code of a RuleViolation is the field to correct: `holder`, `service`, or the value of
    `person_field`, the name of the form field in which the person is chosen.
    """
    if holder != actor.identity and not _represents(actor, holder):
        raise RuleViolation(
            _("You no longer represent %(name)s, so you cannot act in its name.")
            % {"name": holder.name},
            code="holder",
        )
    ways = ways_to(holder, [person])[person.pk]
    if not ways:
        raise RuleViolation(
            _("This person is not linked to your account. Choose somebody who is."),
            code=person_field,
        )
    for each in (holder, person):
        check_is_active(each, person_field=person_field)
    check_is_open(service, person, ways)


def _represents(actor: User, holder: Identity) -> bool:
    represented = Identity.objects.establishments_represented_by(actor.identity)
    return represented.filter(pk=holder.pk).exists()


def check_is_active(identity: Identity, *, person_field: str) -> None:
    """Check the status of a person or an establishment. RuleViolation: `person_field`."""
    if not identity.is_active:
        raise RuleViolation(
            _(
                "This person's status in the registry does not allow this. "
                "Please call the Directorate."
            ),
            code=person_field,
        )


def ways_to(holder: Identity, people: Iterable[Identity]) -> dict[int, set[str]]:
    """Return the ways (`Way`) through which `holder` may ask for each of `people` today.

    The keys are those of the people. However many they are, it takes one query, and none for the
    holder alone.
    """
    ways: dict[int, set[str]] = {person.pk: set() for person in people}
    if holder.pk in ways:
        ways[holder.pk].add(Way.ONESELF)
    if others := ways.keys() - {holder.pk}:
        links = Link.objects.in_force().for_persons().filter(holder=holder, person__in=others)
        for person, kind in links.values_list("person", "kind"):
            ways[person].add(kind)
    return ways


def is_open(service: Service, person: Identity, ways: Collection[str]) -> bool:
    """Return whether the service is open to the person through one of these ways."""
    return (
        service.is_for(kind=person.kind, nationality=person.nationality)
        and service.is_for_age(is_minor=person.is_minor)
        and service.is_open_through(ways)
    )


def check_is_open(service: Service, person: Identity, ways: Collection[str]) -> None:
    """Check what `is_open` returns.

    RuleViolation: `service`. Its message says who may ask, and what is open instead.
    """
    if is_open(service, person, ways):
        return
    why = why_not_open(service, person)
    instead = open_instead(service, person, ways)
    # Whether somebody files or books is not known here.
    if instead and instead.is_open_to_inquiries and instead.is_open_to_booking:
        choose = _("Choose “%(service)s” instead.") % {"service": instead.name}
        why = " ".join(filter(None, (why, service.instead_text, choose)))
    raise RuleViolation(why, code="service")


def open_instead(service: Service, person: Identity, ways: Collection[str]) -> Service | None:
    """Return the service to ask for instead, if it is open to the person.

    Whoever is of another kind or nationality than the service is for is not led on: what it leads
    to is for those who have not the right link or age.
    """
    is_for_them = service.is_for(kind=person.kind, nationality=person.nationality)
    instead = service.instead if is_for_them else None
    return instead if instead and is_open(instead, person, ways) else None


def why_not_open(service: Service, person: Identity) -> str:
    """Return the sentence that tells why a service is not open to a person."""
    if not service.is_for(kind=person.kind, nationality=person.nationality):
        return _("“%(service)s” is not for %(name)s. Choose a service that fits this person.") % {
            "service": service.name,
            "name": person.name,
        }
    if not service.is_for_age(is_minor=person.is_minor):
        if person.is_minor:
            return _("“%(service)s” is only for adults.") % {"service": service.name}
        return _("“%(service)s” is only for minors.") % {"service": service.name}
    return _("Only %(they)s can ask for “%(service)s”.") % {
        "they": ways_in_words(service),
        "service": service.name,
    }
