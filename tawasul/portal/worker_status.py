"""How the workers are doing, for whoever runs the portal."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from core.chores.models import Chore
from core.messaging.models import Message, Outage
from tawasul.portal.worker import DELIVERY


def status() -> str:
    """Return when delivery last ran, since when a message waits, and which chores failed."""
    now = timezone.now()
    delivery = Chore.objects.filter(name=DELIVERY).first()
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    due_since = waiting.filter(next_attempt_at__lte=now).aggregate(Min("next_attempt_at"))
    failed = Chore.objects.filter(failed_at__isnull=False).order_by("-failed_at").first()
    lines = [
        f"Delivery last ran: {_ago(delivery.ran_at if delivery else None, now, none='never')}",
        f"Oldest message due: {_ago(due_since['next_attempt_at__min'], now, none='none')}",
        f"Messages that wait for another attempt: {waiting.filter(failed_at__lt=now).count()}",
        f"Chore that failed last: {_failure(failed, now)}",
    ]
    for outage in Outage.objects.order_by("channel"):
        lines.append(
            f"Gateway that fails: {outage.channel}, since {_ago(outage.since, now, none='')}"
        )
    late = Chore.objects.exclude(name=DELIVERY).due(now - timedelta(minutes=1))
    lines += [f"Chore that is late: {chore.name}" for chore in late]
    return "\n".join(lines)


def _failure(chore: Chore | None, now: datetime) -> str:
    if chore is None:
        return "none"
    return f"{chore.name}, {_ago(chore.failed_at, now, none='')}: {chore.failure}"


def _ago(moment: datetime | None, now: datetime, *, none: str) -> str:
    if moment is None:
        return none
    return f"{timedelta(seconds=round((now - moment).total_seconds()))} ago"
