"""The mobile and the mail address of an account, and the language of its messages."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts import codes, purposes
from core.accounts.actions.devices import end_sessions
from core.accounts.models import OneTimeCode, User
from core.accounts.recovered import check_not_restricted
from core.accounts.warnings import warn, warn_by_mail
from core.exceptions import RuleViolation
from core.messaging.actions.outbox import follow_language, readdress
from core.messaging.models import Message
from core.security_log import Event, note


def ask_to_change_mobile(
    *, actor: User, mobile: str, session_key: str | None, language: str
) -> OneTimeCode:
    """Text a code to the new mobile.

    RuleViolation: `mobile` if the account has it already, `recovered`, and those of
    `codes.send_code`.
    """
    check_not_restricted(actor)
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

    All other sessions of the account end, codes that are on their way to the old mobile are good
    for nothing any more, and the old mobile and the mail address get a warning.
    RuleViolation: `recovered`, and those of `codes.use_code`.
    """

    def change(code: OneTimeCode) -> str:
        codes.end_codes_to(actor, str(actor.mobile))
        old = _change_contact(actor, Message.Channel.SMS, session_key, mobile=code.recipient)
        for write in (warn, warn_by_mail):
            write(old, "mobile_changed", last_digits=code.recipient[-3:])
        return code.recipient

    return codes.use_code(
        actor=actor, purpose=purposes.MOBILE, session_key=session_key, guess=guess, action=change
    )


def ask_to_confirm_email(
    *, actor: User, email: str, session_key: str | None, language: str
) -> OneTimeCode:
    """Mail a code to the address. RuleViolation: `recovered`, and those of `codes.send_code`."""
    check_not_restricted(actor)
    return codes.send_code(
        actor=actor,
        purpose=purposes.EMAIL,
        session_key=session_key,
        language=language,
        recipient=email,
    )


def confirm_email(*, actor: User, session_key: str | None, guess: str) -> None:
    """Set the mail address with the code that was sent to it, and end all other sessions.

    The old address and the mobile get a warning. RuleViolation: `recovered`, and those of
    `codes.use_code`.
    """

    def confirm(code: OneTimeCode) -> None:
        old = _change_contact(actor, Message.Channel.EMAIL, session_key, email=code.recipient)
        for write in (warn, warn_by_mail):
            write(old, "email_changed")

    codes.use_code(
        actor=actor, purpose=purposes.EMAIL, session_key=session_key, guess=guess, action=confirm
    )


@transaction.atomic
def remove_email(*, actor: User, session_key: str | None) -> None:
    """Remove the mail address from the account, and drop the mails that are waiting for it.

    All other sessions end, and the old address is told. RuleViolation: `recovered`.
    """
    old = _change_contact(actor, Message.Channel.EMAIL, session_key, email="")
    warn_by_mail(old, "email_removed")


def choose_language(*, actor: User, language: str) -> None:
    """Set the language of texts and mails to `actor`, those that wait to be sent among them."""
    with transaction.atomic():
        User.objects.filter(pk=actor.pk).update(language=language)
        follow_language(owner=actor.pk, language=language)


def _change_contact(
    actor: User, channel: Message.Channel, session_key: str | None, **contact: str
) -> User:
    """Set the new mobile or address, and return the account as it was until now, to be warned.

    All sessions but this one end, and the waiting messages that the account owns are readdressed.
    The messages of `warn` have no owner and keep the mobile of their time: an attacker who has
    taken over an account must not be able to divert them.
    """
    # A recovery waits for this lock, or is found here; of two changes at once, the second has to
    # warn what the first has set. The account is locked before the messages: a booking takes the
    # locks in the same order.
    old = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    check_not_restricted(old)
    User.objects.filter(pk=actor.pk).update(**contact)
    end_sessions(actor, but=session_key)
    (to,) = contact.values()
    readdress(channel, owner=actor.pk, to=to)
    event = Event.MOBILE_CHANGED if channel == Message.Channel.SMS else Event.EMAIL_CHANGED
    note(event, account=actor.pk, kind="" if to else "removed")
    return old
