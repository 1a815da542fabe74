"""The storage of documents: outside every public root, and on the disk once `save` returns."""

import os
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages

# Documents are opened from the first alone. No name is in both, as names are random.
PRIVATE, QUARANTINE = STORAGES = ("private", "quarantine")


class SyncedStorage(FileSystemStorage):
    """File system storage that syncs each file and its folders' entries before `save` returns."""

    def _save(self, name: str, content: "File[Any]") -> str:
        name = super()._save(name, content)  # type: ignore[misc]  # not in the stubs
        path = Path(self.path(name))
        for target in (path, path.parent, path.parent.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return name


def unfinished_folder() -> Path:
    """Return the folder for files that are being made, beside the documents and as private.

    The sweep removes what a killed process leaves in it.
    """
    root = Path(storages[PRIVATE].path(""))
    folder = root / "unfinished"
    for each in (root, folder):
        each.mkdir(0o700, exist_ok=True)
    return folder
