"""A client for benchmarks that costs little beside what it measures.

One loop keeps many connections busy, as threads of Python would wait for each other. A journey asks
one request after the other, and reads the forms and links on the pages as a browser does.
"""

import html
import re
import secrets
import selectors
import socket
import time
import zlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

HOST = "127.0.0.1"
SECONDS_TO_ANSWER = 60
_CHUNK = 1 << 18
_SET_COOKIE = re.compile(r"(?i)\r\nset-cookie: *([^=]+)=([^;\r]*)")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Answer:
    """A response: its head and body as they came, and the seconds from the first byte sent."""

    status: int
    head: bytes
    raw: bytes
    seconds: float

    @property
    def size(self) -> int:
        return len(self.head) + len(self.raw)

    @property
    def page(self) -> str:
        is_compressed = b"content-encoding: gzip" in self.head.lower()
        return (zlib.decompress(self.raw, 31) if is_compressed else self.raw).decode()

    def header(self, name: str) -> str:
        """Return the last header of this name, or an empty text."""
        found = re.findall(rf"(?i)\r\n{name}: *([^\r]*)", self.head.decode("latin-1"))
        return found[-1] if found else ""


def request(
    method: str,
    path: str,
    cookies: dict[str, str],
    body: bytes = b"",
    content_type: str = "",
    headers: Sequence[str] = (),
) -> bytes:
    """Return the bytes of a request as a browser sends it on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept-Encoding: gzip", *headers]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={text}" for name, text in cookies.items()))
    if method == "POST":
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def form_request(
    path: str,
    cookies: dict[str, str],
    fields: dict[str, str],
    file: tuple[str, bytes] | None = None,
) -> bytes:
    """Return the request that sends a form, with a JPEG in the field that `file` names."""
    token = cookies.setdefault("csrftoken", secrets.token_hex(16))
    fields = {**fields, "csrfmiddlewaretoken": token}
    if file is None:
        body = urlencode(fields).encode()
        return request("POST", path, cookies, body, "application/x-www-form-urlencoded")
    boundary = secrets.token_hex(16)
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    text = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    text += f'{part}"{file[0]}"; filename="passport.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = text.encode() + file[1] + f"\r\n--{boundary}--\r\n".encode()
    return request("POST", path, cookies, body, f"multipart/form-data; boundary={boundary}")


class _Connection:
    """A connection that sends one request at a time and takes its answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=SECONDS_TO_ANSWER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._began = 0.0

    def send(self, wanted: bytes) -> None:
        self._received.clear()
        self._began = time.perf_counter()
        self.socket.sendall(wanted)

    def receive(self) -> Answer | None:
        """Take what has arrived; return the answer once it is there as a whole."""
        arrived = self.socket.recv(_CHUNK)
        if not arrived:
            raise ConnectionError(f"closed after {bytes(self._received[:200])!r}")
        self._received += arrived
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._received[:end])
        length = _LENGTH.search(head)
        if length is None:
            raise ValueError(f"an answer without its length: {head!r}")
        body = bytes(self._received[end + 4 :])
        if len(body) < int(length[1]):
            return None
        return Answer(int(head[9:12]), head, body, time.perf_counter() - self._began)


def answers(port: int, wanted: Iterable[bytes], connections: int) -> list[Answer]:
    """Send these requests over so many connections at once; return the answers as they come."""
    waiting, got = deque(wanted), []
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port) for _each in range(min(connections, len(waiting)))]
        for each in opened:
            selector.register(each.socket, selectors.EVENT_READ, each)
        for each in opened:
            each.send(waiting.popleft())
        busy = len(opened)
        while busy:
            ready = selector.select(SECONDS_TO_ANSWER)
            if not ready:
                raise TimeoutError(f"no answer within {SECONDS_TO_ANSWER} seconds")
            for key, _events in ready:
                answer = key.data.receive()
                if answer is None:
                    continue
                got.append(answer)
                if waiting:
                    key.data.send(waiting.popleft())
                else:
                    busy -= 1
        for each in opened:
            each.socket.close()
    return got


@dataclass
class Browser:
    """Somebody who goes from page to page; it keeps cookies and counts what it asked for."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    asked: list[Answer] = field(default_factory=list)
    path: str = "/"

    def __post_init__(self) -> None:
        self._connection = _Connection(self.port)

    def get(self, path: str) -> Answer:
        self.path = urljoin(self.path, path)
        return self._ask(request("GET", self.path, self.cookies))

    def fetch(self, path: str) -> Answer:
        """Ask for what a script of the page asks for."""
        by_script = ["X-Requested-With: XMLHttpRequest"]
        return self._ask(request("GET", path, self.cookies, headers=by_script))

    def send(
        self, path: str, fields: dict[str, str], file: tuple[str, bytes] | None = None
    ) -> Answer:
        self.path = urljoin(self.path, path)
        return self._ask(form_request(self.path, self.cookies, fields, file))

    def follow(self, answer: Answer) -> Answer:
        """Open the page that a redirect leads to. ValueError if it is none."""
        if answer.status != 302:
            raise ValueError(f"{self.path}: {answer.status}, no redirect\n{errors_on(answer)}")
        return self.get(answer.header("location"))

    def close(self) -> None:
        self._connection.socket.close()

    def _ask(self, wanted: bytes) -> Answer:
        self._connection.send(wanted)
        answer = None
        while answer is None:
            answer = self._connection.receive()
        self.cookies.update(_SET_COOKIE.findall(answer.head.decode("latin-1")))
        self.asked.append(answer)
        if answer.status not in (200, 302):
            raise ValueError(f"{self.path}: {answer.status}\n{answer.page[:2000]}")
        return answer


def form_on(answer: Answer, action: str = "") -> dict[str, str]:
    """Return what the form whose tag matches `action` would send as the page came.

    Of radio buttons without a choice, and of lists, it takes the first one that has a value.
    """
    found = re.search(rf"(?s)<form(?=[^>]*{action})[^>]*>(.*?)</form>", answer.page)
    if found is None:
        raise ValueError(f"no form {action!r} on the page\n{errors_on(answer)}")
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", found[1]):
        at = attributes(tag)
        kind, name = at.get("type", "text"), at.get("name", "")
        if not name or kind in ("file", "submit", "checkbox"):
            continue
        if kind != "radio" or "checked" in at:
            fields[name] = at.get("value", "")
        elif at.get("value"):
            fields.setdefault(name, at["value"])
    for tag, inside in re.findall(r"(?s)(<select\b[^>]*>)(.*?)</select>", found[1]):
        options = [attributes(option) for option in re.findall(r"<option\b[^>]*>", inside)]
        chosen = [each for each in options if "selected" in each]
        with_value = [each for each in chosen or options if each.get("value")]
        fields[attributes(tag)["name"]] = with_value[0]["value"] if with_value else ""
    for tag, inside in re.findall(r"(?s)(<textarea\b[^>]*>)(.*?)</textarea>", found[1]):
        fields[attributes(tag)["name"]] = html.unescape(inside).strip()
    return fields


def attributes(tag: str) -> dict[str, str]:
    found = re.findall(r'([\w-]+)(?:="([^"]*)")?', tag)[1:]
    return {name: html.unescape(text) for name, text in found}


def errors_on(answer: Answer) -> str:
    """Return the text of a page, shortened, for a message."""
    inside = re.sub(r"(?s)<(head|svg|script)\b.*?</\1>|<[^>]+>", " ", answer.page)
    return " ".join(inside.split())[:1500]
