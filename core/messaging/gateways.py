"""The gateways that send messages: each sends one message, or raises GatewayError.

The settings SMS_GATEWAY and MAIL_GATEWAY choose a gateway; they are dotted paths to one of these
classes. A retry of a message has the same `idempotency_key`, so that the receiver can drop a
repeat. Only mails have a `subject`.
"""

import json
import os
import urllib.request
import uuid
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.module_loading import import_string

TIMEOUT_SECONDS = 5


class GatewayError(Exception):
    """The message was not sent; a later retry may succeed."""


class Console:
    """A gateway that writes to standard output, for a server without another gateway."""

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
        print(f"[{idempotency_key}] {recipient}: {text}", flush=True)  # noqa: T201


class DemoPhone:
    """The gateway of the demo: it appends to the file behind the page /demo/phone/.

    Each delivery, repeats included, is one line written in a single call, so that a worker killed
    in the middle leaves a whole line or none.
    """

    def __init__(self) -> None:
        self.path = Path(settings.DEMO_PHONE_FILE)

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
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

    def received(self, limit: int = 30) -> list[dict[str, str]]:
        """Return the latest `limit` messages, newest first, without repeats.

        Each is a dict of key, recipient, subject, text and at.
        """
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return []
        texts = {text["key"]: text for text in map(json.loads, lines)}
        return list(reversed(texts.values()))[:limit]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuse redirects: urllib would follow one without the text, but with the token."""

    def redirect_request(self, *_args: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


class HttpSms:
    """A gateway that posts JSON {key, to, text} to SMS_HTTP_URL; a 2xx answer means sent.

    SMS_HTTP_TOKEN is the bearer token.
    """

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
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
    """A gateway that gives a plain mail to the server of MAIL_URL; a repeat has its Message-ID."""

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        headers = {"Message-ID": f"<{idempotency_key}@{domain}>"}
        mail = EmailMessage(subject, text, to=[recipient], headers=headers)
        try:
            mail.send()
        except OSError as error:
            raise GatewayError(type(error).__name__) from error


def gateway_of(channel: str) -> Console | DemoPhone | HttpSms | Mail:
    setting = {"sms": settings.SMS_GATEWAY, "email": settings.MAIL_GATEWAY}[channel]
    return import_string(setting)()
