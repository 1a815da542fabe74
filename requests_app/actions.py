"""What can be done to an inquiry: by who files it, and by who works on it."""

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from requests_app.documents import clean_document, discard, store
from requests_app.models import Attachment, Inquiry, InquiryEvent, Reply, digest_of, key_of
from tawasul.accounts import registry
from tawasul.accounts.codes import send_code, use_code
from tawasul.accounts.models import Identity, Link, OneTimeCode
from tawasul.catalogue.models import Service
from tawasul.catalogue.working_days import add_working_days
from tawasul.exceptions import RuleViolation
from tawasul.messaging.actions import write_text
from tawasul.text import fold

Status, Outcome = Inquiry.Status, Inquiry.Outcome
Deed, Role = InquiryEvent.Deed, InquiryEvent.Role

LEAST_DESCRIPTION = 30  # characters
# With ten million inquiries, one new reference in a thousand is another's already.
MOST_REFERENCES = 5

# From which status each deed leads to which.
MOVES = {
    Deed.SUBMITTED: (Status.DRAFT, Status.UNDER_PROCESSING),
    Deed.CLAIMED: (Status.UNDER_PROCESSING, Status.UNDER_PROCESSING),
    Deed.REPLIED: (Status.UNDER_PROCESSING, Status.UNDER_PROCESSING),
    Deed.APPROVED: (Status.UNDER_PROCESSING, Status.PROCESSED),
    Deed.REJECTED: (Status.UNDER_PROCESSING, Status.PROCESSED),
}
OUTCOMES = {Deed.APPROVED: Outcome.APPROVED, Deed.REJECTED: Outcome.REJECTED}


# Filing


def start(*, actor, beneficiary, service, key, holder=None):
    """Begin a draft, filled with what the registry knows; a second click gets the first's.

    It is filed through the actor's own identity, or through the establishment they represent.
    """
    holder = holder or actor.identity
    _check_may_file(actor=actor, holder=holder, beneficiary=beneficiary, service=service)
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


def save_details(*, actor, inquiry, name, id_number, mobile, description):
    """Keep the second step of a draft. RuleViolation codes are the names of the fields."""
    inquiry.name = name
    inquiry.id_number = id_number
    inquiry.mobile = mobile
    inquiry.description = description
    _check_details(inquiry)
    with transaction.atomic():
        _lock_draft(actor, inquiry)
        inquiry.save(update_fields=["name", "id_number", "mobile", "description"])


def attach(*, actor, inquiry, document_type, upload):
    """Check and store a document for a draft, in place of the one it had.

    The file is on the disk before its row is written, and the one replaced is removed only after
    its row is gone: whatever is acknowledged exists.
    """
    document = clean_document(upload)
    stored_name = store(document)
    try:
        with transaction.atomic():
            _lock_draft(actor, inquiry)
            replaced = list(inquiry.attachments.values_list("stored_name", flat=True))
            inquiry.attachments.all().delete()
            attachment = Attachment.objects.create(
                inquiry=inquiry,
                document_type=document_type,
                original_name=document.name,
                stored_name=stored_name,
                content_type=document.content_type,
                size=len(document.content),
                sha256=document.sha256,
            )
    except RuleViolation:
        # After any other failure nobody knows whether the row is there: the sweep finds out.
        discard(stored_name)
        raise
    for name in replaced:
        discard(name)
    return attachment


def request_confirmation(*, actor, inquiry, session_key, shown):
    """Text the applicant a code for the draft with the digest `shown`, which they have read."""
    if inquiry.content_digest() != shown:
        raise RuleViolation(
            _("Your answers have changed since you read them here. Check them again."),
            code="changed",
        )
    _ask_registry(inquiry)
    _check_ready(inquiry)
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
        _check_ready(draft)
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
    today = timezone.localdate()
    inquiry = _move(
        draft,
        Deed.SUBMITTED,
        actor=actor,
        role=Role.APPLICANT,
        seen=0,
        content_digest=draft.content_digest(),
        submitted_at=timezone.now(),
        due_on=add_working_days(today, draft.service.target_working_days),
    )
    _notify(inquiry, Deed.SUBMITTED)
    return inquiry


# The desk


