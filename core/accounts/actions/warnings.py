"""Texts and mails that warn people of changes to their account."""

from typing import Any

from core.accounts.models import User
from core.messaging.actions.outbox import write_mail, write_text


def warn(user: User, template: str, **context: Any) -> None:
    """Write a text in the user's language to the mobile they have now, if any."""
    write_text(
        recipient=user.mobile,
        language=user.language,
        template=template,
        context=context,
        about=user.subject,
    )


def warn_by_mail(user: User, template: str, **context: Any) -> None:
    """Write a mail in the user's language to the confirmed address they have now, if any."""
    if user.email:
        write_mail(
            recipient=user.email,
            language=user.language,
            template=template,
            context=context,
            about=user.subject,
        )
