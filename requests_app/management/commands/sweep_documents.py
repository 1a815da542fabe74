from typing import Any

from django.core.management.base import BaseCommand

from requests_app.document_sweep import sweep


class Command(BaseCommand):
    help = "Remove the files of documents that no inquiry has, once they are a day old."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{sweep()} files removed")
