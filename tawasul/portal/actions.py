"""The action that adds a staff account."""

from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User
from tawasul.portal.staff_roles import group_for_role, named_group

RECOVERY_CODES = 5


@transaction.atomic
def add_staff(
    *, username: str, password: str, group: str, team: str = "", is_superuser: bool = False
) -> tuple[TOTPDevice, list[str]]:
    """Create a staff account; return its authenticator device and its recovery codes."""
    user = User.objects.create_user(username, password, is_staff=True, is_superuser=is_superuser)
    user.groups.add(group_for_role(group))
    if team:
        user.groups.add(named_group(f"team {team}", ()))
    recovery = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _place in range(RECOVERY_CODES)]
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return TOTPDevice.objects.create(user=user, name="authenticator"), codes
