"""Sending several messages at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from core.messaging.actions.delivery import lease_due, record, send
from core.messaging.models import Message


class Dispatcher:
    """Sends the messages that are due through a number of senders, threads of their own.

    Senders talk to gateways alone; the thread that calls `turn` does all work in the database.
    `on_sent` is called, in the thread of a sender, whenever one has become idle.
    """

    def __init__(self, senders: int, on_sent: Callable[[], None] = lambda: None) -> None:
        self._senders = ThreadPoolExecutor(senders, "sender")
        self._idle = senders
        # The last senders are for codes alone: a gateway that hangs over other messages, however
        # many there are, never keeps a code waiting.
        self._for_codes_alone = senders // 4
        self._on_sent = on_sent
        self._in_hand: dict[Future[Exception | None], Message] = {}

    def turn(self) -> None:
        """Record the messages that have been sent, and hand those that are due to idle senders."""
        self._record([future for future in self._in_hand if future.done()])
        for message in lease_due(max(0, self._idle - self._for_codes_alone)):
            self._hand_over(message)
        if self._idle <= self._for_codes_alone:
            for message in lease_due(self._idle, secrets_only=True):
                self._hand_over(message)

    def finish(self) -> None:
        """Wait for the messages in hand, and record them."""
        self._senders.shutdown()
        self._record(list(self._in_hand))

    def _hand_over(self, message: Message) -> None:
        self._idle -= 1
        future = self._senders.submit(send, message)
        self._in_hand[future] = message
        future.add_done_callback(lambda _future: self._on_sent())

    def _record(self, futures: list[Future[Exception | None]]) -> None:
        for future in futures:
            record(self._in_hand[future], future.result())
            # If the database was away, the result is still here for the next turn.
            del self._in_hand[future]
            self._idle += 1
