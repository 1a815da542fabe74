"""Opening a person's page on the staff site, which is recorded."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import Identity, PersonOpening, User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.text import seen_length

MIN_REASON_LENGTH = 10  # characters


def check_reason(reason: str) -> None:
    """Check that what staff give as a reason says something. RuleViolation `reason`."""
    if seen_length(reason) < MIN_REASON_LENGTH:
        raise RuleViolation(
            _("Write the reason in at least %(least)s characters.") % {"least": MIN_REASON_LENGTH},
            code="reason",
        )


def open_person(*, actor: User, person: Identity, reason: str = "", about: str = "") -> None:
    """Record that the actor opens the page of `person`, unless their last opening still lasts.

    `about` is the reference of an open case of the person that the actor works on, or "" if there
    is none: then a reason has to be given. Raise RuleViolation `not_allowed`, `own_case` or
    `reason`.
    """
    if not actor.has_perm("accounts.open_person"):
        note(Event.PERSON_OPENED, "not_allowed", account=actor.pk, person=person.pk)
        raise RuleViolation(_("Your account may not open people's pages."), code="not_allowed")
    if not Identity.objects.unrelated_to(actor.identity).filter(pk=person.pk).exists():
        note(Event.PERSON_OPENED, "own_case", account=actor.pk, person=person.pk)
        raise RuleViolation(
            _("You cannot open your own page, nor that of somebody linked to you."),
            code="own_case",
        )
    lasting = PersonOpening.objects.still_open(staff=actor, person=person)
    # This look takes no lock: on SQLite, a transaction that only looks would hold up all writers.
    if lasting.exists():
        return
    if not about:
        check_reason(reason)
    with transaction.atomic():
        # A second click waits here for the first one, and finds its row.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if not lasting.exists():
            PersonOpening.objects.create(
                staff=actor, person=person, about=about, reason="" if about else reason
            )
            kind = "open_case" if about else "reason"
            note(
                Event.PERSON_OPENED,
                account=actor.pk,
                person=person.pk,
                kind=kind,
                reference=about,
            )
