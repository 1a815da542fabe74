"""The outbox: messages to people, each written in the transaction of the change it reports.

And the outages of the gateways that send them.
"""

import datetime
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime.datetime) -> Self:
        """Return the messages to send at `now`, codes first.

        They are waiting, not leased to a worker, and neither too early nor too late.
        """
        return (
            self.filter(status=Message.Status.WAITING, next_attempt_at__lte=now)
            .filter(Q(not_after=None) | Q(not_after__gt=now))
            .order_by("-is_encrypted", "next_attempt_at", "pk")
        )

    def about(self, *references: str) -> Self:
        """Return the messages about `references`, without those that are scheduled for later."""
        is_for_later = Q(
            status=Message.Status.WAITING, attempts=0, next_attempt_at__gt=timezone.now()
        )
        return self.filter(about__in=references).exclude(is_for_later).order_by("pk")


class Message(models.Model):
    """A text to one mobile, or a mail to one address.

    It is delivered at least once; the `idempotency_key` distinguishes a repeat from a new message.
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("text message")
        EMAIL = "email", _("e-mail")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be sent")
        SENT = "sent", _("sent")
        EXPIRED = "expired", _("expired before it could be sent")
        GIVEN_UP = "given_up", _("could not be sent")

    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.SMS)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(max_length=150, blank=True, help_text="of a mail")
    text = models.TextField(blank=True)
    other_subject = models.CharField(
        max_length=150, blank=True, help_text="the same in the other language, until it is sent"
    )
    other_text = models.TextField(
        blank=True, help_text="the same in the other language, until it is sent"
    )
    is_encrypted = models.BooleanField(
        default=False,
        help_text="a code: encrypted, ahead of all others, wiped once it is sent or expired",
    )
    about = models.CharField(max_length=40, blank=True, db_index=True)
    owner = models.BigIntegerField(
        null=True, help_text="the account whose mobile or address it goes to, whichever it has then"
    )
    occasion = models.UUIDField(
        null=True, help_text="what several messages that wait were written for"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    not_after = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["-is_encrypted", "next_attempt_at", "id"],
                name="message_waiting",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=["owner"], name="message_waiting_of", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["occasion"],
                name="message_waiting_for",
                condition=Q(status="waiting", occasion__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.pk}"

    @property
    def is_delayed(self) -> bool:
        """Whether at least one attempt has failed and the message waits for a retry."""
        return self.status == self.Status.WAITING and self.failed_at is not None


class Outage(models.Model):
    """A gateway that fails, since its first failure after a success; a success deletes the row."""

    channel = models.CharField(max_length=10, choices=Message.Channel, primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.channel
