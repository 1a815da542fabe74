"""The gateways that send messages: each sends one message, or raises GatewayError.

The settings SMS_GATEWAY and MAIL_GATEWAY choose a gateway; they are dotted paths to one of these
classes. A retry of a message has the same `idempotency_key`, so that the receiver can drop a
repeat. Only mails have a `subject`.
"""

import json
import os
import uuid
from email.utils import parseaddr
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.module_loading import import_string

from core.deadlines import http_connection

TIMEOUT_SECONDS = 4  # for each network operation
DEADLINE_SECONDS = 8  # for a whole delivery


class GatewayError(Exception):
    """The message was not sent; a later retry may succeed."""


class Refused(GatewayError):
    """The gateway works, and does not take this message, for example because of its number."""


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


class HttpSms:
    """A gateway that posts JSON {key, to, text} to SMS_HTTP_URL; a 2xx answer means sent.

    400 and 422 refuse this message; any other answer means that the gateway fails.
    SMS_HTTP_TOKEN is the bearer token.
    """

    def send(
        self, *, idempotency_key: uuid.UUID, recipient: str, text: str, subject: str = ""
    ) -> None:
        address = urlsplit(settings.SMS_HTTP_URL)
        try:
            with http_connection(
                address, timeout=TIMEOUT_SECONDS, seconds=DEADLINE_SECONDS
            ) as connection:
                connection.request(
                    "POST",
                    address._replace(scheme="", netloc="").geturl() or "/",
                    body=json.dumps({"key": str(idempotency_key), "to": recipient, "text": text}),
                    headers={
                        "Content-Type": "application/json",
                        "Idempotency-Key": str(idempotency_key),
                        "Authorization": f"Bearer {settings.SMS_HTTP_TOKEN}",
                    },
                )
                status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise GatewayError(type(error).__name__) from error
        # A redirect counts as a failure too: following it would send the token elsewhere.
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            refused = status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
            raise (Refused if refused else GatewayError)(f"status {status}")


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
