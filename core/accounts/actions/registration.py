"""Opening an account with a code sent to the mobile that the registry has, or a counter gave."""

import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts import codes, purposes, registry
from core.accounts.models import Identity, Recovery, User
from core.accounts.warnings import warn
from core.exceptions import RuleViolation
from core.security_log import Event, note


def ask_to_register(
    *,
    number: str,
    born: datetime.date | None,
    session_key: str | None,
    language: str,
    network: str,
) -> None:
    """Text a code to the person that the registry knows under this number and birth date.

    The outcome is the same for a person that the registry does not know, so that the page reveals
    nothing. RuleViolation: `registry_away`, and those of `codes.send_code_to_unknown`.
    """
    identity = registry.lookup(number)
    if identity is not None and identity.birth_date != born:
        identity = None
    codes.send_code_to_unknown(
        purpose=purposes.REGISTER,
        session_key=session_key,
        language=language,
        network=network,
        typed=number,
        recipient=_mobile_of(identity),
        template=_answer_to(identity),
        confirms=str(identity.pk) if identity else "",
    )


def register(*, identity: Identity, username: str, password: str, language: str) -> User:
    """Open an account for a person who has used the code sent to their mobile.

    RuleViolation: `registry_away`, `known` (the person has an account already), `username` (it is
    taken), or `not_open` (no mobile, a minor, or not active in the registry).
    """
    registry.refresh(identity)
    try:
        with transaction.atomic():
            # Two registrations of one person at the same time queue at this lock.
            identity = Identity.objects.select_for_update(no_key=True).get(pk=identity.pk)
            if User.objects.filter(identity=identity).exists():
                raise RuleViolation(
                    _("You have an account already. Sign in, or set a new password."), code="known"
                )
            mobile = _mobile_of(identity)
            if _answer_to(identity) != "code_register" or not mobile:
                raise RuleViolation(
                    _(
                        "An account cannot be opened for you online. Go to a passports office with "
                        "your ID or passport."
                    ),
                    code="not_open",
                )
            _check_free(username)
            user = User.objects.create_user(
                username,
                password,
                identity=identity,
                mobile=mobile,
                language=language,
            )
            Recovery.objects.to_register_with(identity).update(
                status=Recovery.Status.DONE, done_at=timezone.now(), user=user, person=None
            )
            warn(user, "account_opened")
            note(Event.ACCOUNT_OPENED, account=user.pk)
    except (IntegrityError, ValidationError):
        # Another request may have taken the username since it was checked.
        _check_free(username)
        raise
    return user


def _answer_to(identity: Identity | None) -> str:
    """Return the template of the text to a registering person: the code, or the reason for none."""
    has_account = User.objects.filter(identity=identity and identity.pk).exists()
    if identity is None:
        return "code_register"
    if identity.status != Identity.Status.ACTIVE:
        return f"register_{identity.status}"
    if identity.is_minor:
        return "register_minor"
    return "register_known" if has_account else "code_register"


def _mobile_of(identity: Identity | None) -> str:
    """Return the mobile that two members of staff have seen the person with, or the registry's."""
    given = Recovery.objects.to_register_with(identity).first()
    if given:
        return str(given.new_mobile)
    return str(identity.mobile) if identity else ""


def _check_free(username: str) -> None:
    if User.objects.filter(username=User.objects.normalize_username(username)).exists():
        raise RuleViolation(_("This username is taken. Choose another."), code="username")
