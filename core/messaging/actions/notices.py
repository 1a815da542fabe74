"""Notices to people, by text and, if they have an address, by mail."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from core.messaging.actions.outbox import drop, rendered, write_mail, write_text
from core.messaging.models import Message


class Recipient(NamedTuple):
    """The contacts of somebody who is told of something; `account` is the key of their account."""

    mobile: object
    email: str
    language: str
    account: int | None


class Occasion(NamedTuple):
    """What notices that wait for a moment are written for, by which they can be dropped together.

    `namespace` is the idempotency key of the object that they are about; `number` changes with each
    occasion of this name.
    """

    namespace: uuid.UUID
    name: str
    number: int

    @property
    def key(self) -> uuid.UUID:
        return uuid.uuid5(self.namespace, f"{self.name} {self.number}")


def notify(
    recipients: Iterable[Recipient],
    template: str,
    context: dict[str, Any],
    *,
    about: str,
    occasion: Occasion | None = None,
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
) -> None:
    """Write a text and a mail to each of `recipients`, in their language, with the change itself.

    Those of an account go to the mobile and the address that it has when they are sent, in its
    language of then. What waits until `not_before` can be withdrawn by its `occasion`. Templates
    are told whether the recipient `has_account`.
    """
    for to in recipients:
        for write, address in ((write_text, to.mobile), (write_mail, to.email)):
            if address:
                write(
                    recipient=address,
                    language=to.language,
                    template=template,
                    context={"has_account": to.account is not None, **context},
                    about=about,
                    owner=to.account,
                    occasion=occasion and occasion.key,
                    not_before=not_before,
                    not_after=not_after,
                )


def text_of(template: str, context: dict[str, Any], language: str) -> str:
    """Return a text as it would be sent."""
    return rendered(Message.Channel.SMS, template, context, language)[1]


def drop_notices(occasions: Iterable[Occasion]) -> None:
    """Withdraw the notices of these occasions, unless they have been sent."""
    drop([occasion.key for occasion in occasions])
