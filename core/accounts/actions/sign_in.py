"""The checks before a user is signed in, and the code that signs them in."""

from django.utils.translation import gettext as _

from core.accounts import codes, guesses, purposes, registry
from core.accounts.models import Identity, OneTimeCode, User
from core.accounts.recovered import check_not_disputed
from core.exceptions import RuleViolation
from core.security_log import Event, note


def check_undisputed(user: User, kind: str = "resident") -> None:
    """Check that no objection keeps both sides out of the account. RuleViolation `disputed`.

    `kind` says in the security log where they sign in.
    """
    try:
        check_not_disputed(user)
    except RuleViolation as violation:
        note(Event.SIGN_IN, violation.code, account=user.pk, kind=kind)
        raise


def check_may_enter(user: User) -> None:
    """Check that `user` may sign in: that nobody has objected, and what the registry says.

    An account without an identity is not looked up. RuleViolation: `disputed`, `registry_away`, or
    `deceased`.
    """
    check_undisputed(user)
    if user.identity is None:
        return
    identity = registry.refresh(user.identity)
    if identity.status == Identity.Status.DECEASED:
        note(Event.SIGN_IN, "deceased", account=user.pk, kind="resident")
        raise RuleViolation(
            _(
                "This account is closed, as the registry shows its holder as deceased. If that is "
                "a mistake, go to a passports office yourself with your ID or passport. Relatives "
                "bring their own ID and the death certificate."
            ),
            code="deceased",
        )


def try_sign_in_code(*, actor: User, session_key: str | None, guess: str) -> OneTimeCode:
    """Use the code that signs `actor` in, and return it.

    A hundred wrong ones in a row, in whichever sessions, make the account rest. RuleViolation:
    `rests`, and those of `codes.use_code`.
    """
    warning = guesses.count_code(actor)
    try:
        code = codes.use_code(
            actor=actor,
            purpose=purposes.SIGN_IN,
            session_key=session_key,
            guess=guess,
            action=lambda code: code,
        )
    except RuleViolation as violation:
        if violation.code != "wrong":
            guesses.take_back_code(actor, warning, was_right=False)
        raise
    guesses.take_back_code(actor, warning, was_right=True)
    return code
