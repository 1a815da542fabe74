from typing import Any

from django.core.management.base import BaseCommand

from appointments.actions import make_slots
from appointments.models import OpeningWindow


class Command(BaseCommand):
    help = "Make the bookable times of the coming weeks from the opening hours; repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{make_slots(OpeningWindow.objects.all())} times added")
