"""The session store, which saves the user of each session for the list of devices."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from core.accounts.models import Session


class SessionStore(DatabaseSessionStore):
    @classmethod
    def get_model_class(cls):
        return Session

    def create_model_instance(self, data):
        return super().create_model_instance(data).fill(data)
