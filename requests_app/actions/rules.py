"""The rules for filing an inquiry: its people, service, texts and documents."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.accounts.acting_for import check_may_act_for
from core.accounts.models import Identity, User
from core.arabic_spelling import fold
from core.catalogue.models import DocumentType, Service
from core.exceptions import RuleViolation
from core.text import seen_length
from requests_app.models import Attachment, Inquiry

MIN_DESCRIPTION_LENGTH = 30  # characters
MIN_DIFFERENT_WORDS = 5


def check_ready(draft: Inquiry, attachments: Iterable[Attachment]) -> None:
    """Check that the draft can be sent with these attachments, which are all of its own.

    RuleViolation as in `check_may_file` and `check_description`, or `changed` if the registry has
    another name or number by now, `mobile`, `document`, `deleted`.
    """
    draft.service = _service_of(draft)
    check_may_file(
        actor=draft.applicant,
        holder=draft.holder,
        beneficiary=draft.beneficiary,
        service=draft.service,
    )
    if not draft.is_as_registered:
        raise registry_has_changed()
    check_description(draft)
    if not draft.has_confirmed_mobile:
        raise RuleViolation(
            _("Confirm the mobile of this inquiry first: we text a code to it."), code="mobile"
        )
    missing = [str(each) for each in missing_documents(draft.service, attachments)]
    if missing:
        raise RuleViolation(
            _("This service also needs: %(documents)s. Add what is missing.")
            % {"documents": pgettext("between the items of a list", ", ").join(missing)},
            code="document",
        )


def _service_of(draft: Inquiry) -> Service:
    """Return the service of the draft as both are now, not as they are cached or were read."""
    service = Service.objects.filter(inquiry=draft.pk).first()
    if service is None:
        raise draft_deleted()
    return service


def draft_deleted() -> RuleViolation:
    return RuleViolation(_("This draft has been deleted."), code="deleted")


def registry_has_changed() -> RuleViolation:
    return RuleViolation(
        _("The registry has another name or number for this person by now. Check them again."),
        code="changed",
    )


def missing_documents(service: Service, attachments: Iterable[Attachment]) -> list[DocumentType]:
    """Return the document types that the service requires, and that the attachments lack."""
    there = {each.document_type_id for each in attachments if each.is_kept}
    return [each for each in service.documents.all() if each.pk not in there]


def obstacle(draft: Inquiry) -> RuleViolation | None:
    """Return the RuleViolation that `check_may_file` raises for this draft, or None."""
    try:
        check_may_file(
            actor=draft.applicant,
            holder=draft.holder,
            beneficiary=draft.beneficiary,
            service=draft.service,
        )
    except RuleViolation as violation:
        return violation
    return None


def check_may_file(
    *, actor: User, holder: Identity, beneficiary: Identity, service: Service
) -> None:
    """Check that `actor` may file for `beneficiary` through `holder`, with `service` as given.

    RuleViolation `holder`, `beneficiary` or `service`, after the choice that does not fit.
    """
    check_may_act_for(
        actor=actor, holder=holder, person=beneficiary, service=service, person_field="beneficiary"
    )
    if not service.is_open_to_inquiries:
        raise RuleViolation(
            _("This service takes no inquiries at the moment. Choose another."), code="service"
        )


def check_description(inquiry: Inquiry) -> None:
    """Check that the description says something. RuleViolation `description`."""
    words = {word for word in fold(inquiry.description).split() if not word.isdigit()}
    if seen_length(inquiry.description) < MIN_DESCRIPTION_LENGTH:
        raise RuleViolation(
            _("Explain what you need in at least 30 characters."), code="description"
        )
    if len(words) < MIN_DIFFERENT_WORDS:
        raise RuleViolation(
            _("Explain what you need in whole sentences: at least five different words."),
            code="description",
        )
