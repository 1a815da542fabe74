"""The roles of staff and their permissions."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.utils.translation import pgettext_lazy

from core.accounts.models import User

TEAM = "team "  # begins the name of a team's group, which has no permissions

PERMISSIONS = {
    "officer": (
        "accounts.open_person",
        "requests_app.view_inquiry",
        "requests_app.triage_inquiry",
        "requests_app.download_original",
    ),
    "supervisor": (
        "accounts.open_person",
        "requests_app.view_inquiry",
        "requests_app.triage_inquiry",
        "requests_app.assign_inquiry",
        "requests_app.export_inquiry",
        "requests_app.export_personal",
        "requests_app.download_original",
        "requests_app.view_cannedtext",
        "requests_app.add_cannedtext",
        "requests_app.change_cannedtext",
        "requests_app.delete_cannedtext",
        "portal.view_feedback",
    ),
    "clerk": (
        "accounts.open_person",
        "accounts.recover_account",
        "requests_app.prepare_inquiry",
        "appointments.view_appointment",
        "appointments.receive_appointment",
        "appointments.assist_person",
    ),
    "manager": (
        "accounts.open_person",
        "accounts.recover_account",
        "requests_app.prepare_inquiry",
        "appointments.view_appointment",
        "appointments.receive_appointment",
        "appointments.assist_person",
        "appointments.manage_office",
        "appointments.view_office",
        "appointments.view_openingwindow",
        "appointments.add_openingwindow",
        "appointments.change_openingwindow",
        "appointments.view_closure",
        "appointments.add_closure",
        "appointments.change_closure",
        "appointments.delete_closure",
        "portal.view_announcement",
        "portal.add_announcement",
        "portal.change_announcement",
        "portal.delete_announcement",
    ),
    # Keeps the catalogue.
    "editor": (
        "catalogue.view_service",
        "catalogue.add_service",
        "catalogue.change_service",
        "catalogue.view_documenttype",
        "catalogue.add_documenttype",
        "catalogue.change_documenttype",
        "catalogue.view_holiday",
        "catalogue.add_holiday",
        "catalogue.change_holiday",
        "catalogue.delete_holiday",
        "portal.view_announcement",
        "portal.add_announcement",
        "portal.change_announcement",
        "portal.delete_announcement",
        "portal.announce_everywhere",
        "portal.view_feedback",
    ),
    # Reads everything but their own cases, and changes nothing.
    "auditor": (
        "accounts.audit",
        "accounts.open_person",
        "requests_app.view_inquiry",
        "requests_app.view_cannedtext",
        "appointments.view_appointment",
        "appointments.view_office",
        "appointments.view_openingwindow",
        "appointments.view_closure",
        "catalogue.view_service",
        "catalogue.view_documenttype",
        "catalogue.view_holiday",
        "portal.view_announcement",
        "portal.view_feedback",
    ),
    # Keeps the accounts of the others, and of no keeper their own.
    "keeper": ("accounts.keep_staff",),
}
ROLES = {
    "officer": pgettext_lazy("a role of staff", "Officer"),
    "supervisor": pgettext_lazy("a role of staff", "Supervisor"),
    "clerk": pgettext_lazy("a role of staff", "Clerk"),
    "manager": pgettext_lazy("a role of staff", "Manager"),
    "editor": pgettext_lazy("a role of staff", "Catalogue keeper"),
    "auditor": pgettext_lazy("a role of staff", "Auditor"),
    "keeper": pgettext_lazy("a role of staff", "Staff keeper"),
}
# Only they work at an office.
AT_AN_OFFICE = frozenset({"clerk", "manager"})


def group_for_role(name: str) -> Group:
    """Return the group of a role, with its permissions brought up to date with PERMISSIONS."""
    return named_group(name, PERMISSIONS[name])


def named_group(name: str, permissions: Iterable[str]) -> Group:
    group, _is_new = Group.objects.get_or_create(name=name)
    group.permissions.set(map(_permission, permissions))
    return group


def team_group(team: str) -> Group:
    return named_group(f"{TEAM}{team}", ())


def roles_of(user: User) -> list[str]:
    """Return the roles of `user`, in the order of PERMISSIONS."""
    names = _groups_of(user)
    return [role for role in PERMISSIONS if role in names]


def team_of(user: User) -> str:
    teams = (name.removeprefix(TEAM) for name in _groups_of(user) if name.startswith(TEAM))
    return next(teams, "")


def other_groups_of(user: User) -> list[str]:
    """Return the groups of `user` that are neither a role nor a team; no page gives them."""
    names = _groups_of(user)
    return [each for each in names if each not in PERMISSIONS and not each.startswith(TEAM)]


def _groups_of(user: User) -> list[str]:
    return sorted(group.name for group in user.groups.all())


def _permission(name: str) -> Permission:
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
