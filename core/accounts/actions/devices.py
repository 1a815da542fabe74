"""Ending the sessions of devices, and telling of a new one."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from core.accounts.models import Session, User
from core.accounts.warnings import warn_everywhere
from core.security_log import Event, note


def sign_out_device(*, actor: User, device: str) -> None:
    """End the actor's session on `device` (see `Session.device`), if it still exists."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()
            note(Event.SIGNED_OUT, account=actor.pk, kind="device")


def sign_out_elsewhere(*, actor: User, session_key: str | None) -> None:
    """End all sessions of the account but this one."""
    end_sessions(actor, but=session_key)
    note(Event.SIGNED_OUT, account=actor.pk, kind="elsewhere")


def warn_of_new_device(*, user: User, browser: str, kind: str) -> None:
    """Tell the mobile and the mail address of a sign-in with a browser that was not known.

    `browser` and `kind` as in `devices`; it belongs to the transaction that signs in.
    """
    context: dict[str, Any] = {
        "at": timezone.now(),
        "browser": browser,
        "family": browser.partition(",")[0],
        "is_staff_site": kind == "staff",
    }
    warn_everywhere(user, "new_device", **context)
    note(Event.NEW_DEVICE, account=user.pk, kind=kind)


def end_sessions(user: User, *, but: str | None = None) -> None:
    """End all sessions of the account, except the one with the key `but`.

    Those too that are just being begun: what each session carries counts how often all of them were
    ended. The one that stays gets the new count by `devices.keep_session`. A request that one of
    the others has in hand saves it with an UPDATE, which brings no row back.
    """
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    Session.objects.filter(user=user).exclude(session_key=but).delete()


def forget_ended_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
