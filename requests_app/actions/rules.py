"""The rules for filing an inquiry: its people, service, texts and documents."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.accounts.acting_for import check_may_act_for
from core.accounts.models import Identity, User
from core.arabic_spelling import fold, fold_name
from core.catalogue.models import DocumentType, Service
from core.exceptions import RuleViolation
from core.text import seen_length
from requests_app.models import Attachment, Inquiry

MIN_DESCRIPTION_LENGTH = 30  # characters
MIN_DIFFERENT_WORDS = 5


def check_ready(draft: Inquiry, attachments: Iterable[Attachment]) -> None:
    """Check that the draft can be sent with these attachments, which are all of its own.

    RuleViolation as in `check_may_file` and `check_details`, or `mobile`, `document`, `deleted`.
    """
    draft.service = _service_of(draft)
    check_may_file(
        actor=draft.applicant,
        holder=draft.holder,
        beneficiary=draft.beneficiary,
        service=draft.service,
    )
    check_details(draft)
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


def check_details(inquiry: Inquiry) -> None:
    """Check the number, the name and the description of an inquiry.

    RuleViolation has the name of the first wrong field as its code, and the others in `also`.
    """
    broken = [*_wrong_number(inquiry), *_wrong_name(inquiry), *_poor_description(inquiry)]
    if broken:
        first, *also = broken
        raise RuleViolation(first.message, first.code, also)


def _wrong_number(inquiry: Inquiry) -> Iterator[RuleViolation]:
    person = inquiry.beneficiary
    if inquiry.id_number != person.current_number and inquiry.id_number not in person.every_number:
        yield RuleViolation(
            _("This is not the ID or border number of %(name)s. Check it and type it again.")
            % {"name": inquiry.beneficiary.name},
            code="id_number",
        )


def _wrong_name(inquiry: Inquiry) -> Iterator[RuleViolation]:
    names = (inquiry.beneficiary.name_ar, inquiry.beneficiary.name_en)
    if _first_and_last(inquiry.name) not in map(_first_and_last, names):
        yield RuleViolation(
            _(
                "This is not the name in the registry for this number. Write it as it "
                "stands there: %(name)s."
            )
            % {"name": inquiry.beneficiary.name},
            code="name",
        )


def _poor_description(inquiry: Inquiry) -> Iterator[RuleViolation]:
    words = {word for word in fold(inquiry.description).split() if not word.isdigit()}
    if seen_length(inquiry.description) < MIN_DESCRIPTION_LENGTH:
        yield RuleViolation(
            _("Explain what you need in at least 30 characters."), code="description"
        )
    elif len(words) < MIN_DIFFERENT_WORDS:
        yield RuleViolation(
            _("Explain what you need in whole sentences: at least five different words."),
            code="description",
        )


def _first_and_last(name: str) -> tuple[str, str] | None:
    words = fold_name(name).split()
    return (words[0], words[-1]) if words else None
