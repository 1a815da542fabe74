"""Preparing an inquiry for a person at the counter, who sends it with a code of their own."""

import uuid
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.accounts.actions import check_document
from core.accounts.models import Identity, User
from core.accounts.recovered import is_disputed
from core.catalogue.models import Service
from core.exceptions import RuleViolation
from core.security_log import DONE, Event, note
from requests_app.actions.drafts import begin
from requests_app.actions.rights import PREPARE
from requests_app.models import Inquiry

# So long, the clerk who has begun a draft sees it and may change it.
PREPARING_LASTS = timedelta(hours=1)


def begin_preparing(*, actor: User, person: Identity, document: str, document_end: str) -> User:
    """Check the document of a person at the counter, and return the account to prepare for.

    RuleViolation: `no_account`, `document_end` (it is not the end of their number), or as in
    `check_may_prepare`. What is refused is noted in the security log.
    """
    try:
        applicant = User.objects.select_related("identity").filter(identity=person).first()
        if applicant is None:
            raise RuleViolation(
                _(
                    "This person has no account, so the answer could not reach them. They open one "
                    "with their own phone: “Sign in”, then “Open an account”."
                ),
                code="no_account",
            )
        check_may_prepare(actor, applicant)
        check_document(person, document, document_end)
    except RuleViolation as violation:
        _note(violation.code, actor, person, document)
        raise
    return applicant


def prepare(
    *,
    actor: User,
    person: Identity,
    document: str,
    document_end: str,
    holder: Identity,
    beneficiary: Identity,
    service: Service,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Begin a draft for a person at the counter, which the actor may fill in for an hour.

    It is the person's own draft: they find it on their phone, and whatever they do to it there
    takes it over. RuleViolation as in `begin_preparing` and `start`.
    """
    applicant = begin_preparing(
        actor=actor, person=person, document=document, document_end=document_end
    )
    draft = begin(
        applicant=applicant,
        holder=holder,
        beneficiary=beneficiary,
        service=service,
        idempotency_key=idempotency_key,
        prepared_by=actor,
        prepared_until=timezone.now() + PREPARING_LASTS,
    )
    _note(DONE, actor, person, document, draft.reference)
    return draft


def check_may_prepare(actor: User, applicant: User) -> None:
    """Check that the actor may prepare inquiries, and for this account.

    RuleViolation: `not_allowed`, `own_case`, `staff`, `shut`, `disputed`, `no_mobile`.
    """
    person = applicant.identity
    if not actor.has_perm(PREPARE) or actor.is_auditor:
        code, message = "not_allowed", _("Your account may not prepare inquiries for others.")
    elif not (person and Identity.objects.unrelated_to(actor.identity).filter(pk=person.pk)):
        code = "own_case"
        message = _("You cannot do this for yourself, nor for somebody linked to you.")
    elif applicant.is_staff:
        code, message = "staff", _("Members of staff file their inquiries themselves.")
    elif not applicant.is_active:
        code, message = "shut", _("This account is shut, so nothing can be filed with it.")
    elif is_disputed(applicant):
        code = "disputed"
        message = _(
            "Somebody has objected to the new mobile of this account. Decide that first: "
            "give the account a mobile at the counter."
        )
    elif not applicant.mobile:
        code = "no_mobile"
        message = _(
            "This account has no mobile that a code could be sent to. Give it one first: "
            "“Give this account a new mobile” on the person's page."
        )
    else:
        return
    raise RuleViolation(message, code=code)


def language_for(user: User, inquiry: Inquiry) -> str:
    """Return the applicant's language: that of the page, unless it is the page of a clerk."""
    return get_language() if user.pk == inquiry.applicant_id else inquiry.applicant.language


def _note(outcome: str, actor: User, person: Identity, document: str, reference: str = "") -> None:
    note(
        Event.INQUIRY_PREPARED,
        outcome,
        account=actor.pk,
        person=person.pk,
        kind=document,
        reference=reference,
    )
