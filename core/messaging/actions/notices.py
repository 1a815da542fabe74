"""Telling somebody with an account: by text and, where they have an address, by mail."""

import uuid
from typing import NamedTuple

from core.messaging.actions.outbox import drop, write_mail, write_text

# Their names are part of the keys of reminders that wait already.
_WRITERS = (write_text, write_mail)


class Reminder(NamedTuple):
    """Tells a reminder from all others, so that it can be dropped while it waits.

    `namespace` is the idempotency key of what it is about, `occasion` a number that changes with
    each occasion to remind of it.
    """

    namespace: uuid.UUID
    name: str
    occasion: int

    def key(self, write):
        return uuid.uuid5(self.namespace, f"{self.name} {write.__name__} {self.occasion}")


def notify(user, template, context, *, about, reminder=None, not_before=None, not_after=None):
    """Write a text and a mail to `user`, in their language; inside the transaction of the change.

    They go to the mobile and the address that `user` has when they leave. A `reminder` waits until
    `not_before`, and `drop_reminders` takes it back.
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


def drop_reminders(reminders):
    """Take back these reminders, unless they have left."""
    drop([reminder.key(write) for reminder in reminders for write in _WRITERS])
