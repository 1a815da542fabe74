"""The mobile and the mail address of an account, and the language of its messages."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts import codes, purposes
from core.accounts.actions.warnings import warn
from core.accounts.models import OneTimeCode, User
from core.exceptions import RuleViolation
from core.messaging.actions.outbox import readdress
from core.messaging.models import Message
from core.security_log import Event, note


def ask_to_change_mobile(
    *, actor: User, mobile: str, session_key: str | None, language: str
) -> OneTimeCode:
    """Text a code to the new mobile.

    RuleViolation: `mobile` if the account has it already, and those of `codes.send_code`.
    """
    if mobile == actor.mobile:
        raise RuleViolation(_("This mobile is already on your account."), code="mobile")
    return codes.send_code(
        actor=actor,
        purpose=purposes.MOBILE,
        session_key=session_key,
        language=language,
        recipient=str(mobile),
    )


def change_mobile(*, actor: User, session_key: str | None, guess: str) -> str:
    """Change the mobile with the code that was sent to it, and return the new mobile.

    The old mobile gets a warning. RuleViolation: those of `codes.use_code`.
    """

    def change(code: OneTimeCode) -> str:
        _change_contact(actor, Message.Channel.SMS, mobile=code.recipient)
        warn(actor, "mobile_changed", last_digits=code.recipient[-3:])
        return code.recipient

    return codes.use_code(
        actor=actor, purpose=purposes.MOBILE, session_key=session_key, guess=guess, action=change
    )


def ask_to_confirm_email(
    *, actor: User, email: str, session_key: str | None, language: str
) -> OneTimeCode:
    """Mail a code to the address. RuleViolation: those of `codes.send_code`."""
    return codes.send_code(
        actor=actor,
        purpose=purposes.EMAIL,
        session_key=session_key,
        language=language,
        recipient=email,
    )


def confirm_email(*, actor: User, session_key: str | None, guess: str) -> None:
    """Set the mail address with the code that was sent to it, and warn the mobile by text.

    RuleViolation: those of `codes.use_code`.
    """

    def confirm(code: OneTimeCode) -> None:
        _change_contact(actor, Message.Channel.EMAIL, email=code.recipient)
        warn(actor, "email_changed")

    codes.use_code(
        actor=actor, purpose=purposes.EMAIL, session_key=session_key, guess=guess, action=confirm
    )


@transaction.atomic
def remove_email(*, actor: User) -> None:
    """Remove the mail address from the account, and drop the mails that are waiting for it."""
    _change_contact(actor, Message.Channel.EMAIL, email="")


def choose_language(*, actor: User, language: str) -> None:
    """Set the language of future texts and mails to `actor`."""
    User.objects.filter(pk=actor.pk).update(language=language)


def _change_contact(actor: User, channel: Message.Channel, **contact: str) -> None:
    """Set the new mobile or address, and readdress the waiting messages that the account owns.

    The messages of `warn` have no owner and keep the mobile of their time: an attacker who has
    taken over an account must not be able to divert them.
    """
    # Update the account before the messages: a booking takes the locks in the same order.
    User.objects.filter(pk=actor.pk).update(**contact)
    (to,) = contact.values()
    readdress(channel, owner=actor.pk, to=to)
    event = Event.MOBILE_CHANGED if channel == Message.Channel.SMS else Event.EMAIL_CHANGED
    note(event, account=actor.pk, kind="" if to else "removed")
