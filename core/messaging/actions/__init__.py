"""Writing messages with what they tell of, and delivering what waits."""

from core.messaging.actions.delivery import deliver_due, expire_late, forget_unsent_secrets
from core.messaging.actions.outbox import drop, readdress, write_mail, write_text

__all__ = [
    "deliver_due",
    "drop",
    "expire_late",
    "forget_unsent_secrets",
    "readdress",
    "write_mail",
    "write_text",
]
