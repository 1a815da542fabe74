import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core.catalogue.models import TEXTS_IN_BOTH_LANGUAGES, DocumentType, Region, Service

REFERENCE = Path(__file__).parents[2] / "reference"


class Command(BaseCommand):
    help = (
        "Add the regions, services and document types that are missing, and texts that they "
        "lack; what staff have edited stays."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        for row in _read("regions.json"):
            Region.objects.get_or_create(slug=row.pop("slug"), defaults=row)
        reference = _read("services.json")
        for row in reference["document_types"]:
            kind, _is_new = DocumentType.objects.get_or_create(slug=row.pop("slug"), defaults=row)
            # Apart from the types, as an older migration makes types of their rows.
            must_show = reference["what_documents_must_show"][kind.slug]
            _fill_missing_texts(kind, must_show, must_show)
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
                _fill_missing_texts(service, row, TEXTS_IN_BOTH_LANGUAGES)
        # A service may lead to one that stands below it in the file.
        for slug, service in added.items():
            service.instead = Service.objects.filter(slug=leads[slug]).first()
            service.save(update_fields=["instead"])
        self.stdout.write(f"{len(added)} services added")


def _read(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


def _fill_missing_texts(
    kept: DocumentType | Service, row: dict[str, Any], texts: Iterable[str]
) -> None:
    lacking = [text for text in texts if not getattr(kept, text)]
    for text in lacking:
        setattr(kept, text, row[text])
    if lacking:
        kept.save(update_fields=lacking)
