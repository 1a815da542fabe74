"""Looking up whom a clerk has before them, or on the phone."""

from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.models import Identity, User
from core.exceptions import RuleViolation


def look_up_person(actor: User, number: str, *, if_establishment: str) -> Identity:
    """Return the person with this number, whom the actor may receive.

    RuleViolation `number`, with `if_establishment` where it is that of one; `registry_away`.
    """
    person = registry.lookup(number)
    if person is None:
        raise RuleViolation(
            _("Nobody in the registry has this number. Check it against the document."),
            code="number",
        )
    if person.is_establishment:
        raise RuleViolation(if_establishment, code="number")
    # What is made for them would be hidden from the clerk who has made it.
    if not Identity.objects.unrelated_to(actor.identity).filter(pk=person.pk).exists():
        raise RuleViolation(
            _("You cannot receive yourself, nor somebody linked to you. Ask a colleague to do it."),
            code="number",
        )
    return person
