import json
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction

from tawasul.catalogue.models import DocumentType, Service

REFERENCE = Path(__file__).parents[2] / "reference" / "services.json"


class Command(BaseCommand):
    help = "Add the services and document types that are missing; what staff have edited stays."

    @transaction.atomic
    def handle(self, **options):
        reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
        for row in reference["document_types"]:
            DocumentType.objects.get_or_create(slug=row.pop("slug"), defaults=row)
        added = 0
        for position, row in enumerate(reference["services"], start=1):
            documents = row.pop("documents")
            service, is_new = Service.objects.get_or_create(
                slug=row.pop("slug"), defaults={**row, "position": position}
            )
            if is_new:
                service.documents.set(DocumentType.objects.filter(slug__in=documents))
                added += 1
        self.stdout.write(f"{added} services added")
