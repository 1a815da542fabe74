"""What the security log is told of passwords and codes, with the accounts that it is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.accounts.models import User, canonical_login
from core.exceptions import RuleViolation
from core.security_log import DONE, Event, note


def note_wrong_password(login: str, kind: str, limit: str | None) -> None:
    """Note a password that was refused, by a limit if any; `kind` says by which page.

    What is done is the same whether there is an account or not, so that it takes the same time.
    """
    pk = User.objects.by_login(login).values_list("pk", flat=True).first()
    typed = "" if pk else canonical_login(login)
    event = Event.LIMIT if limit else Event.SIGN_IN
    note(event, limit or "wrong_password", account=pk, typed=typed, kind=kind)


@contextmanager
def limits_noted(purpose: str, actor: User | None, typed: str = "") -> Iterator[None]:
    """Note a code that a limit refuses; `typed` as in `codes.send_code_to_unknown`."""
    try:
        yield
    except RuleViolation as violation:
        account = actor.pk if actor else None
        note(Event.LIMIT, violation.code, account=account, typed=typed, purpose=purpose)
        raise


def note_code_sent(purpose: str, actor: User | None, typed: str, *, is_sent: bool) -> None:
    """Note a code that is in the outbox, or that nobody gets one."""
    account = actor.pk if actor else None
    outcome = DONE if is_sent else "nobody"
    note(Event.CODE_SENT, outcome, account=account, typed=typed, purpose=purpose)


def note_app_asked(purpose: str, actor: User) -> None:
    """Note a code that is not sent, because the authenticator app of the actor shows it."""
    note(Event.CODE_SENT, "by_app", account=actor.pk, purpose=purpose)


def note_code_tried(
    purpose: str, actor: User | None, refusal: RuleViolation | None, *, by_app: bool
) -> None:
    """Note a try of a code that has been counted; `refusal` is None for the right one."""
    outcome = refusal.code if refusal else DONE
    kind = "authenticator" if by_app else ""
    account = actor.pk if actor else None
    note(Event.CODE_TRIED, outcome, purpose=purpose, account=account, kind=kind)
