"""The second factor of staff: an authenticator app, or a recovery code on paper.

The devices and their pauses are django-otp's. Its `match_token` tries a code on every device, which
makes a wrong code of the app shut the recovery codes too, and tells nobody of a pause. Here a code
is tried on the devices of its own kind, with their rows locked, and a pause is said.
"""

import math
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.text import bare_digits

# The words of the security log.
AUTHENTICATOR, RECOVERY_CODE = "authenticator", "recovery_code"

_MAX_DIGITS = 6  # of an authenticator; a recovery code is longer

# django-otp doubles the pause with each wrong code, from one second on, for ever. With this many
# counted it lasts 8.5 minutes; the next step would be more than a quarter of an hour.
_MAX_COUNTED = 10


def use_second_factor(*, actor: User, typed: str) -> Device:
    """Use up a code of one of the actor's devices, and return that device.

    Codes at the same time queue at the devices' rows, so that each one that is compared is counted.
    RuleViolation: `wrong`, or `throttled` while no device takes a code after wrong ones.
    """
    code = bare_digits(typed).lower()
    is_short_number = len(code) <= _MAX_DIGITS and code.isdecimal()
    model, kind = (TOTPDevice, AUTHENTICATOR) if is_short_number else (StaticDevice, RECOVERY_CODE)
    with transaction.atomic(durable=True):
        of_actor = model.objects.devices_for_user(actor, confirmed=True)
        devices = list(of_actor.order_by("pk").select_for_update(no_key=True))
        next_try = _next_try(devices)
        used = None
        if next_try is None:
            used = next((device for device in devices if device.verify_token(code)), None)
    if next_try is not None:
        note(Event.LIMIT, "throttled", account=actor.pk, kind=kind)
        raise RuleViolation(_wait_until(next_try), code="throttled")
    if used is None:
        note(Event.SECOND_FACTOR, "wrong", account=actor.pk)
        raise RuleViolation(
            _(
                "This code is not right, or has been used already. "
                "Wait for the next one and enter that."
            ),
            code="wrong",
        )
    note(Event.SECOND_FACTOR, account=actor.pk, kind=kind)
    return used


def _next_try(devices: Sequence[TOTPDevice | StaticDevice]) -> datetime | None:
    """Return when the first of `devices` takes a code again; None if one does now, or none is."""
    paused_until = []
    for device in devices:
        device.throttling_failure_count = min(device.throttling_failure_count, _MAX_COUNTED)
        takes_code, why_not = device.verify_is_allowed()
        if takes_code:
            return None
        paused_until.append(why_not["locked_until"])
    return min(paused_until, default=None)


def _wait_until(moment: datetime) -> str:
    seconds = math.ceil((moment - timezone.now()).total_seconds())
    if seconds < 60:
        return ngettext(
            "After a wrong code you have to wait. Enter the next one in %(count)s second.",
            "After a wrong code you have to wait. Enter the next one in %(count)s seconds.",
            seconds,
        ) % {"count": seconds}
    minutes = math.ceil(seconds / 60)
    return ngettext(
        "After several wrong codes you have to wait. Enter the next one in %(count)s minute.",
        "After several wrong codes you have to wait. Enter the next one in %(count)s minutes.",
        minutes,
    ) % {"count": minutes}
