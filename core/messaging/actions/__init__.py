"""Writing messages to the outbox, and delivering them."""

from core.messaging.actions.delivery import expire_late, purge_expired_secrets
from core.messaging.actions.outages import texts_are_delayed
from core.messaging.actions.outbox import (
    drop,
    follow_language,
    readdress,
    write_mail,
    write_text,
)

__all__ = [
    "drop",
    "expire_late",
    "follow_language",
    "purge_expired_secrets",
    "readdress",
    "texts_are_delayed",
    "write_mail",
    "write_text",
]
