"""A pytest plugin that runs clamd for the tests marked `clamd`.

It has one signature, of the tests' own: no database is downloaded, no service has to run.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.cluster import hand_over, unprivileged_user
from tests.programs import CLAMD

# What the tests take for malware, and its name.
MARKER, SIGNATURE = b"tawasul-malware-for-tests", "Tawasul.Test"
MAX_STREAM = 2 * 1024 * 1024
DEADLINE_SECONDS = 30
SETTINGS = """
DatabaseDirectory {folder}
LocalSocket {folder}/socket
LogFile {folder}/log
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength {most}
"""


class Clamd:
    """A clamd of the tests, which they may kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"clamd+unix://{folder}/socket"
        self._process = None
        (folder / "tests.ndb").write_text(f"{SIGNATURE}:0:*:{MARKER.hex()}\n")
        (folder / "clamd.conf").write_text(SETTINGS.format(folder=folder, most=MAX_STREAM))
        self._user = unprivileged_user()
        hand_over(folder, self._user)

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        command = [CLAMD, "--config-file", self.folder / "clamd.conf"]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self._process = subprocess.Popen(command, cwd=self.folder, **streams, **self._user)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "clamd does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.folder / "socket"))
            except OSError:
                return False
        return True


@pytest.fixture(scope="session")
def _clamd():
    assert CLAMD, "only tests marked `clamd` may ask for it"
    # The path of a socket may have no more than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="tawasul-clamd-", dir="/tmp"))
    clamd = Clamd(folder)
    try:
        yield clamd
    finally:
        clamd.kill()
        shutil.rmtree(folder)


@pytest.fixture
def clamd(_clamd, settings):
    """A clamd that answers; an earlier test may have killed it."""
    _clamd.start()
    settings.SCANNER = _clamd.address
    return _clamd
