"""A new password: asked for with a code, and set."""

from django.db import transaction

from core.accounts import codes, purposes
from core.accounts.actions.warnings import warn
from core.accounts.models import Session, User, canonical_login


def ask_to_reset(*, login, session_key, language, network):
    """Text whoever has this username or number a code for a new password; the page tells nothing.

    RuleViolation: what `codes.send_code_to_unknown` raises.
    """
    user = User.objects.by_login(login).filter(is_active=True).first()
    codes.send_code_to_unknown(
        purpose=purposes.RESET,
        session_key=session_key,
        language=language,
        asked_for=f"login {canonical_login(login)}",
        network=network,
        recipient=str(user.mobile) if user else "",
        template="code_reset",
        confirms=str(user.pk) if user else "",
    )


@transaction.atomic
def set_password(*, actor, password, session_key=None):
    """Set a new password and sign out everywhere but in this session; the person is told."""
    actor.set_password(password)
    actor.save(update_fields=["password"])
    Session.objects.filter(user=actor).exclude(session_key=session_key).delete()
    warn(actor, "password_changed")
