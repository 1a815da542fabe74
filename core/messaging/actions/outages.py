"""The outages of gateways, as the workers see them."""

from datetime import timedelta

from django.utils import timezone

from core.messaging.gateways import GatewayError, Refused
from core.messaging.models import Message, Outage

# Shorter failures heal by themselves: the first retries come within this time.
DELAYED_AFTER = timedelta(minutes=2)


def note_outcome(channel: str, error: Exception | None) -> None:
    """Note the outcome of a delivery: an outage begins with a failure and ends with a success.

    Workers share the row of a channel, and each statement holds by itself. A message that the
    gateway refuses says nothing about the gateway.
    """
    if error is None:
        Outage.objects.filter(channel=channel).delete()
    elif isinstance(error, GatewayError) and not isinstance(error, Refused):
        begun = Outage(channel=channel, since=timezone.now())
        Outage.objects.bulk_create([begun], ignore_conflicts=True)


def texts_are_delayed() -> bool:
    """Return whether no text has left for two minutes, though the gateway was asked to send one."""
    since = timezone.now() - DELAYED_AFTER
    return Outage.objects.filter(channel=Message.Channel.SMS, since__lte=since).exists()
