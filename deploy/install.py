"""Make .venv hold what one of the locks says: `python3 deploy/install.py run|dev`.

Standard library only, and written so that a Python too old for the portal can still read the
file and say so.
"""

import fcntl
import hashlib
import importlib.util
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# Holds the group installed and the digest of the locks, or that the work was left halfway.
STAMP = VENV / "installed"
UNFINISHED = "unfinished"
LOCKS = {group: ROOT / "requirements" / (group + ".txt") for group in ("run", "dev")}
NEEDED = (3, 11)


def main(group):
    refuse_unfit_python(group)
    # Two `make` at once would otherwise build the same folder.
    with LOCKS["run"].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # dev is made on top of run, so both locks count for either.
        source = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS.values())).hexdigest()
        done = STAMP.read_text().split() if STAMP.exists() else []
        told = output_of(VENV / "bin" / "python", "import pip, sys; print(sys.version)")
        whole = told == sys.version + "\n" and UNFINISHED not in done
        if not (whole and done in (["dev", source], [group, source])):
            install(group, whole, lock)
            STAMP.write_text(f"{group} {source}\n")


def refuse_unfit_python(group):
    if sys.version_info < NEEDED:
        names = (f"python3.{minor}" for minor in range(19, NEEDED[1] - 1, -1))
        newer = next((name for name in names if output_of(name, "print(1)")), None)
        sys.exit(
            "Tawasul needs Python {}.{} or newer, and {} is {}. {}: make {} PYTHON={}".format(
                *NEEDED,
                sys.executable,
                sys.version.split()[0],
                "Try" if newer else "Install a newer one and name it",
                "run" if group == "run" else "test",
                newer or "python3.12",
            )
        )
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        sys.exit(
            "This Python lacks venv or ensurepip, which keep Tawasul's packages apart from the "
            f"system's. On Debian and Ubuntu: apt install python3.{sys.version_info[1]}-venv"
        )


def output_of(python, code):
    """What `code` prints, or nothing when there is no such Python or it fails."""
    command = [str(python), "-c", code]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL, universal_newlines=True)
    except (OSError, subprocess.CalledProcessError):
        return None


def install(group, keep, lock):
    print(f"Installing requirements/{group}.txt into .venv ...", flush=True)
    if not keep:
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
    STAMP.write_text(UNFINISHED)
    if not keep:
        call(lock, sys.executable, "-m", "venv", str(VENV))
    call(
        lock,
        *(str(VENV / "bin" / "python"), "-m", "pip", "install", "-qq"),
        *("--disable-pip-version-check", "--require-hashes", "-r", str(LOCKS[group])),
    )


def call(lock, *command):
    # Should we be killed, the child keeps the lock until it has ended too.
    if subprocess.call(command, pass_fds=[lock.fileno()]):
        sys.exit("The packages could not be installed; the reason stands above.")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("Usage: python3 deploy/install.py run|dev")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit("Interrupted; the next `make` starts it anew."))
    main(sys.argv[1])
