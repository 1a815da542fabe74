"""Where documents lie: outside every public root, and really on the disk once they are saved."""

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class SyncedStorage(FileSystemStorage):
    """The file system, with each file and its folders' entries synced before `save` returns."""

    def _save(self, name, content):
        name = super()._save(name, content)
        path = Path(self.path(name))
        for target in (path, path.parent, path.parent.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return name
