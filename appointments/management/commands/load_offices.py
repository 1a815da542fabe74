import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from appointments.models import Office, OpeningWindow
from core.catalogue.models import Region
from core.hijri import month_of

REFERENCE = Path(__file__).parents[2] / "reference"


class Command(BaseCommand):
    help = "Add the offices that are missing, with their hours; what staff have edited stays."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        offices = json.loads((REFERENCE / "offices.json").read_text(encoding="utf-8"))
        hours = json.loads((REFERENCE / "hours.json").read_text(encoding="utf-8"))
        added = 0
        for row in offices:
            region = Region.objects.get(slug=row.pop("region"))
            names = [*hours["every"], *hours["offices"].get(row["slug"], [])]
            office, is_new = Office.objects.get_or_create(
                slug=row.pop("slug"), defaults={**row, "region": region}
            )
            if is_new:
                for name in names:
                    self._add_hours(office, hours["windows"][name])
                added += 1
        self.stdout.write(f"{added} offices added")

    def _add_hours(self, office: Office, window: dict[str, Any]) -> None:
        window = dict(window)
        ramadan_of = window.pop("ramadan_of", None)
        if ramadan_of:
            window["valid_from"], window["valid_until"] = month_of(ramadan_of, 9)
        OpeningWindow.objects.create(office=office, **window)
