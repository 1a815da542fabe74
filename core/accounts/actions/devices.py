"""Signing devices out."""

from importlib import import_module

from django.conf import settings

from core.accounts.models import Session


def sign_out_device(*, actor, device):
    """End the session that is called `device`; nothing when there is none any more."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()


def forget_ended_sessions():
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
