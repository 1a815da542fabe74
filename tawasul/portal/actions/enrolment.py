"""The first sign-in of staff: a code for the account, a password, and an authenticator.

Nobody else learns any of the two: whoever keeps staff hands over a code that is good once, and the
member of staff chooses the password and gets the key of the authenticator with it.
"""

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import authenticators, guesses
from core.accounts.actions import end_sessions
from core.accounts.models import Enrolment, User, canonical_login
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.text import bare_digits
from tawasul.portal.actions.staff_events import Type, record

# 16 of 31 letters and digits that are not mistaken for others: 79 random bits. That many cannot be
# guessed in 72 hours, so wrong codes use nothing up, and no stranger can spend a colleague's.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH, _IN_A_GROUP = 16, 4
RECOVERY_CODES = 5
ENDED_CODE = gettext_lazy(
    "This code has been used or replaced, or is too old. Sign in, or ask for a new one."
)


def new_enrolment_code(member: User) -> str:
    """Return a new code for the member, in groups; the one before is good no more."""
    code = "".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH))
    facts = {
        "code_hash": _hash(member.pk, code),
        "expires_at": timezone.now() + Enrolment.VALID_FOR,
        "used_at": None,
    }
    Enrolment.objects.update_or_create(user=member, defaults=facts)
    return "-".join(code[n : n + _IN_A_GROUP] for n in range(0, _LENGTH, _IN_A_GROUP))


def check_enrolment_code(*, username: str, code: str) -> Enrolment:
    """Return the enrolment that this code is for; use nothing up.

    RuleViolation `code`, the same whether there is such an account, or a code for it.
    """
    username = canonical_login(username)
    open_ones = Enrolment.objects.open().select_related("user")
    enrolment = open_ones.filter(user__username=username, user__is_staff=True).first()
    user = enrolment.user_id if enrolment else 0
    hashed = enrolment.code_hash if enrolment else ""
    if not constant_time_compare(_hash(user, bare_digits(code).lower()), hashed):
        account = User.objects.filter(username=username).values_list("pk", flat=True).first()
        typed = "" if account else username
        note(Event.ENROLMENT, "wrong", account=account, typed=typed)
        raise RuleViolation(
            _(
                "This username and this code do not belong together, or the code has been used, "
                "replaced or is older than 72 hours. Check both, or ask whoever gave it to you "
                "for a new one."
            ),
            code="code",
        )
    return enrolment  # type: ignore[return-value]  # no empty hash is equal


def enrol(*, enrolment: Enrolment, password_hash: str, key: str, code: str) -> list[str]:
    """Set the member's password and their authenticator with this `key`; return recovery codes.

    `key` is in hex; `code` is what the authenticator shows, and cannot be used to sign in again.
    RuleViolation `code` if it is wrong, `used` if the enrolment is no longer open.
    """
    app = authenticators.new_app(enrolment.user, key)
    try:
        app.last_t = authenticators.step_of(app, code)
    except authenticators.WrongAppCode as wrong:
        raise RuleViolation(wrong.message, code="code") from None
    return _set(enrolment, password_hash, app)


@transaction.atomic
def _set(enrolment: Enrolment, password_hash: str, app: TOTPDevice) -> list[str]:
    member = User.objects.select_for_update(no_key=True).get(pk=enrolment.user_id)
    mine = Enrolment.objects.open().filter(pk=enrolment.pk, code_hash=enrolment.code_hash)
    works_here = member.is_staff and member.is_active
    if not (works_here and mine.update(used_at=timezone.now())):
        raise RuleViolation(ENDED_CODE, code="used")
    member.password, member.wrong_codes = password_hash, 0
    member.save(update_fields=["password", "wrong_codes"])
    guesses.forget(member)
    take_off_second_factor(member)
    app.save()
    record(member, Type.ENROLLED, actor=member)
    return new_recovery_codes(member)


def take_off_second_factor(member: User) -> None:
    """Delete the member's devices and end their sessions; the next request finds nobody."""
    authenticators.take_off(member)
    end_sessions(member)


def new_recovery_codes(member: User) -> list[str]:
    """Return new recovery codes; those from before are good no more."""
    StaticDevice.objects.filter(user=member).delete()
    recovery = StaticDevice.objects.create(user=member, name="recovery codes")
    codes = [StaticToken.random_token() for _place in range(RECOVERY_CODES)]
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return codes


def _hash(user: int, code: str) -> str:
    return salted_hmac("portal.enrolment", f"{user} {code}", algorithm="sha256").hexdigest()
