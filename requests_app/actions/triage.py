"""What officers do to an inquiry, and supervisors."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.digests import digest_of, key_of
from core.exceptions import RuleViolation
from requests_app.actions.transitions import Deed, Role, move
from requests_app.models import Inquiry, Reply


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
        waiting = Inquiry.objects.for_staff(actor).waiting()
        mine = waiting.filter(pk=inquiry.pk, assignee=actor).first()
        if mine is None:
            raise
        return mine


@transaction.atomic
def release(*, actor, inquiry, seen):
    """Give an inquiry back to the queue."""
    return _officer_move(
        inquiry, Deed.RELEASED, actor=actor, seen=seen, only_if=Q(assignee=actor), assignee=None
    )


@transaction.atomic
def assign(*, actor, inquiry, seen, officer):
    """Give an inquiry to an officer; for supervisors. RuleViolation `officer`: may not have it."""
    _check_supervisor(actor)
    if not (
        officer.is_active
        and officer.is_staff
        and officer.has_perm("requests_app.triage_inquiry")
        and Inquiry.objects.for_staff(officer).filter(pk=inquiry.pk).exists()
    ):
        raise RuleViolation(
            _("%(who)s may not work on this inquiry. Choose another officer.")
            % {"who": officer.get_short_name()},
            code="officer",
        )
    return _officer_move(inquiry, Deed.ASSIGNED, actor=actor, seen=seen, assignee=officer)


def reply(*, actor, inquiry, seen, text, key):
    """Answer in public and go on working on it."""
    return _write(inquiry, Deed.REPLIED, actor=actor, seen=seen, text=text, key=key)


def note(*, actor, inquiry, seen, text, key):
    """Write something down that the applicant never sees."""
    return _write(inquiry, Deed.NOTED, actor=actor, seen=seen, text=text, key=key)


def send_back(*, actor, inquiry, seen, text, key):
    """Return it to the applicant, with what is missing."""
    return _write(inquiry, Deed.RETURNED, actor=actor, seen=seen, text=text, key=key)


def approve(*, actor, inquiry, seen, text, key):
    """Approve with an answer."""
    return _write(inquiry, Deed.APPROVED, actor=actor, seen=seen, text=text, key=key)


def reject(*, actor, inquiry, seen, text, key):
    """Reject with the reason."""
    return _write(inquiry, Deed.REJECTED, actor=actor, seen=seen, text=text, key=key)


@transaction.atomic
def close(*, actor, inquiry, seen):
    """Put away what has been processed."""
    return _officer_move(inquiry, Deed.CLOSED, actor=actor, seen=seen)


def _write(inquiry, deed, *, actor, seen, text, key):
    """A move with a text; `key` is the form's, so that its second click does nothing."""
    key = key_of(key, actor.pk, inquiry.pk, deed, text)
    is_note = deed == Deed.NOTED
    try:
        with transaction.atomic():
            inquiry = _officer_move(
                inquiry,
                deed,
                actor=actor,
                seen=seen,
                only_if=Q() if is_note else Q(assignee=actor),
                content_digest=digest_of(text),
            )
            kind = Reply.Kind.NOTE if is_note else Reply.Kind.ANSWER
            Reply.objects.create(inquiry=inquiry, author=actor, kind=kind, text=text, key=key)
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(key=key).exists():
            raise
        inquiry.refresh_from_db()
    return inquiry


def _officer_move(inquiry, deed, *, actor, **changes):
    if not actor.has_perm("requests_app.triage_inquiry"):
        raise RuleViolation(_("Your account may not work on inquiries."), code="not_officer")
    if not Inquiry.objects.for_staff(actor).filter(pk=inquiry.pk).exists():
        raise RuleViolation(_("You cannot work on an inquiry of your own."), code="own_case")
    return move(inquiry, deed, actor=actor, role=Role.OFFICER, **changes)


def _check_supervisor(actor):
    if not actor.has_perm("requests_app.assign_inquiry"):
        raise RuleViolation(_("Only supervisors give inquiries to others."), code="not_supervisor")
