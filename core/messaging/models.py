"""The outbox: what the portal has to tell people, written in the transaction of what happened."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def due(self, now):
        """Waiting, not leased to a worker, and neither too early nor too late; codes first."""
        return (
            self.filter(status=Message.Status.WAITING, next_attempt_at__lte=now)
            .filter(Q(not_after=None) | Q(not_after__gt=now))
            .order_by("-is_encrypted", "next_attempt_at", "pk")
        )

    def about(self, reference):
        """What has been written about it so far, without what is to be sent later."""
        is_for_later = Q(
            status=Message.Status.WAITING, attempts=0, next_attempt_at__gt=timezone.now()
        )
        return self.filter(about=reference).exclude(is_for_later).order_by("pk")


class Message(models.Model):
    """One text to one mobile, or one mail.

    It is delivered at least once; `idempotency_key` tells a repeat from another message.
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
    is_encrypted = models.BooleanField(
        default=False,
        help_text="a code: encrypted, ahead of all others, wiped once it is sent or expired",
    )
    about = models.CharField(max_length=40, blank=True, db_index=True)
    owner = models.BigIntegerField(
        null=True, help_text="the account whose mobile or address it goes to, whichever it has then"
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
        ]

    def __str__(self):
        return f"{self.get_channel_display()} {self.pk}"

    @property
    def is_delayed(self):
        """Tried at least once without reaching anybody, and still to be tried again."""
        return self.status == self.Status.WAITING and self.failed_at is not None