def claim(*, actor, inquiry, seen):
    """Take an inquiry up: from now on it is this officer's to answer."""
    try:
        with transaction.atomic():
            return _officer_move(
                inquiry,
                Deed.CLAIMED,
                actor=actor,
                seen=seen,
                only_if=Q(assignee=None),
                assignee=actor,
            )
    except RuleViolation:
        mine = Inquiry.objects.for_staff(actor).filter(pk=inquiry.pk, assignee=actor).first()
        if mine is None:
            raise
        return mine


def reply(*, actor, inquiry, seen, text, key):
    """Answer in public and go on working on it."""
    return _answer(inquiry, Deed.REPLIED, actor=actor, seen=seen, text=text, key=key)


def approve(*, actor, inquiry, seen, text, key):
    """Approve with an answer."""
    return _answer(inquiry, Deed.APPROVED, actor=actor, seen=seen, text=text, key=key)


def reject(*, actor, inquiry, seen, text, key):
    """Reject with the reason."""
    return _answer(inquiry, Deed.REJECTED, actor=actor, seen=seen, text=text, key=key)


def _answer(inquiry, deed, *, actor, seen, text, key):
    """A move with a public answer; `key` is the form's, so that its second click does nothing."""
    key = key_of(key, actor.pk, inquiry.pk, deed, text)
    changes = {}
    if deed in OUTCOMES:
        changes = {"outcome": OUTCOMES[deed], "processed_at": timezone.now()}
    try:
        with transaction.atomic():
            inquiry = _officer_move(
                inquiry,
                deed,
                actor=actor,
                seen=seen,
                only_if=Q(assignee=actor),
                content_digest=digest_of(text),
                **changes,
            )
            Reply.objects.create(inquiry=inquiry, author=actor, text=text, key=key)
            _notify(inquiry, deed)
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(key=key).exists():
            raise
        inquiry.refresh_from_db()
    return inquiry


def _officer_move(inquiry, deed, *, actor, **move):
    if not actor.has_perm("requests_app.triage_inquiry"):
        raise RuleViolation(_("Your account may not work on inquiries."), code="not_officer")
    if not Inquiry.objects.for_staff(actor).filter(pk=inquiry.pk).exists():
        raise RuleViolation(_("You cannot work on an inquiry of your own."), code="own_case")
    return _move(inquiry, deed, actor=actor, role=Role.OFFICER, **move)


# What every deed does


def _move(inquiry, deed, *, actor, role, seen, only_if=None, content_digest="", **changes):
    """Move on from the version that `actor` has seen, and record it; RuleViolation says why not."""
    from_status, to_status = MOVES[deed]
    moved = Inquiry.objects.filter(
        only_if or Q(), pk=inquiry.pk, status=from_status, version=seen
    ).update(status=to_status, version=F("version") + 1, **changes)
    if not moved:
        raise _why_not(inquiry.pk, deed, actor, seen)
    inquiry = Inquiry.objects.select_related("service", "applicant", "assignee").get(pk=inquiry.pk)
    event = InquiryEvent(
        inquiry=inquiry,
        seq=inquiry.version,
        at=timezone.now(),
        actor=actor,
        role=role,
        deed=deed,
        from_status=from_status,
        to_status=to_status,
        content_digest=content_digest,
        previous_digest=inquiry.last_digest,
    )
    event.digest = inquiry.last_digest = event.computed_digest()
    event.save(force_insert=True)
    inquiry.save(update_fields=["last_digest"])
    return inquiry


def _why_not(pk, deed, actor, seen):
    inquiry = Inquiry.objects.select_related("assignee__identity").get(pk=pk)
    since = inquiry.events.filter(seq__gt=seen).select_related("actor__identity")
    changes = pgettext("between the items of a list", ", ").join(
        pgettext("what happened, and who did it", "%(deed)s (%(who)s)")
        % {"deed": event.get_deed_display(), "who": event.actor.get_short_name()}
        for event in since
    )
    if deed == Deed.CLAIMED and inquiry.assignee_id:
        return RuleViolation(
            _("This inquiry is already assigned to %(who)s.")
            % {"who": inquiry.assignee.get_short_name()},
            code="claimed",
        )
    if changes:
        return RuleViolation(
            _("This inquiry has changed since you opened it: %(changes)s. Read it again first.")
            % {"changes": changes},
            code="stale",
        )
    if inquiry.status == Status.UNDER_PROCESSING and inquiry.assignee != actor:
        return RuleViolation(
            _("Assign this inquiry to yourself before you answer it."), code="unclaimed"
        )
    return RuleViolation(
        _("This cannot be done while the inquiry is “%(status)s”.")
        % {"status": inquiry.get_status_display()},
        code="status",
    )


