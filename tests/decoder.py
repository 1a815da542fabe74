"""A decoder of the tests' own, for all that they upload."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.races.together import until

ROOT = Path(__file__).parent.parent


CHANGED = """
import os, signal, sys
from requests_app import decoder_server

works, server = decoder_server.clean, os.getpid()

def clean(original, content_type, roots):
    if os.getpid() != server:
        {0}
    return works(original, content_type, roots)

decoder_server.clean = clean
decoder_server.main()
"""


@contextmanager
def decoder(*, at_once=2, clean=None, roots=""):
    """Run a decoder, and give its process and the path of its socket, which listens.

    Each child runs the code `clean`, if any, before it cleans its file, the bytes `original`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decoder.sock"
        command = [sys.executable, "-c", CHANGED.format(clean or "pass"), path]
        process = subprocess.Popen(
            [*command, f"--at-once={at_once}", f"--signature-roots={roots}"], cwd=ROOT
        )
        try:
            until(lambda: listens(path))
            yield process, path
        finally:
            process.terminate()
            process.wait()


def listens(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def cpu_seconds(process):
    """Return the processor time of the children of this process that have ended."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
