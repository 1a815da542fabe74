"""The rule that filing and booking share: which holder may act for which person."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.accounts.models import Identity, Link, User
from core.catalogue.models import Service
from core.exceptions import RuleViolation


def check_may_act_for(
    *, actor: User, holder: Identity, person: Identity, service: Service, person_field: str
) -> None:
    """Check that `actor` may use `service` for `person` through `holder`.

    The code of a RuleViolation is the field to correct: `holder`, `service`, or the value of
    `person_field`, the name of the form field in which the person is chosen.
    """
    mandates = Identity.objects.establishments_represented_by(actor.identity)
    if holder != actor.identity and not mandates.filter(pk=holder.pk).exists():
        raise RuleViolation(
            _("You no longer represent %(name)s, so you cannot act in its name.")
            % {"name": holder.name},
            code="holder",
        )
    links = Link.objects.in_force().for_persons()
    if holder != person and not links.filter(holder=holder, person=person).exists():
        raise RuleViolation(
            _("This person is not linked to your account. Choose somebody who is."),
            code=person_field,
        )
    for each in (holder, person):
        check_is_active(each, person_field=person_field)
    check_is_for(service, person)


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


def check_is_for(service: Service, person: Identity) -> None:
    """Check that the service is for the person's kind and nationality. RuleViolation: `service`."""
    if not service.is_for(kind=person.kind, nationality=person.nationality):
        raise RuleViolation(
            _("“%(service)s” is not for %(name)s. Choose a service that fits this person.")
            % {"service": service.name, "name": person.name},
            code="service",
        )


def is_for_any(service: Service, people: Iterable[Identity]) -> bool:
    return any(service.is_for(kind=each.kind, nationality=each.nationality) for each in people)
