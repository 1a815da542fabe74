"""What the first web process does once the portal is loaded, so that those it forks share it.

A page of memory is shared until one of them writes to it.
"""

import ctypes
import gc

from django.conf import settings
from django.template import engines
from django.urls import reverse
from django.utils import translation

_M_MMAP_THRESHOLD = -3  # of mallopt(3)
_LARGE = 1024 * 1024  # bytes


def prepare_to_fork() -> None:
    """Load what the first page would load in each process, and leave alone what is there.

    Nothing here may open the database: a connection would be that of all processes.
    """
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            reverse("portal:home")  # the routes with all their views, and the sentences
    engines.all()  # the tags and filters of all templates, but no template
    _return_large_memory()
    gc.collect()
    # The collector writes into each object that it looks at.
    gc.freeze()


def _return_large_memory() -> None:
    """Let the C library return what is large when it is freed, as hashing a password takes it.

    By itself it would keep such a piece, 19 MiB in each process, once one has been freed. To get it
    anew costs each password some 15 ms. Other C libraries than glibc have no such setting.
    """
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
        set_option(_M_MMAP_THRESHOLD, _LARGE)
