"""Decisions on inquiries, which leave the portal some minutes after they were made."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from requests_app.models.inquiries import Inquiry


class DecisionQuerySet(models.QuerySet["Decision"]):
    def waiting(self) -> Self:
        """Return those that have not left yet, and that nobody has taken back."""
        return self.filter(state=Decision.State.WAITING)

    def due(self, now: datetime.datetime) -> Self:
        """Return the waiting decisions that have to leave by now."""
        return self.waiting().filter(leaves_at__lte=now)

    def to_be_read(self) -> Self:
        """Return the waiting refusals that a second officer has to read first."""
        return self.waiting().filter(leaves_at=None)

    def held_back_from(self, officer: User) -> Self:
        """Return those of `officer` that did not leave, and of which they do not know yet."""
        return self.filter(officer=officer, state=Decision.State.HELD_BACK, seen_at=None)


class Decision(models.Model):
    """An approval or rejection: made by an officer, and read by the applicant once it has left.

    Until then the inquiry has its outcome in `pending_outcome`, and all else as before.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        LEFT = "left"
        TAKEN_BACK = "taken_back"  # by its officer
        HELD_BACK = "held_back"  # as something came up before it left

    # What did not leave is its officer's to decide anew.
    UNSENT = (State.TAKEN_BACK, State.HELD_BACK)

    idempotency_key = models.UUIDField(unique=True, editable=False)
    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="decisions")
    officer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # decision_held_back begins with it
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Inquiry.Outcome)
    text = models.TextField(_("answer"))
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(default=timezone.now, editable=False)
    leaves_at = models.DateTimeField(null=True, help_text="empty until a second officer has read")
    second_reader = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # nobody lists them, and accounts of staff are never deleted
    )
    seen_at = models.DateTimeField(null=True, help_text="when its officer saw it was held back")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["leaves_at"], name="decision_leaves", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["officer"],
                name="decision_held_back",
                condition=Q(state="held_back", seen_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["inquiry"], name="decision_waits_once", condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["approved", "rejected"]), name="decision_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inquiry_id} {self.outcome}"

    @property
    def waits_for_reader(self) -> bool:
        """Whether it is a refusal that a second officer has to read before it leaves."""
        return self.state == self.State.WAITING and self.leaves_at is None

    def is_open_again_to(self, user: User) -> bool:
        """Return whether it is a decision of `user` that did not leave, and not answered since."""
        if self.officer_id != user.pk or self.state not in self.UNSENT:
            return False
        answers = self.inquiry.replies.filter(author=user, kind="answer")
        return not answers.filter(written_at__gt=self.decided_at).exists()
