"""Notices to account holders, by text and, if they have an address, by mail."""

import datetime
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from core.messaging.actions.outbox import drop, write_mail, write_text
from core.messaging.models import Message

if TYPE_CHECKING:
    # The model of AUTH_USER_MODEL: accounts stand above messaging, which cannot import them.
    from django.contrib.auth.models import _User

# The names of these functions are part of the keys of reminders that already wait.
_WRITERS = (write_text, write_mail)


class Reminder(NamedTuple):
    """The identity of a reminder, by which it can be dropped while it waits.

    `namespace` is the idempotency key of the object that it is about; `occasion` is a number that
    changes with each occasion to send it.
    """

    namespace: uuid.UUID
    name: str
    occasion: int

    def key(self, write: Callable[..., Message]) -> uuid.UUID:
        return uuid.uuid5(self.namespace, f"{self.name} {write.__name__} {self.occasion}")


def notify(
    user: "_User",
    template: str,
    context: dict[str, Any],
    *,
    about: str,
    reminder: Reminder | None = None,
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
) -> None:
    """Write a text and a mail to `user`, in their language, in the transaction of the change.

    They go to the mobile and the address that `user` has when they are sent. A `reminder` waits
    until `not_before`; `drop_reminders` withdraws it.
    """
    for write, recipient in zip(_WRITERS, (user.mobile, user.email), strict=True):
        if recipient:
            write(
                recipient=recipient,
                language=user.language,
                template=template,
                context=context,
                about=about,
                owner=user.pk,
                idempotency_key=reminder and reminder.key(write),
                not_before=not_before,
                not_after=not_after,
            )


def drop_reminders(reminders: Iterable[Reminder]) -> None:
    """Withdraw these reminders, unless they have been sent."""
    drop([reminder.key(write) for reminder in reminders for write in _WRITERS])
