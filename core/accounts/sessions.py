"""The session store, which saves the user of each session for the list of devices."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from core.accounts.models import Session


class SessionStore(DatabaseSessionStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return super().create_model_instance(data).fill(data)  # type: ignore[attr-defined]  # it is a Session
