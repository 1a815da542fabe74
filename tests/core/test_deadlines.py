"""Deadlines: a server that answers drop by drop is left in time, over HTTP and SMTP alike."""

import socket
import threading
import time

import pytest

from core.messaging import gateways, smtp
from core.messaging.gateways import GatewayError, HttpSms, Mail

KEY = "7b0e3a52-6a2f-4f0e-9a35-0d6b8f1f2c11"
MESSAGE = {"idempotency_key": KEY, "recipient": "ayesha@example.org", "text": "There is news."}


@pytest.fixture
def dripping(settings, monkeypatch):
    """Serve one connection: a beginning, then a byte every now and then. Return the begin."""
    monkeypatch.setattr(gateways, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(smtp, "DEADLINE_SECONDS", 0.3)
    is_over = threading.Event()
    served = []

    def serve(server):
        with server.accept()[0] as client:
            try:
                client.sendall(begin[0])
                while not is_over.wait(0.02):
                    client.sendall(b"2")
            except OSError:
                served.append("cut")

    begin = [b""]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.SMS_HTTP_URL = f"http://127.0.0.1:{port}/send"
        settings.SMS_HTTP_TOKEN = "token"
        settings.EMAIL_BACKEND = "core.messaging.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        thread = threading.Thread(target=serve, args=[server], daemon=True)
        thread.start()
        yield begin
        thread.join(20)
        is_over.set()
    assert served == ["cut"]


@pytest.mark.parametrize(
    ("gateway", "beginning"),
    [
        (HttpSms, b"HTTP/1.1 200 OK\r\nServer: "),
        (Mail, b"220 mail.example.org ready\r\n25"),
        (Mail, b"2"),
    ],
    ids=["HTTP", "SMTP", "greeting"],
)
def test_server_that_drips_is_left_at_the_deadline(dripping, gateway, beginning):
    dripping[0] = beginning
    with pytest.raises(GatewayError):
        gateway().send(**MESSAGE)


def test_nothing_is_sent_after_the_deadline(settings, monkeypatch):
    """The connection is made so late that there is no time left."""
    monkeypatch.setattr(gateways, "DEADLINE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.getsockname()[1]}/send"
        settings.SMS_HTTP_TOKEN = "token"
        with pytest.raises(GatewayError, match="TimeoutError"):
            HttpSms().send(**MESSAGE)
        with server.accept()[0] as client:
            client.settimeout(time.monotonic())
            assert client.recv(1) == b""
