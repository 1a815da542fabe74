"""The roles of staff and their permissions."""

from django.contrib.auth.models import Group, Permission
from django.utils.translation import pgettext_lazy

from core.accounts.models import User

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
        "catalogue.view_team",
        "catalogue.add_team",
        "catalogue.change_team",
        "catalogue.delete_team",
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
        "catalogue.view_team",
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
    group, _is_new = Group.objects.get_or_create(name=name)
    group.permissions.set(map(_permission, PERMISSIONS[name]))
    return group


def roles_of(user: User) -> list[str]:
    """Return the roles of `user`, in the order of PERMISSIONS."""
    names = _groups_of(user)
    return [role for role in PERMISSIONS if role in names]


def teams_of(user: User) -> list[str]:
    """Return the teams of `user` by their names in the program."""
    return sorted(team.slug for team in user.teams.all())


def other_groups_of(user: User) -> list[str]:
    """Return the groups of `user` that are no role; no page gives them."""
    return [each for each in _groups_of(user) if each not in PERMISSIONS]


def _groups_of(user: User) -> list[str]:
    return sorted(group.name for group in user.groups.all())


def _permission(name: str) -> Permission:
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
