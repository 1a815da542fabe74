"""The whole portal on this machine, until Ctrl-C: web server, message worker, demo people."""

import argparse
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import build
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_ANSWER = 30
SECONDS_TO_END = 10
PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    options = parser.parse_args()
    for number in ENDINGS:
        signal.signal(number, lambda *_: sys.exit())
    refuse_taken_port(options.host, options.port)
    prepare()
    serve(options.host, options.port)


def refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        # As gunicorn binds: a port that was left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            sys.exit(
                f"Cannot listen on {host}:{port}: {error}. "
                f"Try another port: make run PORT={8001 if port == 8000 else 8000}"
            )


def prepare() -> None:
    build.main()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_reference")
    call_command("load_offices")


def serve(host: str, port: int) -> None:
    children = {}
    try:
        children["web server"] = start(
            *("-m", "gunicorn", "tawasul.wsgi", "--bind", f"{host}:{port}", "--no-control-socket"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
            *("--log-level", "warning"),
        )
        children["message worker"] = start("manage.py", "work")
        wait_until_it_answers(host, port, children)
        call_command("load_demo", url=f"http://{host}:{port}")
        print(f"Tawasul is at http://{host}:{port}/ until Ctrl-C.", flush=True)
        while True:
            refuse_dead(children)
            time.sleep(0.5)
    finally:
        end(children)


def start(*command: str) -> subprocess.Popen[bytes]:
    # In a session of its own, so that Ctrl-C reaches the children through us alone.
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent
    )


def die_with_parent() -> None:
    """Even with a parent that was killed before it could end its children; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_it_answers(host: str, port: int, children: Mapping[str, subprocess.Popen]) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        refuse_dead(children)
        connection = http.client.HTTPConnection(host, port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        connection.close()
        time.sleep(0.1)
    sys.exit(f"The web server did not answer within {SECONDS_TO_ANSWER} seconds.")


def refuse_dead(children: Mapping[str, subprocess.Popen]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            sys.exit(f"The {name} ended by itself (status {child.returncode}).")


def end(children: Mapping[str, subprocess.Popen]) -> None:
    # A second Ctrl-C would leave them half ended.
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_END
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        # What is left of its session: itself, or workers that lost their master.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


if __name__ == "__main__":
    main()
