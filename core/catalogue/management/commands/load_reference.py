import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core.catalogue.models import TEXTS_IN_BOTH_LANGUAGES, DocumentType, Region, Service

REFERENCE = Path(__file__).parents[2] / "reference"


class Command(BaseCommand):
    help = (
        "Add the regions, services and document types that are missing, and texts that a service "
        "lacks; what staff have edited stays."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        for row in _read("regions.json"):
            Region.objects.get_or_create(slug=row.pop("slug"), defaults=row)
        reference = _read("services.json")
        for row in reference["document_types"]:
            DocumentType.objects.get_or_create(slug=row.pop("slug"), defaults=row)
        added: dict[str, Service] = {}
        leads: dict[str, str] = {}
        for position, row in enumerate(reference["services"], start=1):
            documents = {name: row.pop(name) for name in ("documents", "optional_documents")}
            leads[row["slug"]] = row.pop("instead", "")
            service, is_new = Service.objects.get_or_create(
                slug=row.pop("slug"), defaults={**row, "position": position}
            )
            if is_new:
                for name, slugs in documents.items():
                    getattr(service, name).set(DocumentType.objects.filter(slug__in=slugs))
                added[service.slug] = service
            else:
                _fill_missing_texts(service, row)
        # A service may lead to one that stands below it in the file.
        for slug, service in added.items():
            service.instead = Service.objects.filter(slug=leads[slug]).first()
            service.save(update_fields=["instead"])
        self.stdout.write(f"{len(added)} services added")


def _read(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


def _fill_missing_texts(service: Service, row: dict[str, Any]) -> None:
    lacking = [text for text in TEXTS_IN_BOTH_LANGUAGES if not getattr(service, text)]
    for text in lacking:
        setattr(service, text, row[text])
    if lacking:
        service.save(update_fields=lacking)
