"""What the roof writes: the accounts of staff."""

from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User
from tawasul.portal.staff_roles import _group, group_for_role

RECOVERY_CODES = 5


@transaction.atomic
def add_staff(*, username, password, group, team="", is_superuser=False):
    """Somebody with a password, an authenticator and recovery codes; the latter two."""
    user = User.objects.create_user(username, password, is_staff=True, is_superuser=is_superuser)
    user.groups.add(group_for_role(group))
    if team:
        user.groups.add(_group(f"team {team}", ()))
    recovery = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _place in range(RECOVERY_CODES)]
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return TOTPDevice.objects.create(user=user, name="authenticator"), codes
