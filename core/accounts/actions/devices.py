"""Ending the sessions of devices."""

from importlib import import_module

from django.conf import settings

from core.accounts.models import Session


def sign_out_device(*, actor, device):
    """End the actor's session on `device` (see `Session.device`), if it still exists."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()


def forget_ended_sessions():
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
