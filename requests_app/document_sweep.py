"""Removal of document files that have no row."""

from contextlib import suppress
from datetime import timedelta

from django.core.files.storage import storages
from django.utils import timezone

from requests_app.models import Attachment
from requests_app.models.attachments import preview_name


def sweep() -> int:
    """Remove files older than a day that have no row, and return their number."""
    storage = storages["private"]
    day_ago = timezone.now() - timedelta(days=1)
    removed = 0
    if not storage.exists(""):
        return removed
    for folder in storage.listdir("")[0]:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        known = set()
        of_rows = Attachment.objects.filter(stored_name__in=names)
        for stored_name in of_rows.values_list("stored_name", flat=True):
            known |= {stored_name, preview_name(stored_name)}
        for name in set(names) - known:
            # A concurrent request may discard the file first.
            with suppress(FileNotFoundError):
                if storage.get_modified_time(name) < day_ago:
                    storage.delete(name)
                    removed += 1
    return removed
