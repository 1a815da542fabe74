"""Documents on the disk: synced once they are saved, and readable by the portal's account only."""

import os
import stat
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages


def test_a_saved_document_and_its_folders_are_synced_to_the_disk(monkeypatch):
    synced = []
    sync = os.fsync

    def remember(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", remember)
    name = storages["private"].save("ab/abcdef", ContentFile(b"content"))
    path = Path(storages["private"].path(name))
    assert synced == [place.stat().st_ino for place in (path, path.parent, path.parent.parent)]


def test_stored_document_is_readable_by_owner_only():
    name = storages["private"].save("ab/abcdef", ContentFile(b"content"))
    path = Path(storages["private"].path(name))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
