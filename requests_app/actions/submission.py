"""Submission of a draft to the directorate, confirmed with a one-time code."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.codes import send_code, use_code
from core.accounts.models import Identity, OneTimeCode, User
from core.catalogue.working_days import add_working_days
from core.exceptions import RuleViolation
from requests_app import purposes
from requests_app.actions.drafts import follow_registry, lock_draft
from requests_app.actions.preparation import check_may_prepare, language_for
from requests_app.actions.rights import Deed, check_may
from requests_app.actions.rules import check_ready, registry_has_changed
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Attachment, Inquiry


def request_confirmation(
    *, actor: User, inquiry: Inquiry, session_key: str | None, shown: str
) -> OneTimeCode:
    """Text the applicant a code that confirms the draft, to type in the session of the actor.

    For the clerk who prepares it, the code goes to the account's own mobile, also where the account
    has an authenticator app: what the app shows would open the account. `shown` is the digest of
    the content on the page that they have read. RuleViolation `changed` if the draft has another
    one by now, or has just been given another name or number by the registry, `registry_away`, or
    as in `check_may`, `check_ready`, `send_code`, and for a clerk `check_may_prepare`.
    """
    attachments = list(inquiry.attachments.all())
    if inquiry.content_digest(attachments) != shown:
        raise RuleViolation(
            _("Your answers have changed since you read them here. Check them again."),
            code="changed",
        )
    check_may(actor, Deed.EDIT, inquiry)
    applicant, recipient = inquiry.applicant, None
    if actor.pk != applicant.pk:
        check_may_prepare(actor, applicant)
        recipient = str(applicant.mobile)
    known = registry.refresh_parties(applicant, inquiry)
    _set_people(inquiry, applicant, known)
    if follow_registry(actor=actor, inquiry=inquiry):
        raise registry_has_changed()
    check_ready(inquiry, attachments)
    return send_code(
        actor=applicant,
        purpose=purposes.to_file(inquiry, actor),
        session_key=session_key,
        language=language_for(actor, inquiry),
        recipient=recipient,
        confirms=shown,
        about=inquiry,
    )


def submit(*, actor: User, inquiry: Inquiry, session_key: str | None, guess: str) -> Inquiry:
    """File the draft with the code that was sent for it, and return the filed inquiry.

    It is the applicant who files it, also at the screen of the clerk who prepares it. A repeated
    or concurrent request returns the inquiry that the first one has filed. RuleViolation `changed`,
    `registry_away`, or as in `lock_draft`, `check_ready` and `use_code`, and for a clerk
    `check_may_prepare`.
    """
    applicant = inquiry.applicant

    def file(code: OneTimeCode) -> Inquiry:
        draft = lock_draft(actor, inquiry)
        _set_people(draft, applicant, known)
        attachments = list(draft.attachments.all())
        digest = draft.content_digest(attachments)
        if code.confirms != digest:
            raise RuleViolation(
                _(
                    "The inquiry has changed since this code was sent. Check your "
                    "answers and ask for a new code."
                ),
                code="changed",
            )
        check_ready(draft, attachments)
        return _submit(draft, attachments, digest)

    try:
        if actor.pk != applicant.pk:
            check_may_prepare(actor, applicant)
        known = registry.refresh_parties(applicant, inquiry)
        return use_code(
            actor=applicant,
            purpose=purposes.to_file(inquiry, actor),
            session_key=session_key,
            guess=guess,
            action=file,
        )
    except RuleViolation:
        filed = Inquiry.objects.filed().filter(pk=inquiry.pk).first()
        if filed is None:
            raise
        return filed


def _submit(draft: Inquiry, attachments: Iterable[Attachment], digest: str) -> Inquiry:
    now, today = timezone.now(), timezone.localdate()
    if draft.prepared_by:
        move(
            draft, EventType.PREPARED, actor=draft.prepared_by, role=Role.CLERK, expected_version=0
        )
    if not all(each.is_kept for each in attachments):
        draft.attachments.infected().delete()
    draft.attachments.update(sent_at=now)
    return move(
        draft,
        EventType.SUBMITTED,
        actor=draft.applicant,
        role=Role.APPLICANT,
        expected_version=1 if draft.prepared_by else 0,
        content_digest=digest,
        submitted_at=now,
        due_on=add_working_days(today, draft.service.target_working_days),
        search_text=draft.build_search_text(),
    )


def _set_people(draft: Inquiry, applicant: User, known: dict[int, Identity]) -> None:
    """Give the draft its people as the registry has just told of them, without reading them anew.

    Those of another tab, which has changed the draft since, are left to be read.
    """
    draft.applicant = applicant
    if holder := known.get(draft.holder_id):
        draft.holder = holder
    if beneficiary := known.get(draft.beneficiary_id):
        draft.beneficiary = beneficiary
