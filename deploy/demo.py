"""Run the whole portal on this machine until Ctrl-C: its processes, with demo data."""

import argparse
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import build
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_ANSWER = 30
SECONDS_TO_END = 10
PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    options = parser.parse_args()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: sys.exit())
    check_port_is_free(options.host, options.port)
    prepare()
    serve(options.host, options.port)


def check_port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        # gunicorn binds with this option, so a port that was closed a moment ago counts as free.
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
    print("Bringing the database up to date ...", flush=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_reference")
    call_command("load_offices")


def serve(host: str, port: int) -> None:
    print("Starting the decoder, the web server and the message worker ...", flush=True)
    children = {}
    try:
        children["decoder"] = start(
            "-m", "requests_app.decoder_server", str(settings.DECODER_SOCKET)
        )
        wait_until(decoder_answers, children)
        # Before anybody can file or book, and before the worker could send a text of the past.
        call_command("fill_demo")
        children["web server"] = start(
            *("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
            *("--bind", f"{host}:{port}"),
        )
        children["message worker"] = start("manage.py", "work")
        wait_until(partial(web_server_answers, host, port), children)
        call_command("load_demo", url=f"http://{host}:{port}")
        print(f"Tawasul is at http://{host}:{port}/ until Ctrl-C.", flush=True)
        while True:
            check_children(children)
            time.sleep(0.5)
    finally:
        end(children)


def start(*command: str) -> subprocess.Popen[bytes]:
    # Each child has a session of its own, so that Ctrl-C reaches it only through this process.
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent
    )


def die_with_parent() -> None:
    """End this child also when its parent is killed and cannot end it; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(is_ready: Callable[[], bool], children: Mapping[str, subprocess.Popen]) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        check_children(children)
        if is_ready():
            return
        time.sleep(0.1)
    sys.exit(f"The portal did not answer within {SECONDS_TO_ANSWER} seconds.")


def web_server_answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def decoder_answers() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(settings.DECODER_SOCKET)) == 0


def check_children(children: Mapping[str, subprocess.Popen]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            sys.exit(f"The {name} ended by itself (status {child.returncode}).")


def end(children: Mapping[str, subprocess.Popen]) -> None:
    # A second Ctrl-C would interrupt this and leave children running.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_END
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        # Kill the rest of its session: the child itself, or workers that have lost their master.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


if __name__ == "__main__":
    main()
