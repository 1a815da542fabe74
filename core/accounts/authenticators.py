"""The authenticator app of an account and its recovery codes, in place of texted codes.

The rows are those of django-otp, for staff and residents alike. Its own `verify_token` is not used
here: it throttles the device after wrong codes and says "wrong" for a throttled one, while
`core.accounts.codes` counts the tries of each request.
"""

import base64
import secrets

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from core.accounts.models import User
from core.accounts.warnings import warn_everywhere
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.text import bare_digits

RECOVERY_CODES = 8
RECOVERY_DIGITS = 12  # forty bits; digits alone, so that they can be typed wherever a code can be
TOLERANCE = 1  # time steps before and after now, for phones whose clocks are not quite right

_DEVICES = (TOTPDevice, StaticDevice)


class WrongAppCode(RuleViolation):
    """What was typed is neither a code of the app nor a recovery code."""

    def __init__(self, message: str, code: str = "wrong") -> None:
        super().__init__(message, code)


def app_of(user: User) -> TOTPDevice | None:
    """Return the confirmed authenticator app of the account, or None."""
    return _apps_of(user).first()


def has_any(user: User) -> bool:
    """Return whether the account has an app or recovery codes."""
    return any(kind.objects.filter(user=user).exists() for kind in _DEVICES)


def take_off(user: User) -> None:
    """Delete the app of the account and its recovery codes, in the caller's transaction."""
    for kind in _DEVICES:
        kind.objects.filter(user=user).delete()


def new_app(user: User, key: str | None = None) -> TOTPDevice:
    """Return an app for this account that is not saved, with this key or a new one."""
    return TOTPDevice(user=user, name="authenticator", key=key or default_key())


def key_of(app: TOTPDevice) -> str:
    """Return the key in groups, as it is typed into an app."""
    return in_groups(base64.b32encode(app.bin_key).decode().rstrip("="))


def in_groups(text: str) -> str:
    """Return a key or a recovery code in groups of four."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def step_of(app: TOTPDevice, guess: str) -> int:
    """Return the time step in which the app shows `guess`. Raise WrongAppCode.

    A step that is not later than the last one used is refused: each code is good once.
    """
    digits = bare_digits(guess)
    totp = TOTP(app.bin_key, app.step, app.t0, app.digits, app.drift)
    totp.time = timezone.now().timestamp()
    is_code = digits.isascii() and digits.isdigit() and len(digits) == app.digits
    if not is_code or not totp.verify(int(digits), TOLERANCE):
        raise WrongAppCode(
            _(
                "This is not the code that the app shows now. Wait for the next one and check that "
                "the phone's clock is right."
            )
        )
    if totp.t() <= app.last_t:
        raise WrongAppCode(
            _("This code has been used already. Wait until the app shows the next one.")
        )
    return totp.t()


def use(user: User, guess: str) -> None:
    """Use up `guess`, a code of the app or a recovery code. Raise WrongAppCode.

    The row of the app stays locked until the end of the transaction, also for a recovery code, and
    the staff site locks it too: what is entered twice at the same moment is good once.
    """
    app = _apps_of(user).select_for_update(no_key=True).first()
    if app is None:
        raise WrongAppCode(
            _("The authenticator app is no longer on your account. Start again."), code="no_code"
        )
    if len(bare_digits(guess)) > app.digits:
        _recovery_code(user, guess).delete()
        warn_everywhere(user, "recovery_code_used")
        note(Event.RECOVERY_CODES, account=user.pk, kind="used")
    else:
        app.last_t = step_of(app, guess)
        app.last_used_at = timezone.now()
        app.save(update_fields=["last_t", "last_used_at"])


def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of the account, in its transaction, and return the new ones."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [
        f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}"
        for _ in range(RECOVERY_CODES)
    ]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_stored(user, code)) for code in codes
    )
    return codes


def _apps_of(user: User) -> QuerySet[TOTPDevice]:
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).order_by("pk")


def _recovery_code(user: User, guess: str) -> StaticToken:
    typed = bare_digits(guess).lower()
    is_theirs = Q(token=_stored(user, typed))
    if user.is_staff:
        # Those that staff are given are stored as they are, for the staff site.
        is_theirs |= Q(token=typed)
    token = StaticToken.objects.filter(is_theirs, device__user=user).first()
    if token is None:
        raise WrongAppCode(
            _(
                "This is not one of your recovery codes, or it has been used already. "
                "Check it and try again."
            )
        )
    return token


def _stored(user: User, code: str) -> str:
    """Return what is stored of a recovery code: a keyed hash, as long as the column takes."""
    keyed = salted_hmac("accounts.recovery-code", f"{user.pk}:{code}", algorithm="sha256")
    return keyed.hexdigest()[: StaticToken._meta.get_field("token").max_length]
