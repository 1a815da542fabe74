"""The hasher of passwords: Argon2id at the least cost that OWASP recommends.

A process hashes one password at a time, in one thread that does nothing else. A flood of sign-ins
would otherwise take 19 MiB for each thread at once. A lock alone would not do: the C library keeps
what each thread has freed for that thread.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import Argon2PasswordHasher

_THREAD_NAME = "passwords"
_thread = ThreadPoolExecutor(1, _THREAD_NAME)


def _begin_anew() -> None:
    """Replace the thread in a forked process, which has none of its parent's."""
    global _thread
    _thread = ThreadPoolExecutor(1, _THREAD_NAME)


os.register_at_fork(after_in_child=_begin_anew)


class PasswordHasher(Argon2PasswordHasher):
    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _thread.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        return _thread.submit(super().verify, password, encoded).result()
