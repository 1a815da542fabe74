from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from appointments.models import Appointment
from core.events import chain_is_whole
from requests_app.models import Inquiry

CHUNK = 500  # rows in memory at once


class Command(BaseCommand):
    help = "Check the chain of events of every inquiry and appointment; name those that are broken."

    def handle(self, **options: Any) -> None:
        broken = 0
        for model in (Inquiry, Appointment):
            subjects = model.objects.order_by("pk").prefetch_related("events")
            for subject in subjects.iterator(chunk_size=CHUNK):
                if not chain_is_whole(subject) and not _is_whole_if_locked(subject):
                    self.stdout.write(f"{model._meta.model_name} {subject.reference}")
                    broken += 1
        if broken:
            raise CommandError(f"Broken chains of events: {broken}.")
        self.stdout.write("Every chain of events is whole.")


def _is_whole_if_locked(subject: Inquiry | Appointment) -> bool:
    """Check `subject` again, with its row locked.

    The rows and their events are read one after the other: an action between the two reads makes a
    whole chain look broken.
    """
    with transaction.atomic():
        locked = type(subject).objects.select_for_update().filter(pk=subject.pk).first()
        return locked is None or chain_is_whole(locked)
