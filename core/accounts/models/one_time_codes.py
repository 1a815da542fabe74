"""The models of one-time codes and of the locks for sending them."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from core.accounts.models.users import User
from core.messaging.models import Message


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def latest_for(self, *, user: User | None, purpose: str, session: str) -> Self:
        return self.filter(user=user, purpose=purpose, session=session).order_by("-created_at")

    def unused_since(self, moment: datetime.datetime) -> Self:
        return self.filter(used_at=None, created_at__gt=moment).order_by("-created_at")


class OneTimeCode(models.Model):
    """A code of six digits, valid once, in one session, for one purpose and one content.

    With `by_app`, the person's authenticator app shows the code, and nothing is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=30)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    recipient = models.CharField(
        max_length=254, blank=True, help_text="a mobile or a mail address; none for a decoy"
    )
    asked_for = models.CharField(
        max_length=64,
        help_text="keyed hash of the mobile or the session, by which sends are limited",
    )
    asked_from = models.CharField(
        max_length=64, blank=True, help_text="keyed hash of the network, where nobody is signed in"
    )
    session = models.CharField(max_length=64, help_text="keyed hash of the session's key")
    confirms = models.CharField(max_length=64, blank=True, help_text="digest of the content")
    code_hash = models.CharField(max_length=64)
    by_app = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["asked_for", "purpose", "-created_at"], name="code_by_request"),
            models.Index(fields=["recipient", "purpose", "-created_at"], name="code_by_recipient"),
            models.Index(fields=["asked_from", "-created_at"], name="code_by_network"),
            models.Index(fields=["session", "purpose", "-created_at"], name="code_by_session"),
            models.Index(fields=["created_at"], name="code_to_visitor", condition=Q(user=None)),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def message(self) -> Message | None:
        """The message that carries the code, for the delivery status on the page."""
        return None if self.by_app else self._messages[self.pk]

    @property
    def mail_key(self) -> uuid.UUID:
        """The idempotency key of the mail that carries the code as well."""
        return uuid.uuid5(self.pk, "mail")

    @property
    def mail(self) -> Message | None:
        """The mail that carries the code as well, if texts were delayed; a decoy's is to nobody."""
        return None if self.by_app else self._messages.get(self.mail_key)

    @cached_property
    def _messages(self) -> dict[uuid.UUID, Message]:
        keys = [self.pk, self.mail_key]
        return Message.objects.in_bulk(keys, field_name="idempotency_key")


class LockStripe(models.Model):
    """A row to lock: concurrent requests for codes with the same name queue at the same row."""

    COUNT = 1024
    # The stripe of each hourly budget has a number after all others, so that it is locked last:
    # every visitor's code wants it.
    OF_BUDGETS = {"known": COUNT, "typed": COUNT + 1}

    number = models.PositiveSmallIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.number)