def _notify(inquiry, deed):
    applicant = inquiry.applicant
    write_text(
        recipient=applicant.mobile,
        language=applicant.language,
        template=f"inquiry_{deed}",
        context={"inquiry": inquiry},
        about=inquiry.reference,
    )


# Rules


def _ask_registry(inquiry):
    """Bring everybody in it up to date, before any transaction; RuleViolation `registry_away`."""
    for identity in {inquiry.applicant.identity, inquiry.holder, inquiry.beneficiary}:
        registry.refresh(identity)
    inquiry.refresh_from_db(fields=["holder", "beneficiary"])


def _lock_draft(actor, inquiry):
    """The draft as it stands, kept from everybody else until the transaction ends."""
    draft = (
        Inquiry.objects.drafts_of(actor)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=inquiry.pk)
        .first()
    )
    if draft is None:
        raise RuleViolation(
            _("This inquiry has already been sent and cannot be changed."), code="filed"
        )
    return draft


def _check_ready(draft):
    _check_may_file(
        actor=draft.applicant,
        holder=draft.holder,
        beneficiary=draft.beneficiary,
        service=draft.service,
    )
    _check_details(draft)
    if draft.service.documents.exists() and not draft.attachments.exists():
        raise RuleViolation(_("Add the document that this service needs."), code="document")


def _check_may_file(*, actor, holder, beneficiary, service):
    mandates = Identity.objects.that_can_be_acted_for_by(actor.identity)
    if holder != actor.identity and not mandates.filter(pk=holder.pk).exists():
        raise RuleViolation(
            _("You no longer represent %(name)s, so you cannot file in its name.")
            % {"name": holder.name},
            code="holder",
        )
    if not Service.objects.open_to_inquiries().filter(pk=service.pk).exists():
        raise RuleViolation(
            _("This service takes no inquiries at the moment. Choose another."), code="service"
        )
    if not (holder.is_active and beneficiary.is_active):
        raise RuleViolation(
            _(
                "This person's status in the registry does not allow an inquiry. "
                "Please go to a passports office."
            ),
            code="beneficiary",
        )
    is_own = holder == beneficiary
    links = Link.objects.in_force().for_persons()
    if not is_own and not links.filter(holder=holder, person=beneficiary).exists():
        raise RuleViolation(
            _("This person is not linked to your account. Choose somebody who is."),
            code="beneficiary",
        )
    if is_own and service.is_filed_by_others_alone:
        raise RuleViolation(
            _(
                "You cannot ask for “%(service)s” for yourself: your employer or host "
                "has to. Choose another service."
            )
            % {"service": service.name},
            code="service",
        )
    if not service.is_for(kind=beneficiary.kind, nationality=beneficiary.nationality):
        raise RuleViolation(
            _("“%(service)s” is not for %(name)s. Choose a service that fits this person.")
            % {"service": service.name, "name": beneficiary.name},
            code="service",
        )


def _check_details(inquiry):
    numbers = [number.number for number in inquiry.beneficiary.numbers.all()]
    if inquiry.id_number not in numbers:
        raise RuleViolation(
            _("This is not the ID or border number of %(name)s. Check it and type it again.")
            % {"name": inquiry.beneficiary.name},
            code="id_number",
        )
    names = (inquiry.beneficiary.name_ar, inquiry.beneficiary.name_en)
    if _first_and_last(inquiry.name) not in map(_first_and_last, names):
        raise RuleViolation(
            _(
                "This is not the name in the registry for this number. Write it as it "
                "stands there: %(name)s."
            )
            % {"name": inquiry.beneficiary.name},
            code="name",
        )
    if len(inquiry.description) < LEAST_DESCRIPTION:
        raise RuleViolation(
            _("Explain what you need in at least 30 characters."), code="description"
        )


def _first_and_last(name):
    words = fold(name).split()
    return (words[0], words[-1]) if words else None
