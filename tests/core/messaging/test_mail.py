"""Mails: their content, their recipients, their Message-IDs and their failures."""

import json
import smtplib
from datetime import timedelta
from email.header import decode_header, make_header
from uuid import UUID

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone, translation

from core.messaging.actions.outbox import write_mail
from core.messaging.encryption import decrypt
from core.messaging.gateways import DemoPhone, GatewayError, Mail
from core.messaging.models import Message
from tests.delivery import deliver_due

KEY = UUID("7b0e3a52-6a2f-4f0e-9a35-0d6b8f1f2c11")
ADDRESS = "ayesha@example.org"
SUBJECT = "Your code from Tawasul"
TEXT = (
    "482913 is your code to get our notices at this address. It works for 10 minutes. "
    "If you have not asked for it, delete this e-mail: nothing will happen."
)
WITHOUT_CODE = {"idempotency_key": None, "not_after": None, "is_secret": False}

Status = Message.Status


class RefusingServer(BaseEmailBackend):
    """A mail server that refuses every mail with `error`, which holds secret details."""

    error = None

    def send_messages(self, mails):
        raise self.error


@pytest.fixture
def server(settings, mailoutbox):
    """Use a mail server that accepts everything, and return the accepted mails."""
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"
    settings.DEFAULT_FROM_EMAIL = "Tawasul <no-reply@tawasul.example.org>"
    return mailoutbox


def write(language="en", **changes):
    fields = {
        "recipient": ADDRESS,
        "template": "code_email",
        "context": {"code": "482913", "about": None},
        "idempotency_key": KEY,
        "not_after": timezone.now() + timedelta(minutes=10),
        "is_secret": True,
    }
    with transaction.atomic():
        return write_mail(language=language, **fields | changes)


def write_news(settings, **context):
    """Write a mail whose template takes everything from its context, including the subject."""
    template = "{% autoescape off %}{{ subject }}\n{{ text }}{% endautoescape %}"
    loader = ("django.template.loaders.locmem.Loader", {"messages/mails/news.txt": template})
    engine = settings.TEMPLATES[0]
    options = {**engine["OPTIONS"], "loaders": [loader]}
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": options}]
    return write(template="news", context=context, **WITHOUT_CODE)


def in_arabic(sentence):
    with translation.override("ar"):
        return translation.gettext(sentence)


def send(subject=SUBJECT, text=TEXT, recipient=ADDRESS):
    Mail().send(idempotency_key=KEY, recipient=recipient, text=text, subject=subject)


# Sending


def test_a_mail_leaves_with_subject_text_and_addresses(db, server):
    message = write()
    assert (message.subject, decrypt(message.text)) == (SUBJECT, TEXT)
    assert "482913" not in str(Message.objects.values())
    assert deliver_due() == 1
    (mail,) = server
    assert (mail.subject, mail.body) == (SUBJECT, TEXT)
    assert mail.from_email == "Tawasul <no-reply@tawasul.example.org>"
    assert (mail.to, mail.cc, mail.bcc, mail.attachments) == ([ADDRESS], [], [], [])
    message.refresh_from_db()
    assert (message.status, message.text) == (Status.SENT, "")


def test_a_mail_in_arabic_arrives_as_it_was_written(db, server):
    message = write("ar")
    assert message.subject == in_arabic(SUBJECT)
    assert "482913" in decrypt(message.text)
    assert message.subject not in decrypt(message.text)
    assert "482913" not in str(Message.objects.values())
    deliver_due()
    (mail,) = server
    arrived = mail.message()
    subject = str(make_header(decode_header(arrived["Subject"])))
    text = arrived.get_payload(decode=True).decode(arrived.get_content_charset())
    assert subject == in_arabic(SUBJECT) != SUBJECT
    assert text.startswith("482913 ")
    assert "Tawasul" not in subject + text


def test_mail_has_required_headers_and_message_id_from_key(server, settings):
    for settings.DEFAULT_FROM_EMAIL in (
        *("Tawasul <no-reply@tawasul.example.org>", "no-reply@tawasul.example.org"),
        "تواصل <no-reply@tawasul.example.org>",
    ):
        send()
        arrived = server.pop().message()
        assert set(arrived.keys()) == {
            *("Content-Type", "MIME-Version", "Content-Transfer-Encoding"),
            *("Subject", "From", "To", "Date", "Message-ID"),
        }
        assert arrived["Message-ID"] == f"<{KEY}@tawasul.example.org>"
        assert arrived.get_content_type() == "text/plain"


