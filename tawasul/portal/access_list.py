"""The list of who may do what: everybody who works here, with their rights, at this moment."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from appointments.models import Office
from core.accounts.models import AccessReview, User
from core.catalogue.models import several_teams
from core.digests import digest_of
from core.spreadsheets import Cell, Table
from tawasul.portal.staff_roles import ROLES, other_groups_of, roles_of, teams_of

Row = dict[str, Any]
# This says nothing about rights, and changes with each sign-in.
_LAST_SIGN_IN = "last_sign_in"


def rows_now() -> list[Row]:
    """Return the list in JSON values, in the order of usernames."""
    staff = with_authenticators(User.objects.filter(is_staff=True, is_active=True))
    with_all = staff.order_by("username").prefetch_related(
        "groups", "teams", "offices", "user_permissions__content_type"
    )
    return [_row(user) for user in with_all]


def with_authenticators(staff: QuerySet[User]) -> QuerySet[User]:
    """Return the accounts, each with `has_authenticator`."""
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"))
    return staff.annotate(has_authenticator=Exists(devices))


def digest_of_rights(rows: Iterable[Row]) -> str:
    """Return the digest of the list without the times of sign-ins."""
    return digest_of([{**row, _LAST_SIGN_IN: None} for row in rows])


def is_review_due() -> bool:
    """Return whether nobody has signed the list off in the last three months."""
    since = timezone.now() - AccessReview.DUE_AFTER
    return not AccessReview.objects.filter(at__gt=since).exists()


def in_words(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows as people read them, in the active language."""
    offices = {office.slug: office.name for office in Office.cached.all()}
    teams = {team.slug: team.name for team in several_teams()}
    return [
        {
            **row,
            "roles": [str(ROLES.get(role, role)) for role in row["roles"]],
            "teams": [teams.get(slug, slug) for slug in _teams_in(row)] if teams else [],
            "offices": [offices.get(slug, slug) for slug in row["offices"]],
            _LAST_SIGN_IN: last and datetime.date.fromisoformat(last),
        }
        for row in rows
        for last in [row[_LAST_SIGN_IN]]
    ]


def _teams_in(row: Row) -> list[str]:
    """Return the teams; a list that was signed before teams were rows has one at most, by name."""
    return row["teams"] if "teams" in row else [row["team"]] if row["team"] else []


def as_table(rows: Iterable[Row]) -> Table:
    """Return the list for a file."""
    headings = [
        _("Username"),
        _("Roles"),
        _("Superuser"),
        _("Rights outside the roles"),
        *([_("Teams")] if several_teams() else []),
        _("Offices"),
        _("Authenticator"),
        _("Last sign-in"),
    ]
    lines: list[list[Cell]] = [
        [
            row["username"],
            ", ".join(row["roles"]),
            _("Yes") if row["is_superuser"] else _("No"),
            ", ".join(row["others"]),
            *([", ".join(row["teams"])] if several_teams() else []),
            ", ".join(row["offices"]),
            _("Yes") if row["has_authenticator"] else _("No"),
            row[_LAST_SIGN_IN],
        ]
        for row in in_words(rows)
    ]
    return Table(_("Who may do what"), headings, lines, total=[])


def _row(user: User) -> Row:
    permissions: Iterable[Permission] = user.user_permissions.all()
    direct = (f"{each.content_type.app_label}.{each.codename}" for each in permissions)
    last = user.last_login
    return {
        "account": user.pk,
        "username": user.username,
        "roles": roles_of(user),
        "is_superuser": user.is_superuser,
        "others": [*other_groups_of(user), *sorted(direct)],
        "teams": teams_of(user),
        "offices": sorted(office.slug for office in user.offices.all()),
        "has_authenticator": user.has_authenticator,  # type: ignore[attr-defined]  # annotated
        _LAST_SIGN_IN: last and timezone.localdate(last).isoformat(),
    }
