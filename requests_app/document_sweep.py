"""Removal of files, of documents and of exports, that have no row."""

from contextlib import suppress
from datetime import timedelta
from functools import reduce
from operator import or_

from django.core.files.storage import Storage, storages
from django.db.models import Q
from django.utils import timezone

from requests_app.models import Attachment, Export
from requests_app.storage import STORAGES


def sweep() -> int:
    """Remove files older than a day that have no row, and return their number."""
    return sum(_sweep(storages[name]) for name in STORAGES)


def _sweep(storage: Storage) -> int:
    day_ago = timezone.now() - timedelta(days=1)
    removed = 0
    if not storage.exists(""):
        return removed
    for folder in storage.listdir("")[0]:
        names = {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
        has_one = [Q(**{f"{field}__in": names}) for field in Attachment.FILES]
        documents = Attachment.objects.kept().filter(reduce(or_, has_one)).file_names()
        exports = Export.objects.filter(stored_name__in=names)
        known = {*documents, *exports.values_list("stored_name", flat=True)}
        for name in names - known:
            # A concurrent request may discard the file first.
            with suppress(FileNotFoundError):
                if storage.get_modified_time(name) < day_ago:
                    storage.delete(name)
                    removed += 1
    return removed
