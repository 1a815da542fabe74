"""Handing out the inquiry that is most urgent, each to one officer."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.exceptions import RuleViolation
from requests_app.actions.triage import claim, lock_officer
from requests_app.models import Inquiry


@transaction.atomic
def take_next(*, actor: User) -> Inquiry:
    """Assign the most urgent inquiry that waits for an officer to the actor, and return it.

    What a colleague is being handed at the same moment is passed over, not waited for, and so is a
    review that the actor may not decide. RuleViolation: `nothing` if none waits that they may work
    on, or as `claim` raises it.
    """
    # The account comes before the inquiry, as wherever somebody is assigned.
    actor = lock_officer(actor)
    theirs = Inquiry.objects.visible_to_staff(actor, now=True).decidable_by(actor)
    waiting = theirs.waiting_for_an_officer()
    found = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if found is None:
        raise RuleViolation(_("No inquiry waits for an officer."), code="nothing")
    return claim(actor=actor, inquiry=found, expected_version=found.version)
