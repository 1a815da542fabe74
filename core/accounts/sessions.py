"""Sessions in the database that know whose they are: people see where they are signed in."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from core.accounts.models import Session


class SessionStore(DatabaseSessionStore):
    @classmethod
    def get_model_class(cls):
        return Session

    def create_model_instance(self, data):
        return super().create_model_instance(data).fill(data)
