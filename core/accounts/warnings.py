"""Texts and mails that warn people of changes to their account.

They have no owner: whoever has the account by now must not be able to divert them.
"""

from collections.abc import Iterable
from typing import Any

from core.accounts.models import User
from core.messaging.actions.outbox import write_mail, write_text


def warn(
    user: User, template: str, *, mobiles: Iterable[object] | None = None, **context: Any
) -> None:
    """Write a text in the user's language to the mobile they have now, or to each of `mobiles`."""
    message = _message(user, template, context)
    for mobile in dict.fromkeys(filter(None, [user.mobile] if mobiles is None else mobiles)):
        write_text(recipient=mobile, **message)


def warn_by_mail(user: User, template: str, **context: Any) -> None:
    """Write a mail in the user's language to the confirmed address they have now, if any."""
    if user.email:
        write_mail(recipient=user.email, **_message(user, template, context))


def warn_everywhere(
    user: User, template: str, *, mobiles: Iterable[object] | None = None, **context: Any
) -> None:
    """Warn by text, as `warn` does, and by mail."""
    warn(user, template, mobiles=mobiles, **context)
    warn_by_mail(user, template, **context)


def _message(user: User, template: str, context: dict[str, Any]) -> dict[str, Any]:
    return {
        "language": user.language,
        "template": template,
        "context": context,
        "about": user.subject,
    }
