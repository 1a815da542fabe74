"""An nginx for a test, and ports that nobody else binds to."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import NGINX
from tests.races.together import DEADLINE_SECONDS, until

# Nobody else binds to this address, so that a port that was free a moment ago still is.
HOST = "127.0.7.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """End the process, which has children that it ends itself."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


@contextmanager
def nginx(folder: Path, port: int, site: str) -> Iterator[None]:
    """Run an nginx with `site` inside of http { }, which listens on the port; files in `folder`."""
    folders = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{'' if os.getuid() else 'user root;'} daemon off; pid {folder}/nginx.pid;\n"
        f"events {{ }}\nhttp {{\n{folders}\n{site}\n}}\n"
    )
    command = [str(NGINX), "-e", str(folder / "nginx-error.log"), "-c", str(whole)]
    with ended(subprocess.Popen(command)) as process:
        until(lambda: answers(port) or process.poll() is not None)
        yield
