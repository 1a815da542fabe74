"""The model of sessions, each with its user and device."""

from datetime import datetime
from typing import Any, Self

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.accounts.models.identities import current_number_of, represents_anybody
from core.accounts.models.users import User


class SessionQuerySet(models.QuerySet["Session"]):
    def signed_in(self, user: User) -> Self:
        """Return the sessions in which `user` is signed in, the last used first."""
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-expire_date")

    def with_identity(self) -> Self:
        """Read the user and their identity, with what every page asks about it, beside each."""
        identity = OuterRef("user__identity")
        return self.select_related("user__identity").annotate(
            current_number=current_number_of(identity), represents=represents_anybody(identity)
        )


class Session(AbstractBaseSession):
    """A session of a browser; if it has a user, a device that is signed in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    browser = models.CharField(max_length=80, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(
        null=True, help_text="when its user did something last, to within a minute"
    )

    # Whether to leave the times of a row that is there as they are: an activity that another
    # request has noted in the meantime must not be taken back.
    keeps_times = False

    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]  # a manager without BaseSessionManager's encode and save

    @property
    def device(self) -> str:
        """The session's name in URLs: a hash, because the key itself would open the session."""
        return salted_hmac("accounts.device", self.session_key, algorithm="sha256").hexdigest()[:32]

    def save(self, *args: Any, force_update: bool = False, **kwargs: Any) -> None:
        if force_update and self.keeps_times:
            times = ("session_key", "expire_date", "active_at")
            names = {field.name for field in self._meta.fields}
            kwargs["update_fields"] = names.difference(times)
        super().save(*args, force_update=force_update, **kwargs)

    def fill(self, data: dict[str, Any]) -> Self:
        """Set the user, the browser and the sign-in time from the session's data; return self."""
        self.user_id = data.get("_auth_user_id")
        self.browser = data.get("browser", "")
        at = data.get("signed_in_at")
        self.signed_in_at = at and datetime.fromisoformat(at)
        return self
