"""Telling people by text what was done to their account."""

from core.messaging.actions.outbox import write_text


def warn(user, template, **context):
    """A text in the person's language to the mobile they have now, if any."""
    write_text(recipient=user.mobile, language=user.language, template=template, context=context)
