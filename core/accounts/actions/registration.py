"""Opening an account with the code that the registry's mobile got."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.accounts import codes, purposes, registry
from core.accounts.actions.warnings import warn
from core.accounts.models import Identity, User
from core.exceptions import RuleViolation


def ask_to_register(*, number, born, session_key, language, network):
    """Text whoever the registry knows under this number and birth date; the page tells nothing.

    RuleViolation: `registry_away`, and what `codes.send_code_to_unknown` raises.
    """
    identity = registry.lookup(number)
    if identity is not None and identity.birth_date != born:
        identity = None
    codes.send_code_to_unknown(
        purpose=purposes.REGISTER,
        session_key=session_key,
        language=language,
        asked_for=f"number {number}",
        network=network,
        recipient=str(identity.mobile) if identity else "",
        template=_answer_to(identity),
        confirms=str(identity.pk) if identity else "",
    )


def register(*, identity, username, password, language):
    """Open the account of a person who has proven who they are with the registry's mobile.

    RuleViolation: `registry_away`, `known` (has an account already), `username`, or `not_open`.
    """
    registry.refresh(identity)
    try:
        with transaction.atomic():
            # Two at once for one person queue here.
            identity = Identity.objects.select_for_update(no_key=True).get(pk=identity.pk)
            if User.objects.filter(identity=identity).exists():
                raise RuleViolation(
                    _("You have an account already. Sign in, or set a new password."), code="known"
                )
            if _answer_to(identity) != "code_register" or not identity.mobile:
                raise RuleViolation(
                    _("An account cannot be opened for you online. Go to a passports office."),
                    code="not_open",
                )
            _check_free(username)
            user = User.objects.create_user(
                username,
                password,
                identity=identity,
                mobile=identity.mobile,
                language=language,
            )
            warn(user, "account_opened")
    except (IntegrityError, ValidationError):
        # Somebody else has taken the name since it was free.
        _check_free(username)
        raise
    return user


def _answer_to(identity):
    """The text for who wants to register: the code, or why there is none."""
    has_account = User.objects.filter(identity=identity and identity.pk).exists()
    if identity is None:
        return "code_register"
    if identity.status != Identity.Status.ACTIVE:
        return f"register_{identity.status}"
    if identity.is_minor:
        return "register_minor"
    return "register_known" if has_account else "code_register"


def _check_free(username):
    if User.objects.filter(username=User.objects.normalize_username(username)).exists():
        raise RuleViolation(_("This username is taken. Choose another."), code="username")
