"""What people do about their accounts: registering, password, mobile, mail address, devices."""

from importlib import import_module

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.accounts import codes, registry
from core.accounts.models import Identity, OneTimeCode, Session, User, canonical_login
from core.exceptions import RuleViolation
from core.messaging.actions import readdress, write_text
from core.messaging.models import Message

Purpose = OneTimeCode.Purpose


# Registering


def ask_to_register(*, number, born, session_key, language, network):
    """Text whoever the registry knows under this number and birth date; the page tells nothing.

    RuleViolation: `registry_away`, and what `codes.answer_unknown` raises.
    """
    identity = registry.lookup(number)
    if identity is not None and identity.birth_date != born:
        identity = None
    codes.answer_unknown(
        purpose=Purpose.REGISTER,
        session_key=session_key,
        language=language,
        asked_for=f"number {number}",
        network=network,
        recipient=str(identity.mobile) if identity else "",
        template=_answer_to(identity),
        confirms=str(identity.pk) if identity else "",
    )


def register(*, identity, username, password, language):
    """Open the account of a person who has proven who they are with the registry's mobile.

    RuleViolation: `registry_away`, `known` (has an account already), `username`, or `not_open`.
    """
    registry.refresh(identity)
    try:
        with transaction.atomic():
            # Two at once for one person queue here.
            identity = Identity.objects.select_for_update(no_key=True).get(pk=identity.pk)
            if User.objects.filter(identity=identity).exists():
                raise RuleViolation(
                    _("You have an account already. Sign in, or set a new password."), code="known"
                )
            if _answer_to(identity) != "code_register" or not identity.mobile:
                raise RuleViolation(
                    _("An account cannot be opened for you online. Go to a passports office."),
                    code="not_open",
                )
            _check_free(username)
            user = User.objects.create_user(
                username,
                password,
                identity=identity,
                mobile=identity.mobile,
                language=language,
            )
            _tell(user, "account_opened")
    except (IntegrityError, ValidationError):
        # Somebody else has taken the name since it was free.
        _check_free(username)
        raise
    return user


def _answer_to(identity):
    """The text for who wants to register: the code, or why there is none."""
    has_account = User.objects.filter(identity=identity and identity.pk).exists()
    if identity is None:
        return "code_register"
    if identity.status != Identity.Status.ACTIVE:
        return f"register_{identity.status}"
    if identity.is_minor:
        return "register_minor"
    return "register_known" if has_account else "code_register"


def _check_free(username):
    if User.objects.filter(username=User.objects.normalize_username(username)).exists():
        raise RuleViolation(_("This username is taken. Choose another."), code="username")


# Signing in


def check_may_enter(user):
    """Ask the registry about who signs in. RuleViolation: `registry_away`, or `deceased`."""
    if user.identity_id is None:
        return
    identity = registry.refresh(user.identity)
    if identity.status == Identity.Status.DECEASED:
        raise RuleViolation(
            _("This account is closed. Relatives can ask about it at a passports office."),
            code="deceased",
        )


def ask_to_reset(*, login, session_key, language, network):
    """Text whoever has this username or number a code for a new password; the page tells nothing.

    RuleViolation: what `codes.answer_unknown` raises.
    """
    user = User.objects.by_login(login).filter(is_active=True).first()
    codes.answer_unknown(
        purpose=Purpose.RESET,
        session_key=session_key,
        language=language,
        asked_for=f"login {canonical_login(login)}",
        network=network,
        recipient=str(user.mobile) if user else "",
        template="code_reset",
        confirms=str(user.pk) if user else "",
    )


@transaction.atomic
def set_password(*, actor, password, session_key=None):
    """Set a new password and sign out everywhere but in this session; the person is told."""
    actor.set_password(password)
    actor.save(update_fields=["password"])
    Session.objects.filter(user=actor).exclude(session_key=session_key).delete()
    _tell(actor, "password_changed")


# The account


def ask_to_change_mobile(*, actor, mobile, session_key, language):
    """Text a code to the new mobile. RuleViolation: `mobile`, and what `codes.send_code` raises."""
    if mobile == actor.mobile:
        raise RuleViolation(_("This mobile is already on your account."), code="mobile")
    return codes.send_code(
        actor=actor,
        purpose=Purpose.MOBILE,
        session_key=session_key,
        language=language,
        recipient=str(mobile),
    )


def change_mobile(*, actor, session_key, guess):
    """Take the new mobile with the code that it got, and tell the old one; the new mobile."""

    def change(code):
        _change_contact(actor, Message.Channel.SMS, mobile=code.recipient)
        _tell(actor, "mobile_changed", last_digits=code.recipient[-3:])
        return code.recipient

    return codes.use_code(
        actor=actor, purpose=Purpose.MOBILE, session_key=session_key, guess=guess, deed=change
    )


def ask_to_confirm_email(*, actor, email, session_key, language):
    """Mail a code to the address. RuleViolation: what `codes.send_code` raises."""
    return codes.send_code(
        actor=actor,
        purpose=Purpose.EMAIL,
        session_key=session_key,
        language=language,
        recipient=email,
    )


def confirm_email(*, actor, session_key, guess):
    """Take the mail address with the code that it got, and tell the mobile."""

    def confirm(code):
        _change_contact(actor, Message.Channel.EMAIL, email=code.recipient)
        _tell(actor, "email_changed")

    codes.use_code(
        actor=actor, purpose=Purpose.EMAIL, session_key=session_key, guess=guess, deed=confirm
    )


@transaction.atomic
def remove_email(*, actor):
    """Send no mails any more, not even those that wait."""
    _change_contact(actor, Message.Channel.EMAIL, email="")


def choose_language(*, actor, language):
    """From now on, texts and mails to `actor` are in this language."""
    User.objects.filter(pk=actor.pk).update(language=language)


def sign_out_device(*, actor, device):
    """End the session that is called `device`; nothing when there is none any more."""
    for session in Session.objects.signed_in(actor):
        if session.device == device:
            session.delete()


def forget_ended_sessions():
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def _change_contact(actor, channel, **contact):
    """Take the new mobile or address, to which what waits for this person goes as well.

    What `_tell` has written belongs to the mobile of that time, and has no owner: whoever has taken
    over an account must not take that along.
    """
    # The account first: whoever books locks it before what is to be told.
    User.objects.filter(pk=actor.pk).update(**contact)
    (to,) = contact.values()
    readdress(channel, owner=actor.pk, to=to)


def _tell(user, template, **context):
    """A text in the person's language to the mobile they have now, if any."""
    write_text(recipient=user.mobile, language=user.language, template=template, context=context)
