"""Adding an authenticator app to an account, its recovery codes, and taking it off."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts import authenticators, codes, purposes
from core.accounts.models import OneTimeCode, User
from core.accounts.recovered import check_not_restricted
from core.accounts.warnings import warn_everywhere
from core.exceptions import RuleViolation
from core.security_log import Event, note

_Result = TypeVar("_Result")


def check_may_change_authenticator(actor: User) -> None:
    """Check that the actor may add, remove or renew. RuleViolation `staff` or `recovered`."""
    if actor.is_staff:
        raise RuleViolation(
            _("Your authenticator is kept by whoever keeps the accounts of staff. Ask them."),
            code="staff",
        )
    check_not_restricted(actor)


@transaction.atomic
def add_authenticator(*, actor: User, key: str, guess: str) -> list[str]:
    """Add the app that has `key` and shows `guess`; return the recovery codes.

    RuleViolation: `wrong`, `known` (the account has an app already), or as in
    `check_may_change_authenticator`.
    """
    check_may_change_authenticator(actor)
    # Two confirmations at the same moment queue at this lock.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if authenticators.app_of(actor):
        raise RuleViolation(_("Your account has an authenticator app already."), code="known")
    app = authenticators.new_app(actor, key)
    app.last_t = authenticators.step_of(app, guess)
    app.save()
    warn_everywhere(actor, "authenticator_added")
    note(Event.AUTHENTICATOR_ADDED, account=actor.pk)
    return authenticators.renew_recovery_codes(actor)


def remove_authenticator(*, actor: User, session_key: str | None, guess: str) -> None:
    """Take the app and its recovery codes off with a code of either; codes are texted again.

    RuleViolation as in `check_may_change_authenticator`, and those of `codes.use_code`.
    """

    def remove(_code: OneTimeCode) -> None:
        authenticators.take_off(actor)
        warn_everywhere(actor, "authenticator_removed")
        note(Event.AUTHENTICATOR_REMOVED, account=actor.pk)

    _with_code(actor, session_key, guess, remove)


def renew_recovery_codes(*, actor: User, session_key: str | None, guess: str) -> list[str]:
    """Replace the recovery codes with a code of the app or one of them; return the new ones.

    RuleViolation as in `remove_authenticator`.
    """

    def renew(_code: OneTimeCode) -> list[str]:
        warn_everywhere(actor, "recovery_codes_renewed")
        note(Event.RECOVERY_CODES, account=actor.pk, kind="renewed")
        return authenticators.renew_recovery_codes(actor)

    return _with_code(actor, session_key, guess, renew)


def _with_code(
    actor: User,
    session_key: str | None,
    guess: str,
    action: Callable[[OneTimeCode], _Result],
) -> _Result:
    """Ask for a code and use it at once, as the form that asks has the code in it already."""
    check_may_change_authenticator(actor)
    purpose = purposes.AUTHENTICATOR
    codes.ask_the_app(actor=actor, purpose=purpose, session_key=session_key)
    return codes.use_code(
        actor=actor, purpose=purpose, session_key=session_key, guess=guess, action=action
    )
