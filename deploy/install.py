"""Make .venv hold what one of the locks says: `python3 deploy/install.py run|dev`.

Standard library only, and written so that a Python too old for the portal can still say so.
"""

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NEEDED = (3, 11)
LOCKS = {group: ROOT / "requirements" / (group + ".txt") for group in ("run", "dev")}


def main(group: str) -> None:
    if sys.version_info < NEEDED:
        sys.exit(
            f"Tawasul needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Install a newer one and name it, for example: make run PYTHON=python3.12"
        )
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        sys.exit(
            "This Python lacks venv or ensurepip, which keep Tawasul's packages apart from the "
            f"system's. On Debian and Ubuntu: apt install python3.{sys.version_info[1]}-venv"
        )
    # Two `make` at once would otherwise build the same folder.
    with LOCKS["run"].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The lock of dev stands on that of run, so both count for either, and so does the Python.
        sources = [sys.version.encode(), *(each.read_bytes() for each in LOCKS.values())]
        source = hashlib.sha256(b"".join(sources)).hexdigest()
        stamp = VENV / "installed"
        stamps = (f"{group} {source}", f"dev {source}")
        if stamp.exists() and stamp.read_text() in stamps and runs(VENV / "bin" / "python"):
            return
        print(f"Installing requirements/{group}.txt into .venv ...", flush=True)
        call(lock, sys.executable, "-m", "venv", "--clear", str(VENV))
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-qq"]
        # Compiling every module takes a third of the time, and most of them are never imported.
        pip += ["--no-compile", "--disable-pip-version-check", "--require-hashes"]
        call(lock, *pip, "-r", str(LOCKS[group]))
        stamp.write_text(f"{group} {source}")


def runs(python: Path) -> bool:
    """Return whether `python` starts: not if the folder or the Python behind it was moved."""
    try:
        return subprocess.call([python, "-c", ""]) == 0
    except OSError:
        return False


def call(lock: IO[str], *command: str) -> None:
    # Should we be killed, the child keeps the lock until it has ended too.
    if subprocess.call(command, pass_fds=[lock.fileno()]):
        sys.exit("The packages could not be installed; the reason stands above.")


if __name__ == "__main__":
    main(sys.argv[1])
