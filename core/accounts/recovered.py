"""What is closed for 72 hours after the recovery of an account, and while it is disputed."""

import datetime

from django.utils.translation import gettext as _

from core.accounts.models import Recovery, User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.template_filters import moment_in_words


def restriction_on(user: User, *, since: datetime.datetime | None = None) -> RuleViolation | None:
    """Return the RuleViolation `recovered` of what a recovery of this account closes for now.

    With `since`, the time of an inquiry or appointment, only what is older than the recovery is
    closed: who has taken over an account must not undo what its owner has filed or booked. Without
    it, the deed is one on the account itself.
    """
    recoveries = Recovery.objects.restricting(user)
    if since is not None:
        recoveries = recoveries.filter(done_at__gt=since)
    recovery = recoveries.order_by("-restricted_until").first()
    if recovery is None:
        return None
    return RuleViolation(
        _(
            "The mobile of this account is new. So that nobody else can use it against you, "
            "this is closed until %(until)s. If it cannot wait, a counter at a passports "
            "office can open it: bring your ID or passport."
        )
        % {"until": moment_in_words(recovery.restricted_until)},  # type: ignore[arg-type]  # restricting
        code="recovered",
    )


def check_not_restricted(user: User) -> None:
    """Check that no recovery closes a deed on the account itself. RuleViolation `recovered`."""
    if refused := restriction_on(user):
        note(Event.DEED_REFUSED, refused.code, account=user.pk, kind="account")
        raise refused


def is_disputed(user: User | None) -> bool:
    return Recovery.objects.disputed(user).exists()


def check_not_disputed(user: User) -> None:
    """Check that nobody has objected to a recovery of this account. RuleViolation `disputed`."""
    if is_disputed(user):
        raise RuleViolation(
            _(
                "Somebody has objected to the new mobile of this account, so nobody can sign in "
                "to it. Go to a passports office with your ID or passport: a counter decides."
            ),
            code="disputed",
        )
