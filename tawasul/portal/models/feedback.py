"""What people say of a page: useful or not, and in a sentence why."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def counts(self) -> list[dict[str, Any]]:
        """Return, for each page and language, how many said yes and no; the most answers first."""
        by_page = self.order_by().values("page", "language")
        counted = by_page.annotate(
            yes=Count("pk", filter=Q(is_useful=True)), no=Count("pk", filter=Q(is_useful=False))
        )
        return sorted(counted, key=lambda row: (-row["yes"] - row["no"], row["page"]))

    def with_sentence(self) -> Self:
        return self.exclude(sentence="").order_by("-pk")


class Feedback(models.Model):
    """One answer about a page. It holds nothing about who gave it, and the day without the time."""

    MAX_SENTENCE = 300  # characters

    page = models.CharField(max_length=60)  # the name of its address, which names nobody
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    is_useful = models.BooleanField()
    sentence = models.CharField(max_length=MAX_SENTENCE, blank=True)
    day = models.DateField()
    idempotency_key = models.UUIDField(unique=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer about a page")
        verbose_name_plural = _("answers about pages")
        indexes = [models.Index(fields=["day", "page", "language"], name="feedback_of_a_day")]

    def __str__(self) -> str:
        return f"{self.page}: {'yes' if self.is_useful else 'no'}"
