"""The mobile and the mail address of an account, and the language of its messages."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts import codes, purposes
from core.accounts.actions.warnings import warn
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.messaging.actions.outbox import readdress
from core.messaging.models import Message


def ask_to_change_mobile(*, actor, mobile, session_key, language):
    """Text a code to the new mobile. RuleViolation: `mobile`, and what `codes.send_code` raises."""
    if mobile == actor.mobile:
        raise RuleViolation(_("This mobile is already on your account."), code="mobile")
    return codes.send_code(
        actor=actor,
        purpose=purposes.MOBILE,
        session_key=session_key,
        language=language,
        recipient=str(mobile),
    )


def change_mobile(*, actor, session_key, guess):
    """Take the new mobile with the code that it got, and tell the old one; the new mobile."""

    def change(code):
        _change_contact(actor, Message.Channel.SMS, mobile=code.recipient)
        warn(actor, "mobile_changed", last_digits=code.recipient[-3:])
        return code.recipient

    return codes.use_code(
        actor=actor, purpose=purposes.MOBILE, session_key=session_key, guess=guess, action=change
    )


def ask_to_confirm_email(*, actor, email, session_key, language):
    """Mail a code to the address. RuleViolation: what `codes.send_code` raises."""
    return codes.send_code(
        actor=actor,
        purpose=purposes.EMAIL,
        session_key=session_key,
        language=language,
        recipient=email,
    )


def confirm_email(*, actor, session_key, guess):
    """Take the mail address with the code that it got, and tell the mobile."""

    def confirm(code):
        _change_contact(actor, Message.Channel.EMAIL, email=code.recipient)
        warn(actor, "email_changed")

    codes.use_code(
        actor=actor, purpose=purposes.EMAIL, session_key=session_key, guess=guess, action=confirm
    )


@transaction.atomic
def remove_email(*, actor):
    """Send no mails any more, not even those that wait."""
    _change_contact(actor, Message.Channel.EMAIL, email="")


def choose_language(*, actor, language):
    """From now on, texts and mails to `actor` are in this language."""
    User.objects.filter(pk=actor.pk).update(language=language)


def _change_contact(actor, channel, **contact):
    """Take the new mobile or address, to which what waits for this person goes as well.

    What `warn` has written belongs to the mobile of that time, and has no owner: whoever has taken
    over an account must not take that along.
    """
    # The account first: whoever books locks it before what is to be told.
    User.objects.filter(pk=actor.pk).update(**contact)
    (to,) = contact.values()
    readdress(channel, owner=actor.pk, to=to)
