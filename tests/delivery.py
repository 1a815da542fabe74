"""Delivering due messages as the worker does, one after the other and in the test's own thread."""

from core.messaging.actions import delivery


def deliver_due(*, limit=50):
    """Send up to `limit` due messages; return the number sent."""
    sent = 0
    for _turn in range(limit):
        leased = delivery.lease_due(1)
        if not leased:
            break
        error = delivery.send(leased[0])
        delivery.record(leased[0], error)
        sent += error is None
    return sent
