"""Ending the sessions of devices."""

from importlib import import_module

from django.conf import settings

from core.accounts.models import Session, User


def sign_out_device(*, actor: User, device: str) -> None:
    """End the actor's session on `device` (see `Session.device`), if it still exists."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()


def forget_ended_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
