"""The session store: the user of each session, and the times of those who are signed in."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from core.accounts.models import Session, User
from core.accounts.models.sessions import SessionQuerySet
from core.exceptions import is_without_database

# However much somebody does, they sign in again after this time: staff once a shift.
MAX_LENGTH = timedelta(hours=4)
MAX_SHIFT = timedelta(hours=12)
# Each extension is an UPDATE, so shorter ones are skipped.
MIN_EXTENSION = timedelta(minutes=1)

_OF_STAFF = "on_staff_site"  # its place in the session


class SessionStore(DatabaseSessionStore):
    """Django's store, in which the times of signed-in sessions stand in columns of their own.

    The row of a session ends with its idle time; its data hold the end that nothing moves, by which
    the cookie ends too. `core.accounts.idle` says what extends it.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        # When its user did something last; None before somebody has signed in.
        self.active_at: datetime | None = None
        self.ends_at = timezone.now()
        self._has_begun = False
        # Who is signed in, as they were read with the session; None where nothing was.
        self.user: User | None = None

    @property
    def idle_minutes(self) -> int:
        minutes: int = settings.IDLE_MINUTES["staff" if self.get(_OF_STAFF) else "residents"]
        return minutes

    def begin(self, *, is_staff: bool) -> None:
        """Let the session begin now, for somebody who has just signed in."""
        now = timezone.now()
        self[_OF_STAFF] = is_staff
        self["signed_in_at"] = now.isoformat()
        self.set_expiry(now + (MAX_SHIFT if is_staff else MAX_LENGTH))
        self.active_at, self.ends_at = now, self._end_from(now)
        self._has_begun = True

    def extend(self, *, is_activity: bool, at_once: bool = False) -> None:
        """Move the end of the row, and of the session itself if this `is_activity` of its user.

        The data are not written: what another request changes in them at the same moment stays. A
        row that has been deleted in the meantime stays deleted.
        """
        if self.active_at is None:
            # A session from before this version begins with its next request.
            self.begin(is_staff=False)
            return
        now = timezone.now()
        times = {"expire_date": self._end_from(now)}
        is_due = times["expire_date"] - self.ends_at >= MIN_EXTENSION
        if is_activity:
            times["active_at"] = now
            is_due = now - self.active_at >= MIN_EXTENSION
        if is_due or at_once:
            Session.objects.filter(session_key=self.session_key).update(**times)
            self.ends_at = times["expire_date"]
            self.active_at = times.get("active_at", self.active_at)

    def seconds_left(self) -> int:
        """Return after how many seconds without activity the session is over; 0 if it is."""
        ends = self.ends_at if self.active_at is None else self._end_from(self.active_at)
        return max(0, int((ends - timezone.now()).total_seconds()))

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
        self._has_begun = False

    def flush(self) -> None:
        super().flush()
        self.active_at = self.user = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        if SESSION_KEY in data and self.active_at is None:
            self.begin(is_staff=False)
        row: Session = super().create_model_instance(data).fill(data)  # type: ignore[attr-defined]  # it is a Session
        if SESSION_KEY in data:
            row.active_at, row.expire_date = self.active_at, self.ends_at
            row.keeps_times = not self._has_begun
        return row

    def _get_session_from_db(self) -> Session | None:
        """Read the session, and in the same statement its user with their identity."""
        rows = _with_identity(timezone.localdate()).filter(
            session_key=self.session_key, expire_date__gt=timezone.now()
        )
        row = next(iter(rows), None)
        if row is None:
            self._session_key = None
            return None
        self.active_at, self.ends_at, self.user = row.active_at, row.expire_date, row.user
        if self.user and (identity := self.user.identity):
            identity.current_number, identity.represents = row.current_number, row.represents  # type: ignore[attr-defined]  # annotated
        return row

    def _end_from(self, moment: datetime) -> datetime:
        return min(moment + timedelta(minutes=self.idle_minutes), self.get_expiry_date())


@lru_cache(maxsize=1)
def _with_identity(_today: date) -> SessionQuerySet:
    """Return the query of all sessions with their users, which every page narrows down to one.

    To put it together takes as long as to narrow it down. It asks for the links of today.
    """
    return Session.objects.with_identity()
