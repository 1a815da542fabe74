"""The session store, which saves the user of each session for the list of devices."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from core.accounts.models import Session
from core.exceptions import is_without_database


class SessionStore(DatabaseSessionStore):
    def save(self, must_create: bool = False) -> None:
        """Save the session; raise the error of a database that has gone away.

        Django's store takes that for a session that somebody has ended.
        """
        try:
            super().save(must_create)
        except UpdateError as ended:
            error = ended.__context__
            # Django's own error for a row that is not there has no cause.
            if error and error.__cause__ and is_without_database(error):
                raise error from error.__cause__
            raise

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return super().create_model_instance(data).fill(data)  # type: ignore[attr-defined]  # it is a Session
