"""Requesting a password reset by code, and setting a new password."""

import datetime

from django.db import transaction

from core.accounts import codes, guesses, purposes
from core.accounts.actions.devices import end_sessions
from core.accounts.models import User, canonical_login
from core.accounts.recovered import is_disputed
from core.accounts.warnings import warn
from core.security_log import Event, note


def ask_to_reset(
    *,
    login: str,
    born: datetime.date | None,
    session_key: str | None,
    language: str,
    network: str,
) -> None:
    """Text a code for a new password to the account with this login and birth date.

    While the account is disputed, its mobile is told that a counter has to decide. The outcome is
    the same for a login that has no account, so that the page cannot reveal which accounts exist.
    RuleViolation: those of `codes.send_code_to_unknown`.
    """
    accounts = User.objects.by_login(login).filter(is_active=True, identity__birth_date=born)
    user = accounts.first() if born else None
    codes.send_code_to_unknown(
        purpose=purposes.RESET,
        session_key=session_key,
        language=language,
        network=network,
        typed=canonical_login(login),
        recipient=str(user.mobile) if user else "",
        email=user.email if user else "",
        template="account_disputed" if is_disputed(user) else "code_reset",
        confirms=str(user.pk) if user else "",
    )


@transaction.atomic
def set_password(*, actor: User, password: str, session_key: str | None = None) -> None:
    """Set a new password, end all sessions of the account but this one, and warn its mobile.

    Without `session_key`, every session ends. An account that rested, or was refused to unknown
    browsers, is open again.
    """
    actor.set_password(password)
    actor.wrong_codes = 0
    actor.save(update_fields=["password", "wrong_codes"])
    guesses.forget(actor)
    end_sessions(actor, but=session_key)
    warn(actor, "password_changed")
    note(Event.PASSWORD_CHANGED, account=actor.pk)
