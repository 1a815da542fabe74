"""Chains of events: what happened to a thing, each entry sealed by the digest of the one before."""

from django.db import models
from django.utils import timezone

from core.digests import digest_of


class Event(models.Model):
    """One thing that happened to its subject; the database refuses to change or delete it.

    It holds ids and digests and no personal text, so that erasing a text never touches it. The
    subject has a `version`, which counts its events, and a `last_digest`, which ends their chain.
    A service adds `actor`, `role` and `event_type` with its own choices.
    """

    # The name of the foreign key to the subject, and what the digest covers beside the common
    # fields, in this order: another order would break every chain there is.
    SUBJECT: str
    DIGESTED: tuple[str, ...]

    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{getattr(self, f'{self.SUBJECT}_id')} {self.seq}"

    @classmethod
    def append(cls, subject, **facts):
        """Write the next event of `subject`, whose version has just been raised for it."""
        event = cls(
            **{cls.SUBJECT: subject},
            seq=subject.version,
            at=timezone.now(),
            previous_digest=subject.last_digest,
            **facts,
        )
        event.digest = subject.last_digest = event.computed_digest()
        event.save(force_insert=True)
        subject.save(update_fields=["last_digest"])
        return event

    def computed_digest(self):
        """Compute what `digest` has to be for these contents at this place of the chain."""
        return digest_of(
            [
                getattr(self, f"{self.SUBJECT}_id"),
                self.seq,
                self.at.isoformat(),
                self.actor_id,
                self.role,
                self.event_type,
                *(getattr(self, name) for name in self.DIGESTED),
                self.previous_digest,
            ]
        )


def chain_is_whole(subject):
    """Whether the events of `subject` are all there, in order, and as they were written."""
    digest, number = "", 0
    for event in subject.events.order_by("seq"):
        number += 1
        if (event.seq, event.previous_digest) != (number, digest):
            return False
        digest = event.digest
        if digest != event.computed_digest():
            return False
    return (number, digest) == (subject.version, subject.last_digest)
