"""The gateway over HTTP: its requests, and the answers that count as sent."""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core.messaging.gateways import GatewayError, HttpSms, Refused

KEY = uuid.UUID("7b0e3a52-6a2f-4f0e-9a35-0d6b8f1f2c11")


class Provider(BaseHTTPRequestHandler):
    """A handler that answers each request with `status` and records it."""

    status = 200
    asked = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(("POST", self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.asked.append(("GET", self.path, dict(self.headers), None))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def provider(settings):
    handler = type("Handler", (Provider,), {"asked": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.server_port}/send"
        settings.SMS_HTTP_TOKEN = "token-of-the-portal"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


def send():
    HttpSms().send(idempotency_key=KEY, recipient="+966500000001", text="رمز")


def test_the_provider_gets_the_text_the_key_and_the_token(provider):
    send()
    ((method, path, headers, body),) = provider.asked
    assert (method, path) == ("POST", "/send")
    assert body == {"key": str(KEY), "to": "+966500000001", "text": "رمز"}
    assert headers["Idempotency-Key"] == str(KEY)
    assert headers["Authorization"] == "Bearer token-of-the-portal"


def test_other_status_is_a_failure_and_redirect_not_followed(provider):
    statuses = (301, 302, 303, 307, 308, 400, 401, 429, 500, 503)
    for status in statuses:
        provider.status = status
        with pytest.raises(GatewayError):
            send()
    asked = [(method, path) for method, path, *_rest in provider.asked]
    assert asked == [("POST", "/send")] * len(statuses)


def test_message_that_is_refused_is_told_from_a_gateway_that_fails(provider):
    for status, is_refused in ((400, True), (422, True), (401, False), (404, False), (503, False)):
        provider.status = status
        with pytest.raises(GatewayError) as failure:
            send()
        assert (failure.type is Refused) == is_refused, status


def test_unreachable_provider_is_a_failure(settings):
    settings.SMS_HTTP_URL = "http://127.0.0.1:1/send"
    settings.SMS_HTTP_TOKEN = "token-of-the-portal"
    with pytest.raises(GatewayError):
        send()
