"""Ending the sessions of devices."""

from importlib import import_module

from django.conf import settings

from core.accounts.models import Session, User


def sign_out_device(*, actor: User, device: str) -> None:
    """End the actor's session on `device` (see `Session.device`), if it still exists."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()


def end_sessions(user: User, *, but: str | None = None) -> None:
    """End all sessions of the account, except the one with the key `but`.

    A request that one of them has in hand saves it with an UPDATE, which brings no row back.
    """
    Session.objects.filter(user=user).exclude(session_key=but).delete()


def forget_ended_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
