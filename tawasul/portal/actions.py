"""What the roof writes: the accounts of staff."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User

RECOVERY_CODES = 5
# What each group of staff may do.
PERMISSIONS = {
    "officer": ("requests_app.view_inquiry", "requests_app.triage_inquiry"),
    "supervisor": (
        "requests_app.view_inquiry",
        "requests_app.triage_inquiry",
        "requests_app.assign_inquiry",
    ),
    "clerk": ("appointments.view_appointment", "appointments.receive_appointment"),
    "manager": (
        "appointments.view_appointment",
        "appointments.receive_appointment",
        "appointments.manage_office",
        "appointments.view_office",
        "appointments.view_openingwindow",
        "appointments.add_openingwindow",
        "appointments.change_openingwindow",
        "appointments.view_closure",
        "appointments.add_closure",
        "appointments.change_closure",
        "appointments.delete_closure",
    ),
}


@transaction.atomic
def add_staff(*, username, password, group, team="", is_superuser=False):
    """Somebody with a password, an authenticator and recovery codes; the latter two."""
    user = User.objects.create_user(username, password, is_staff=True, is_superuser=is_superuser)
    user.groups.add(group_of_staff(group))
    if team:
        user.groups.add(_group(f"team {team}", ()))
    recovery = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _place in range(RECOVERY_CODES)]
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return TOTPDevice.objects.create(user=user, name="authenticator"), codes


def group_of_staff(name):
    """The group with what it may do, as PERMISSIONS has it now."""
    return _group(name, PERMISSIONS[name])


def _group(name, permissions):
    group, _is_new = Group.objects.get_or_create(name=name)
    group.permissions.set(map(_permission, permissions))
    return group


def _permission(name):
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
