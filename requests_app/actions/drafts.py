"""Actions on a draft, of the applicant or of the clerk who prepares it for them."""

import uuid
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from core.accounts.models import Identity, User
from core.catalogue.models import Service
from core.digests import derive_key
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may
from requests_app.actions.rules import check_description, check_may_file, draft_deleted
from requests_app.models import Inquiry
from requests_app.uploads import discard

# With ten million inquiries, one new reference in a thousand is already taken.
MAX_REFERENCE_TRIES = 5
DETAIL_FIELDS = ("mobile", "description", "earlier_reference")
PERSON_FIELDS = ("name", "id_number")


def start(
    *,
    actor: User,
    beneficiary: Identity,
    service: Service,
    idempotency_key: uuid.UUID,
    holder: Identity | None = None,
) -> Inquiry:
    """Create a draft, filled in from the registry.

    A second request with the same idempotency key returns the draft of the first. `holder` is the
    actor's own identity by default, or the establishment that they represent. RuleViolation as in
    `check_may_file`.
    """
    return begin(
        applicant=actor,
        holder=holder or cast(Identity, actor.identity),
        beneficiary=beneficiary,
        service=service,
        idempotency_key=idempotency_key,
    )


def begin(  # type: ignore[return]  # the last try returns or raises
    *,
    applicant: User,
    holder: Identity,
    beneficiary: Identity,
    service: Service,
    idempotency_key: uuid.UUID,
    **prepared: Any,
) -> Inquiry:
    """Create a draft of `applicant`, as `start` does for them; `prepared` says that a clerk has."""
    service = Service.objects.get(pk=service.pk)  # as it is now, not as it is cached
    check_may_file(actor=applicant, holder=holder, beneficiary=beneficiary, service=service)
    content = (applicant.pk, holder.pk, beneficiary.pk, service.pk)
    idempotency_key = derive_key(idempotency_key, *content)
    for attempt in range(MAX_REFERENCE_TRIES):
        try:
            with transaction.atomic():
                inquiry = Inquiry(
                    idempotency_key=idempotency_key,
                    applicant=applicant,
                    holder=holder,
                    beneficiary=beneficiary,
                    service=service,
                    mobile=applicant.mobile,
                    **prepared,
                )
                _fill_in_person(inquiry)
                inquiry.save()
                return inquiry
        except IntegrityError:
            existing = Inquiry.objects.filter(idempotency_key=idempotency_key).first()
            if existing:
                return existing
            if attempt == MAX_REFERENCE_TRIES - 1:
                raise


def change_subject(
    *, actor: User, inquiry: Inquiry, holder: Identity, beneficiary: Identity, service: Service
) -> Inquiry:
    """Change the beneficiary, the service or the holder of a draft.

    Its texts and documents stay; name and number become those of the new beneficiary.
    RuleViolation as in `check_may_file` and `lock_draft`.
    """
    service = Service.objects.get(pk=service.pk)  # as it is now, not as it is cached
    with transaction.atomic():
        draft = lock_draft(actor, inquiry)
        check_may_file(
            actor=draft.applicant, holder=holder, beneficiary=beneficiary, service=service
        )
        draft.holder, draft.beneficiary, draft.service = holder, beneficiary, service
        _fill_in_person(draft)
        draft.save(update_fields=["holder", "beneficiary", "service", *PERSON_FIELDS])
    return draft


def save_details(
    *,
    actor: User,
    inquiry: Inquiry,
    mobile: PhoneNumber,
    description: str,
    earlier_reference: str = "",
) -> None:
    """Save the second step of a draft.

    RuleViolation as in `check_description` and `lock_draft`.
    """
    inquiry.mobile = mobile
    inquiry.description = description
    inquiry.earlier_reference = earlier_reference
    check_description(inquiry)
    with transaction.atomic():
        lock_draft(actor, inquiry)
        inquiry.save(update_fields=[*DETAIL_FIELDS])


def follow_registry(*, actor: User, inquiry: Inquiry) -> bool:
    """Give the draft the name and number that the registry has by now; return whether it did.

    RuleViolation as in `lock_draft`.
    """
    # Without a number the person fits no service, which the rules say.
    if inquiry.is_as_registered or not inquiry.beneficiary.current_number:
        return False
    _fill_in_person(inquiry)
    with transaction.atomic():
        lock_draft(actor, inquiry)
        inquiry.save(update_fields=[*PERSON_FIELDS])
    return True


def _fill_in_person(draft: Inquiry) -> None:
    draft.name = draft.beneficiary.name
    draft.id_number = cast(str, draft.beneficiary.current_number)


def delete_draft(*, actor: User, inquiry: Inquiry) -> None:
    """Delete a draft with its documents. RuleViolation as in `lock_draft`."""
    with transaction.atomic():
        draft = lock_draft(actor, inquiry)
        stored = draft.attachments.file_names()
        draft.attachments.all().delete()
        draft.delete()
    discard(*stored)


def lock_draft(actor: User, inquiry: Inquiry) -> Inquiry:
    """Lock a draft that the actor may edit until the transaction ends, and return its current row.

    An applicant takes it over from the clerk who prepares it. RuleViolation `filed` or `deleted` if
    it is no longer a draft, or as in `check_may`.
    """
    draft = Inquiry.objects.locked().filter(pk=inquiry.pk).first()
    if draft is None:
        raise draft_deleted()
    if not draft.is_draft:
        raise RuleViolation(
            _("This inquiry has already been sent and cannot be changed."), code="filed"
        )
    check_may(actor, Deed.EDIT, draft)
    take_over(draft, actor)
    return draft


def take_over(draft: Inquiry, actor: User) -> None:
    """End the preparation of a locked draft at the counter, if the actor is its applicant."""
    if draft.prepared_until and actor.pk == draft.applicant_id:
        draft.prepared_until = None
        draft.save(update_fields=["prepared_until"])
