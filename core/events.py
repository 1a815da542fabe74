"""The events of an inquiry or appointment, chained by digests so that tampering shows."""

from collections.abc import Iterable
from typing import Any, Protocol, Self

from django.db import models
from django.utils import timezone

from core.digests import digest_of


class Subject(Protocol):
    """A model whose events form a chain: an inquiry or an appointment."""

    version: int
    last_digest: str
    events: Any

    def save(self, *, update_fields: Iterable[str] | None) -> None: ...


class Event(models.Model):
    """An event of a subject, such as an inquiry; the database refuses to change or delete it.

    An event holds ids and digests and no personal text, so that erasing a text never touches it.
    The subject has a `version`, the number of its events, and a `last_digest`, the digest of the
    latest one. Subclasses add `actor`, `role` and `event_type` with their own choices.
    """

    # SUBJECT is the name of the foreign key to the subject. DIGESTED are the fields that the digest
    # covers after the common ones; changing their order would break all existing chains.
    SUBJECT: str
    DIGESTED: tuple[str, ...]
    actor_id: int | None
    role: models.CharField
    event_type: models.CharField

    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{getattr(self, f'{self.SUBJECT}_id')} {self.seq}"

    @classmethod
    def append(cls, subject: Subject, **facts: Any) -> Self:
        """Write the next event of `subject`, whose version the caller has raised."""
        event = cls(
            **{cls.SUBJECT: subject},
            seq=subject.version,
            at=timezone.now(),
            previous_digest=subject.last_digest,
            **facts,
        )
        event.digest = subject.last_digest = event.computed_digest()
        event.save(force_insert=True)
        subject.save(update_fields=["version", "last_digest"])
        return event

    def computed_digest(self) -> str:
        """Return the digest that this event must have, from its fields and its predecessor."""
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


def chain_is_whole(subject: Subject) -> bool:
    """Return whether the events of `subject` are complete, in order and unchanged."""
    return not first_broken_link(subject)


def first_broken_link(subject: Subject) -> str:
    """Return where the chain of events of `subject` first breaks, and how, or "" if it is whole."""
    digest, number = "", 0
    for event in subject.events.all():
        number += 1
        if event.seq != number:
            return f"event {number} is missing"
        if event.previous_digest != digest:
            return f"event {number} does not follow the one before"
        digest = event.digest
        if digest != event.computed_digest():
            return f"event {number} is not as it was written"
    if number < subject.version:
        return f"event {number + 1} is missing"
    if (number, digest) != (subject.version, subject.last_digest):
        return f"event {number} is not the last that was written"
    return ""
