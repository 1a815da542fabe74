"""What the roof writes: the accounts of staff."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tawasul.accounts.models import User

OFFICERS = "officer"
RECOVERY_CODES = 5
OFFICER_PERMISSIONS = ("requests_app.view_inquiry", "requests_app.triage_inquiry")


@transaction.atomic
def add_officer(*, username, password, is_superuser=False):
    """An officer with a password, an authenticator and recovery codes; the latter two."""
    user = User.objects.create_user(username, password, is_staff=True, is_superuser=is_superuser)
    group, is_new = Group.objects.get_or_create(name=OFFICERS)
    if is_new:
        group.permissions.set(_permissions(OFFICER_PERMISSIONS))
    user.groups.add(group)
    recovery = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _place in range(RECOVERY_CODES)]
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return TOTPDevice.objects.create(user=user, name="authenticator"), codes


def _permissions(names):
    for name in names:
        app_label, codename = name.split(".")
        yield Permission.objects.get(content_type__app_label=app_label, codename=codename)
