"""Sessions that know whose they are."""

from datetime import datetime

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.accounts.models.users import User


class SessionQuerySet(models.QuerySet):
    def signed_in(self, user):
        """The devices on which `user` is signed in, the one used last first."""
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-expire_date")


class Session(AbstractBaseSession):
    """A browser's session; with a user, a device that is signed in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    browser = models.CharField(max_length=80, blank=True)
    signed_in_at = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    @property
    def device(self):
        """What the session is called in an address; its key would open it."""
        return salted_hmac("accounts.device", self.session_key, algorithm="sha256").hexdigest()[:32]

    def fill(self, data):
        """Take what this table tells of a session from its data."""
        self.user_id = data.get("_auth_user_id")
        self.browser = data.get("browser", "")
        at = data.get("signed_in_at")
        self.signed_in_at = at and datetime.fromisoformat(at)
        return self
