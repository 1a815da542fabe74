"""Texts that warn people of changes to their account."""

from typing import Any

from core.accounts.models import User
from core.messaging.actions.outbox import write_text


def warn(user: User, template: str, **context: Any) -> None:
    """Write a text in the user's language to the mobile they have now, if any."""
    write_text(
        recipient=user.mobile,
        language=user.language,
        template=template,
        context=context,
        about=user.subject,
    )
