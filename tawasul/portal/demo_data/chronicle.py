"""What happened when: the deeds of the demo's past in the order of their moments."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from core.messaging.actions.delivery import record
from core.messaging.models import Message
from tawasul.portal.demo_data.clock import clock_at


class Chronicle:
    """Deeds with their moments, however they were added.

    They are played in the order of time, so that rows have the order of their creation, as lists
    expect it.
    """

    def __init__(self) -> None:
        self._deeds: list[tuple[datetime, int, Callable[[], object]]] = []

    def add(self, at: datetime, deed: Callable[[], object]) -> None:
        self._deeds.append((at, len(self._deeds), deed))

    def play(self) -> None:
        """Do every deed at its moment; what it tells people counts as sent at once."""
        last = Message.objects.order_by("pk").last()
        before = last.pk if last else 0
        for at, _number, deed in sorted(self._deeds, key=lambda each: each[:2]):
            with clock_at(at):
                deed()
                _deliver(before)


def _deliver(before: int) -> None:
    """Record what is due as sent, without a gateway: no phone rings for what is past.

    Messages up to the key `before` are not of this past.
    """
    for message in Message.objects.due(timezone.now()).filter(pk__gt=before):
        record(message, None)
