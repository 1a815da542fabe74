"""Removal of document files that have no row."""

from contextlib import suppress
from datetime import timedelta

from django.core.files.storage import storages
from django.utils import timezone

from requests_app.models import Attachment


def sweep() -> int:
    """Remove files older than a day that have no row, and return their number."""
    storage = storages["private"]
    day_ago = timezone.now() - timedelta(days=1)
    removed = 0
    if not storage.exists(""):
        return removed
    for folder in storage.listdir("")[0]:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        known = set(
            Attachment.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
        )
        for name in set(names) - known:
            # A concurrent request may discard the file first.
            with suppress(FileNotFoundError):
                if storage.get_modified_time(name) < day_ago:
                    storage.delete(name)
                    removed += 1
    return removed
