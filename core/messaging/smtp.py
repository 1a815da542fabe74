"""Django's SMTP backend with a deadline for the whole conversation."""

import smtplib
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

from core.deadlines import Deadline
from core.messaging.gateways import DEADLINE_SECONDS


class _Smtp(smtplib.SMTP):
    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        self._deadline = deadline
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # not in the stubs
        self._deadline.watch(made)
        return made


class _SmtpSsl(smtplib.SMTP_SSL, _Smtp):
    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        self._deadline = deadline
        # It calls SMTP.__init__ by name.
        smtplib.SMTP_SSL.__init__(self, *args, **options)


class EmailBackend(smtp.EmailBackend):
    """A backend that raises TimeoutError once a conversation takes longer than a delivery may."""

    _deadline: Deadline

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]
        return partial(_SmtpSsl if self.use_ssl else _Smtp, deadline=self._deadline)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with Deadline(DEADLINE_SECONDS) as self._deadline:
            return super().send_messages(email_messages)
