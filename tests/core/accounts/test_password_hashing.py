"""Hashing passwords: its cost, one at a time, and as dear for an unknown account."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client

from core.accounts.hashers import PasswordHasher
from core.accounts.models import User
from tests import factories
from tests.core.accounts import pages

PATH = "core.accounts.hashers.PasswordHasher"


@pytest.fixture
def hasher(settings):
    settings.PASSWORD_HASHERS = [PATH]


def test_password_is_hashed_with_argon2id_of_19_mib(hasher):
    encoded = make_password("a kettle and a door")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("a kettle and a door", encoded)
    assert not check_password("a kettle and a moor", encoded)


@pytest.fixture
def running(monkeypatch):
    """Return a list of how many hashings ran at the start of each."""
    seen, now = [], []

    def slowly(answer):
        def work(*_args, **_options):
            now.append(1)
            seen.append(len(now))
            time.sleep(0.05)
            now.pop()
            return answer

        return work

    monkeypatch.setattr(argon2.low_level, "hash_secret", slowly(b"$argon2id$hash"))
    monkeypatch.setattr(argon2.PasswordHasher, "verify", slowly(True))
    return seen


def most_at_once(hasher, running):
    running.clear()
    together = threading.Barrier(4)

    def hash_one(place):
        together.wait()
        if place % 2:
            hasher.encode("password", "a-salt-of-16-chars")
        else:
            hasher.verify("password", "argon2$hash")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(hash_one, range(4)))
    assert len(running) == 4
    return max(running)


def test_a_process_hashes_one_password_at_a_time(running):
    assert most_at_once(PasswordHasher(), running) == 1
    assert most_at_once(Argon2PasswordHasher(), running) > 1  # the control


# Eight threads hash at once, a forked process hashes too, and the growth is told in MiB.
FLOOD = """
import os, signal
from concurrent.futures import ThreadPoolExecutor
from core.accounts.hashers import PasswordHasher

def most():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

before, hasher = most(), PasswordHasher()
encoded = hasher.encode("password", "a-salt-of-16-chars")
with ThreadPoolExecutor(8) as threads:
    assert not any(threads.map(lambda place: hasher.verify("another", encoded), range(32)))
print(most() - before, flush=True)
child = os.fork()
if not child:
    signal.alarm(20)
    os._exit(0 if hasher.verify("password", encoded) else 1)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_flood_of_sign_ins_takes_the_memory_of_one():
    flood = [sys.executable, "-W", "ignore", "-c", FLOOD]
    done = subprocess.run(flood, capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) < 2 * 19


def test_every_sign_in_hashes_once_whoever_it_is_for(person, hasher, monkeypatch):
    hashed = []

    def counted(real):
        return lambda *args: hashed.append(1) or real(*args)

    for name in ("encode", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(getattr(PasswordHasher, name)))
    person.set_password(factories.PASSWORD)
    person.save()
    inactive = factories.UserFactory(username="inactive", is_active=False)
    unusable = factories.UserFactory(username="unusable", mobile=pages.NEW_MOBILE)
    User.objects.filter(pk=unusable.pk).update(password="pbkdf2_sha256$1$salt$hash")
    for address in (pages.SIGN_IN, pages.STAFF_SIGN_IN):
        for login in ("aslam", pages.NUMBER, inactive.username, unusable.username, "nobody"):
            hashed.clear()
            Client().post(address, {"login": login, "password": "not-the-password"})
            assert len(hashed) == 1, (address, login)
