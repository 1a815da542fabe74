from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from appointments.models import Appointment
from core.events import first_broken_link
from requests_app.models import Inquiry

CHUNK = 500  # rows in memory at once


class Command(BaseCommand):
    help = "Check the chain of events of every inquiry and appointment; name what breaks first."

    def handle(self, **options: Any) -> None:
        broken = events = 0
        for model in (Inquiry, Appointment):
            subjects = model.objects.order_by("pk").prefetch_related("events")
            rows = subjects.only("reference", "version", "last_digest")
            for subject in rows.iterator(chunk_size=CHUNK):
                events += len(subject.events.all())
                if first_broken_link(subject) and (link := _broken_if_locked(subject)):
                    self.stdout.write(f"{model._meta.model_name} {subject.reference}: {link}")
                    broken += 1
        if broken:
            raise CommandError(f"Broken chains of events: {broken}.")
        self.stdout.write(f"Every chain of events is whole; events: {events}.")


def _broken_if_locked(subject: Inquiry | Appointment) -> str:
    """Look at `subject` again with its row locked; return its first broken link, or "".

    The rows and their events are read one after the other: an action between the two reads makes a
    whole chain look broken.
    """
    with transaction.atomic():
        locked = type(subject).objects.select_for_update().filter(pk=subject.pk).first()
        return first_broken_link(locked) if locked else ""
