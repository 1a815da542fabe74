"""How many texts a worker hands to a gateway that takes each at once."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from bench import measure, sites
from bench.report import Figures

TEXTS = 1_000
SECONDS_TO_SEND = 120


class AtOnce:
    """The gateway."""

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
        pass


@contextmanager
def worker(site: sites.Site) -> Iterator[int]:
    """Run the worker of the portal; yield the id of its process."""
    around = site.environment | {"SMS_GATEWAY": "bench.texts.AtOnce"}
    command = [sys.executable, "manage.py", "work"]
    with subprocess.Popen(command, cwd=sites.ROOT, env=around) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def sent(server: measure.Server, pid: int) -> Figures:
    """Let the worker send texts; return the figures of one."""
    from django.db.models import Max, Min

    from core.messaging.models import Message

    work, database = measure.cpu_seconds([pid]), server.cpu_seconds()
    written = Message.objects.bulk_create(
        Message(recipient=f"+9665{place:08}", language="ar", text="Tawasul: there is news.")
        for place in range(TEXTS)
    )
    waiting = Message.objects.filter(pk__gte=written[0].pk, status=Message.Status.WAITING)
    deadline = time.monotonic() + SECONDS_TO_SEND
    while waiting.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the worker has not sent the texts")
        time.sleep(0.05)
    work, database = measure.cpu_seconds([pid]) - work, server.cpu_seconds() - database
    of_these = Message.objects.filter(pk__gte=written[0].pk)
    took = of_these.aggregate(seconds=Max("sent_at") - Min("sent_at"))
    return Figures(
        cpu_ms=1000 * (work + database) / TEXTS,
        database_ms=1000 * database / TEXTS,
        per_second=TEXTS / took["seconds"].total_seconds(),
    )
