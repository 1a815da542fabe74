"""Compare what an upload costs in two checkouts: processor time and memory of all processes.

    .venv/bin/python bench/uploads.py BEFORE AFTER

Both are folders of the project, each with its .venv. Each serves the demo as `make run` does, from
a temporary folder; photos of three sizes are sent to one and the other in turn, as a browser sends
them. The first upload of each size is not counted.
"""

import argparse
import http.client
import io
import os
import secrets
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from PIL import Image

KB = 1024
# A size, the pixels and the quality of a picture of noise that comes near it, and how many to send.
PHOTOS = {
    "20 KB": ((300, 200), 45, 31),
    "4 MB": ((4000, 3000), 33, 11),
    "10 MB": ((5100, 3825), 75, 6),
}
TICK = os.sysconf("SC_CLK_TCK")
# People of the demo, as the portal takes sixty files of a person within an hour, and 40 MB a draft.
PREPARE = """
import uuid
from django.test import Client
from core.accounts.models import User
from core.catalogue.models import DocumentType, Service
from requests_app import actions

service = Service.objects.get(slug="iqama-renew")
for name in ("aslam", "samir"):
    user = User.objects.get(username=name)
    browser = Client()
    browser.force_login(user)
    for _draft in range(12):
        inquiry = actions.start(
            actor=user, holder=user.identity, beneficiary=user.identity, service=service,
            idempotency_key=uuid.uuid4(),
        )
        kinds = [*service.documents.all(), *service.optional_documents.all()]
        print("DRAFT", browser.session.session_key, inquiry.reference, kinds[0].slug)
"""


@dataclass
class Portal:
    """A running demo: its first process, its port, and the drafts that take documents."""

    pid: int
    port: int
    drafts: Iterator[tuple[str, str, str]]

    def send(self, photo: bytes, draft: tuple[str, str, str]) -> None:
        session, reference, kind = draft
        token, boundary = secrets.token_hex(16), secrets.token_hex(16)
        parts = {"csrfmiddlewaretoken": token, "document_type": kind}
        part = f"--{boundary}\r\nContent-Disposition: form-data; name="
        head = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in parts.items())
        head += f'{part}"files"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = head.encode() + photo + f"\r\n--{boundary}--\r\n".encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(
            "POST",
            f"/en/inquiries/{reference}/documents/",
            body,
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Cookie": f"sessionid={session}; csrftoken={token}",
            },
        )
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.FOUND:
            raise SystemExit(f"refused with {answer.status}: {answer.read().decode()[-4000:]}")
        connection.close()

    def processes(self) -> list[int]:
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                parents[int(entry.name)] = int(_stat(int(entry.name))[1] or 0)
        found = [self.pid]
        for parent in found:
            found += [pid for pid, its_parent in parents.items() if its_parent == parent]
        return found

    def cpu_ms(self) -> float:
        """Return the processor time of all processes, and of their children that have ended."""
        return 1000 / TICK * sum(sum(map(int, _stat(pid)[11:15])) for pid in self.processes())

    def memory(self) -> int:
        """Return the MiB of all processes, of what they share only their part."""
        total = 0
        for pid in self.processes():
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue  # it has ended meanwhile
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:")
        return total // KB


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, zeros for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


@contextmanager
def running(checkout: Path) -> Iterator[Portal]:
    with tempfile.TemporaryDirectory() as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        python = str(checkout / ".venv/bin/python")
        around = {**os.environ, "TAWASUL_DEMO": "1", "DATA_DIR": data}
        command = [python, "deploy/demo.py", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=checkout, env=around, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Tawasul is at"):
                    break
            prepared = subprocess.run(
                [python, "manage.py", "shell", "-c", PREPARE],
                cwd=checkout, env=around, capture_output=True, text=True, check=True,
            )  # fmt: skip
            lines = (line.split() for line in prepared.stdout.splitlines())
            drafts = [(line[1], line[2], line[3]) for line in lines if line[:1] == ["DRAFT"]]
            yield Portal(process.pid, port, iter(drafts))
        finally:
            process.terminate()
            process.communicate(timeout=60)


def photos(size: tuple[int, int], quality: int, count: int) -> Iterator[bytes]:
    noise = Image.effect_noise(size, 60).convert("RGB")
    for number in range(count):
        noise.putpixel((8 * number, 0), (255, 0, 0))
        output = io.BytesIO()
        noise.save(output, "JPEG", quality=quality)
        yield output.getvalue()


def peak(portal: Portal, photo: bytes, draft: tuple[str, str, str]) -> int:
    """Send a photo and return the most memory that all processes had together meanwhile, in MiB."""
    seen, is_over = [portal.memory()], Event()

    def look() -> None:
        while not is_over.is_set():
            seen.append(portal.memory())

    looking = Thread(target=look)
    looking.start()
    portal.send(photo, draft)
    is_over.set()
    looking.join()
    return max(seen)


def compare(portals: list[Portal], name: str) -> None:
    size, quality, count = PHOTOS[name]
    spent: list[list[float]] = [[] for _portal in portals]
    peaks: list[int] = [0, 0]
    length = 0
    for number, photo in enumerate(photos(size, quality, count)):
        length = len(photo)
        if number % 3 == 0:  # what is stored of a photo may be larger than what was sent
            drafts = [next(portal.drafts) for portal in portals]
        for place, portal in enumerate(portals):
            if number == count - 1:
                peaks[place] = peak(portal, photo, drafts[place])
                continue
            before = portal.cpu_ms()
            portal.send(photo, drafts[place])
            time.sleep(0.1)  # until the children that have ended are counted
            if number:
                spent[place].append(portal.cpu_ms() - before)
    one, other = (statistics.mean(each) for each in spent)
    print(
        f"{name} ({length // KB} KB): {one:.0f} -> {other:.0f} ms of CPU ({other / one:.2f}); "
        f"peak of all processes {peaks[0]} -> {peaks[1]} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        both = [options.before.resolve(), options.after.resolve()]
        portals = [stack.enter_context(running(checkout)) for checkout in both]
        for portal in portals:
            idle = portal.memory()
            print(f"all processes at rest: {idle} MiB")
        for name in PHOTOS:
            compare(portals, name)


if __name__ == "__main__":
    main()
