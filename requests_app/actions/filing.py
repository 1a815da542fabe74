"""What the applicant does to a draft, until it is filed."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.codes import send_code, use_code
from core.accounts.models import OneTimeCode
from core.catalogue.working_days import add_working_days
from core.digests import digest_of, key_of
from core.exceptions import RuleViolation
from requests_app.actions.moves import Deed, Role, move
from requests_app.actions.rules import check_details, check_may_file, check_ready
from requests_app.documents import discard
from requests_app.models import Inquiry

# With ten million inquiries, one new reference in a thousand is another's already.
MOST_REFERENCES = 5
DETAILS = ("name", "id_number", "mobile", "description", "earlier_reference")


def start(*, actor, beneficiary, service, key, holder=None):
    """Begin a draft, filled with what the registry knows; a second click gets the first's.

    It is filed through the actor's own identity, or through the establishment they represent.
    """
    holder = holder or actor.identity
    check_may_file(actor=actor, holder=holder, beneficiary=beneficiary, service=service)
    key = key_of(key, actor.pk, holder.pk, beneficiary.pk, service.pk)
    for attempt in range(MOST_REFERENCES):
        try:
            with transaction.atomic():
                return Inquiry.objects.create(
                    key=key,
                    applicant=actor,
                    holder=holder,
                    beneficiary=beneficiary,
                    service=service,
                    name=beneficiary.name,
                    id_number=beneficiary.current_number,
                    mobile=actor.mobile,
                )
        except IntegrityError:
            begun = Inquiry.objects.filter(key=key).first()
            if begun:
                return begun
            if attempt == MOST_REFERENCES - 1:
                raise


def change_subject(*, actor, inquiry, holder, beneficiary, service):
    """Let a draft be for somebody else, about another service, or filed through another holder.

    What was written and added to it stays; the name and number are those of who it is now for.
    """
    check_may_file(actor=actor, holder=holder, beneficiary=beneficiary, service=service)
    with transaction.atomic():
        draft = _lock_draft(actor, inquiry)
        if draft.beneficiary != beneficiary:
            draft.name = beneficiary.name
            draft.id_number = beneficiary.current_number
        draft.holder, draft.beneficiary, draft.service = holder, beneficiary, service
        draft.save(update_fields=["holder", "beneficiary", "service", "name", "id_number"])
    return draft


def save_details(*, actor, inquiry, name, id_number, mobile, description, earlier_reference=""):
    """Keep the second step of a draft. RuleViolation: its code is the name of the field."""
    inquiry.name = name
    inquiry.id_number = id_number
    inquiry.mobile = mobile
    inquiry.description = description
    inquiry.earlier_reference = earlier_reference
    check_details(inquiry)
    with transaction.atomic():
        _lock_draft(actor, inquiry)
        inquiry.save(update_fields=[*DETAILS])


def ask_to_confirm_mobile(*, actor, inquiry, session_key):
    """Text a code to the draft's mobile, where it is not the account's; RuleViolation: limits."""
    return send_code(
        actor=actor,
        purpose=OneTimeCode.Purpose.CONTACT,
        session_key=session_key,
        language=get_language(),
        recipient=str(inquiry.mobile),
        confirms=_mobile_digest(inquiry),
        about=inquiry,
    )


def confirm_mobile(*, actor, inquiry, session_key, guess):
    """The code has arrived where it was sent: officers can use this mobile for the inquiry."""

    def confirm(code):
        draft = _lock_draft(actor, inquiry)
        if code.confirms != _mobile_digest(draft):
            raise RuleViolation(
                _("The mobile has changed since this code was sent. Ask for a new code."),
                code="changed",
            )
        draft.confirmed_mobile = draft.mobile
        draft.save(update_fields=["confirmed_mobile"])

    use_code(
        actor=actor,
        purpose=OneTimeCode.Purpose.CONTACT,
        session_key=session_key,
        guess=guess,
        deed=confirm,
    )


def delete_draft(*, actor, inquiry):
    """Drop a draft with its documents. RuleViolation: `filed`, `deleted`."""
    with transaction.atomic():
        draft = _lock_draft(actor, inquiry)
        stored = list(draft.attachments.values_list("stored_name", flat=True))
        draft.attachments.all().delete()
        draft.delete()
    for name in stored:
        discard(name)


def request_confirmation(*, actor, inquiry, session_key, shown):
    """Text the applicant a code for the draft with the digest `shown`, which they have read."""
    if inquiry.content_digest() != shown:
        raise RuleViolation(
            _("Your answers have changed since you read them here. Check them again."),
            code="changed",
        )
    _ask_registry(inquiry)
    check_ready(inquiry)
    return send_code(
        actor=actor,
        purpose=OneTimeCode.Purpose.FILE,
        session_key=session_key,
        language=get_language(),
        confirms=shown,
        about=inquiry,
    )


def submit(*, actor, inquiry, session_key, guess):
    """File the draft with the code that was sent for it; the inquiry as filed.

    Whoever sends a second time, or comes second, gets the inquiry that the first has filed.
    """

    def file(code):
        draft = _lock_draft(actor, inquiry)
        if code.confirms != draft.content_digest():
            raise RuleViolation(
                _(
                    "The inquiry has changed since this code was sent. Check your "
                    "answers and ask for a new code."
                ),
                code="changed",
            )
        check_ready(draft)
        return _submit(draft, actor)

    try:
        _ask_registry(inquiry)
        return use_code(
            actor=actor,
            purpose=OneTimeCode.Purpose.FILE,
            session_key=session_key,
            guess=guess,
            deed=file,
        )
    except RuleViolation:
        filed = Inquiry.objects.filed().filter(pk=inquiry.pk).first()
        if filed is None:
            raise
        return filed


def _submit(draft, actor):
    now, today = timezone.now(), timezone.localdate()
    draft.attachments.update(sent_at=now)
    return move(
        draft,
        Deed.SUBMITTED,
        actor=actor,
        role=Role.APPLICANT,
        seen=0,
        content_digest=draft.content_digest(),
        submitted_at=now,
        due_on=add_working_days(today, draft.service.target_working_days),
        search_text=draft.words_to_find_it(),
    )


# Rules


def _mobile_digest(inquiry):
    return digest_of(["mobile", inquiry.reference, str(inquiry.mobile)])


def _ask_registry(inquiry):
    """Bring everybody in it up to date, before any transaction; RuleViolation `registry_away`."""
    for identity in {inquiry.applicant.identity, inquiry.holder, inquiry.beneficiary}:
        registry.refresh(identity)
    try:
        inquiry.refresh_from_db(fields=["holder", "beneficiary"])
    except Inquiry.DoesNotExist:
        raise _deleted() from None


def _lock_draft(actor, inquiry):
    """The draft as it stands, kept from everybody else until the transaction ends."""
    draft = (
        Inquiry.objects.drafts_of(actor)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=inquiry.pk)
        .first()
    )
    if draft is None and not Inquiry.objects.filter(pk=inquiry.pk).exists():
        raise _deleted()
    if draft is None:
        raise RuleViolation(
            _("This inquiry has already been sent and cannot be changed."), code="filed"
        )
    return draft


def _deleted():
    return RuleViolation(_("This draft has been deleted."), code="deleted")
