"""The ways out: each sends one message and raises GatewayError when it could not.

A gateway is chosen by the settings SMS_GATEWAY and MAIL_GATEWAY, dotted paths to one of these
classes. `idempotency_key` is the same whenever the same message is sent again, so that a repeat can
be dropped. Only mails have a `subject`.
"""

import json
import os
import urllib.request
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.module_loading import import_string

TIMEOUT_SECONDS = 5


class GatewayError(Exception):
    """The text did not leave; trying again later may help."""


class Console:
    """Writes to standard output, for a server without a gateway."""

    def send(self, *, idempotency_key, recipient, text, subject=""):
        print(f"[{idempotency_key}] {recipient}: {text}", flush=True)  # noqa: T201


class DemoPhone:
    """Appends to the file behind the page /demo/phone/; for the demo alone.

    One line a delivery, repeats included, written at once: a worker killed in the middle leaves
    a whole line or none.
    """

    def __init__(self):
        self.path = Path(settings.DEMO_PHONE_FILE)

    def send(self, *, idempotency_key, recipient, text, subject=""):
        line = json.dumps(
            {
                "key": str(idempotency_key),
                "recipient": recipient,
                "subject": subject,
                "text": text,
                "at": timezone.now().isoformat(),
            }
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line.encode() + b"\n")
            finally:
                os.close(file)
        except OSError as error:
            raise GatewayError("the demo phone is switched off") from error

    def received(self, limit=30):
        """The last ones, newest first, each once: dicts of key, recipient, subject, text, at."""
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return []
        texts = {text["key"]: text for text in map(json.loads, lines)}
        return list(reversed(texts.values()))[:limit]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would be followed without the text, and with the token."""

    def redirect_request(self, *_args):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


class HttpSms:
    """Posts JSON {key, to, text} to SMS_HTTP_URL with SMS_HTTP_TOKEN as bearer; 2xx is sent."""

    def send(self, *, idempotency_key, recipient, text, subject=""):
        request = urllib.request.Request(  # noqa: S310
            settings.SMS_HTTP_URL,
            data=json.dumps({"key": str(idempotency_key), "to": recipient, "text": text}).encode(),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": str(idempotency_key),
                "Authorization": f"Bearer {settings.SMS_HTTP_TOKEN}",
            },
        )
        try:
            with _opener.open(request, timeout=TIMEOUT_SECONDS):
                pass
        except OSError as error:
            raise GatewayError(type(error).__name__) from error


class Mail:
    """Hands a plain mail to the server of MAIL_URL; a repeat has the same Message-ID."""

    def send(self, *, idempotency_key, recipient, text, subject=""):
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        headers = {"Message-ID": f"<{idempotency_key}@{domain}>"}
        mail = EmailMessage(subject, text, to=[recipient], headers=headers)
        try:
            mail.send()
        except OSError as error:
            raise GatewayError(type(error).__name__) from error


def gateway_of(channel):
    setting = {"sms": settings.SMS_GATEWAY, "email": settings.MAIL_GATEWAY}[channel]
    return import_string(setting)()
