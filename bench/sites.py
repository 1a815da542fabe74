"""The sites that are measured: each a database and a web server, and the portal its decoder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import load, measure

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 60
GUNICORN = (
    *("--worker-class", "tawasul.web_worker.WebWorker", "--workers", "2", "--threads", "4"),
    *("--preload", "--no-control-socket", "--log-level", "warning"),
)


@dataclass
class Site:
    """A site that can be served: its settings, what gunicorn serves, and its first page."""

    environment: dict[str, str]
    served: tuple[str, ...]
    first_page: str
    beside: tuple[str, ...] = ()
    python: str = sys.executable
    # While it is served:
    port: int = 0
    pids: list[int] = field(default_factory=list)

    def command(self, *arguments: str) -> str:
        """Run a command of this site's Python; return what it prints."""
        command = [self.python, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    @contextmanager
    def running(self, log: Path) -> Iterator[float]:
        """Serve the site; yield the seconds of processor time until its first answer."""
        with ExitStack() as stack, log.open("ab") as output:
            self.pids = []
            if self.beside:
                self._start(stack, output, *self.beside)
            with socket.socket() as probe:
                probe.bind((load.HOST, 0))
                self.port = probe.getsockname()[1]
            bound = ("--bind", f"{load.HOST}:{self.port}")
            web = self._start(stack, output, "-m", "gunicorn", *self.served, *bound)
            self._wait_until_it_answers(web, log)
            seconds = measure.cpu_seconds([web.pid])
            self._wait_for_what_is_beside()
            yield seconds

    def workers(self) -> list[int]:
        return measure.family(self.pids[-1])[1:]

    def _start(self, stack: ExitStack, output: object, *command: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [self.python, *command],
            cwd=ROOT, env=self.environment, stdout=output, stderr=output,  # type: ignore[call-overload]  # a file
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.terminate)
        self.pids.append(process.pid)
        return process

    def _wait_for_what_is_beside(self) -> None:
        while self.beside:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(self.beside[-1]) == 0:
                    return
            time.sleep(0.05)

    def _wait_until_it_answers(self, web: subprocess.Popen, log: Path) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        wanted = load.request("GET", self.first_page, {})
        while web.poll() is None and time.monotonic() < deadline:
            try:
                if load.answers(self.port, [wanted], 1)[0].status == 200:
                    return
            except OSError:
                time.sleep(0.01)
        sys.exit(f"It did not start:\n{log.read_text()[-3000:]}")


def environment(address: str, folder: Path, settings: str, **more: str) -> dict[str, str]:
    """Return the environment of a site with this database, without what is the benchmark's own."""
    more |= {"DATABASE_URL": address, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": settings}
    inherited = {name: text for name, text in os.environ.items() if name != "PGAPPNAME"}
    return {**inherited, **more}


def floor(server: measure.Server, folder: Path) -> Site:
    site = Site(
        environment(server.database("floor"), folder, "bench.floor.settings"),
        (*GUNICORN, "django.core.wsgi:get_wsgi_application()"),
        "/",
    )
    site.command("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
    return site


def portal(server: measure.Server, folder: Path) -> Site:
    """Make the portal with its reference data; people are added by `bench.people`."""
    decoder = folder / "decoder.sock"
    own = {"TAWASUL_DEMO": "1", "DECODER_SOCKET": str(decoder)}
    site = Site(
        environment(server.database("ours"), folder, "tawasul.settings", **own),
        ("--config", "deploy/gunicorn.conf.py"),
        "/ar/",
        ("-m", "requests_app.decoder_server", str(decoder)),
    )
    site.command("deploy/build.py")
    for command in ("migrate", "load_reference", "load_offices", "make_slots"):
        site.command("manage.py", command, "--verbosity", "0")
    return site