def test_retry_keeps_message_id_and_other_mail_has_another(db, server):
    message = write()
    write(**WITHOUT_CODE)
    deliver_due()
    Message.objects.filter(pk=message.pk).update(
        status=Status.WAITING, text=message.text, next_attempt_at=timezone.now()
    )
    deliver_due()
    names = [mail.message()["Message-ID"] for mail in server]
    assert len(names) == 3
    assert names[0] == names[2] != names[1]


def test_text_message_is_not_sent_as_mail(db, server):
    Message.objects.create(recipient="+966512345678", language="en", text="There is news.")
    assert deliver_due() == 1
    assert server == []
    assert [text["recipient"] for text in DemoPhone().received()] == ["+966512345678"]


def test_the_demo_phone_shows_a_mail_with_its_subject(db, settings):
    write()
    deliver_due()
    (line,) = settings.DEMO_PHONE_FILE.read_text().splitlines()
    shown = json.loads(line)
    del shown["at"]
    assert shown == {"key": str(KEY), "recipient": ADDRESS, "subject": SUBJECT, "text": TEXT}


# Writing


def test_line_break_ends_subject_and_adds_no_header(db, server, settings):
    for newline in ("\n", "\n\n", " \n "):
        write_news(settings, subject=f"News{newline}Bcc: thief@example.org", text="All is well.")
        deliver_due()
        mail = server.pop()
        assert mail.subject.strip() == "News"
        assert mail.body == "Bcc: thief@example.org\nAll is well."
        assert mail.recipients() == [ADDRESS]
        assert mail.message()["Bcc"] is None


def test_gateway_refuses_line_break_in_subject(server):
    for newline in ("\n", "\r", "\r\n", "\n "):
        with pytest.raises(ValueError, match="Header values can't contain newlines"):
            send(subject=f"News{newline}Bcc: thief@example.org")
        with pytest.raises(ValueError, match="Header values can't contain newlines"):
            send(recipient=f"{ADDRESS}{newline}Bcc: thief@example.org")
    assert server == []


def test_mail_is_rolled_back_with_its_transaction(db):
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert Message.objects.count() == 0


# Failures


ERRORS = [
    smtplib.SMTPServerDisconnected("not here"),
    smtplib.SMTPRecipientsRefused({ADDRESS: (550, TEXT.encode())}),
    smtplib.SMTPAuthenticationError(535, b"no"),
    smtplib.SMTPSenderRefused(552, b"too much", ADDRESS),
    ConnectionRefusedError(111, ADDRESS),
    TimeoutError(TEXT),
]


def test_mail_refused_by_server_is_a_failure(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingServer"
    for error in ERRORS:
        monkeypatch.setattr(RefusingServer, "error", error)
        with pytest.raises(GatewayError) as refused:
            send()
        assert str(refused.value) == type(error).__name__

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(GatewayError):
        send()


def test_refused_mail_is_retried_later(db, server, settings, monkeypatch, caplog):
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.RefusingServer"
    monkeypatch.setattr(RefusingServer, "error", ERRORS[1])
    message = write()
    assert deliver_due() == 0
    message.refresh_from_db()
    assert message.is_delayed
    assert message.next_attempt_at > timezone.now()
    assert caplog.messages == [f"message {message.pk} not sent: GatewayError"]

    settings.EMAIL_BACKEND = backend
    Message.objects.update(next_attempt_at=timezone.now())
    assert deliver_due() == 1
    assert [mail.body for mail in server] == [TEXT]


def test_mail_that_cannot_be_built_does_not_stop_others(db, server, settings):
    broken = write()
    Message.objects.filter(pk=broken.pk).update(subject="News\nBcc: thief@example.org")
    write(**WITHOUT_CODE)
    assert deliver_due() == 1
    assert [mail.subject for mail in server] == [SUBJECT]
    broken.refresh_from_db()
    assert broken.is_delayed
