"""Keeping the accounts of staff: who works here, in which roles, teams and offices.

Who keeps them needs the right KEEP_STAFF; an `actor` of None is the command line of the server,
which alone makes and changes superusers. Nobody keeps their own account.
"""

import uuid
from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from appointments.models import Office
from core.accounts.models import KEEP_STAFF, Enrolment, StaffEvent, User, staff_accounts
from core.catalogue.models import Team
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.security_log import Event, note
from core.submissions.models import Submission
from requests_app.actions import hand_back
from tawasul.portal.actions.enrolment import (
    new_enrolment_code,
    new_recovery_codes,
    take_off_second_factor,
)
from tawasul.portal.actions.staff_events import Type, record
from tawasul.portal.staff_roles import (
    AT_AN_OFFICE,
    PERMISSIONS,
    group_for_role,
    other_groups_of,
    roles_of,
    teams_of,
)


def add_staff(
    *,
    actor: User | None,
    username: str,
    roles: Collection[str],
    teams: Collection[Team] = (),
    offices: Collection[Office] = (),
    email: str = "",
    is_superuser: bool = False,
    idempotency_key: uuid.UUID | None = None,
) -> tuple[User, str]:
    """Create a staff account without a password; return it and the code for its enrolment.

    A second request with the same idempotency key returns the account, and "" for its code.
    RuleViolation as in `_check_actor` and `_check_duties`, or `username` for one that is taken or
    is none.
    """
    _check_actor(actor, "add_staff")
    _check_duties(roles, offices)
    key = idempotency_key and derive_key(idempotency_key, actor and actor.pk, username)
    try:
        with transaction.atomic():
            if key:
                Submission.objects.create(key=key)
            member = User.objects.create_user(
                username, email=email, is_staff=True, is_superuser=is_superuser
            )
            _set_duties(member, roles, teams, offices)
            record(member, Type.ADDED, actor=actor, after=_duties(member))
            return member, new_enrolment_code(member)
    except (IntegrityError, ValidationError) as error:
        if key and Submission.objects.filter(pk=key).exists():
            return User.objects.get(username=User.objects.normalize_username(username)), ""
        raise _bad_account(error) from error


@transaction.atomic
def change_staff(
    *,
    actor: User | None,
    member: User,
    expected_version: int | None,
    roles: Collection[str],
    teams: Collection[Team],
    offices: Collection[Office],
    email: str,
) -> User:
    """Set the member's roles, teams, offices and address for notices; return the account.

    Whoever may no longer work on inquiries gives their open ones back to the queue; whoever is in
    other teams, those that these do not see. Nothing happens if all is so already. RuleViolation as
    in `_locked` and `_check_duties`, or `ended`.
    """
    _check_duties(roles, offices)
    member = _locked(actor, member, "change_staff")
    if not member.is_staff:
        raise RuleViolation(
            _("This account has ended. Take it back before you change it."), code="ended"
        )
    changes = _changes(member, roles, teams, offices, email)
    if not changes:
        return member
    _check_version(member, expected_version)
    former_address = member.email
    _set_duties(member, roles, teams, offices)
    if Type.ADDRESS in changes:
        member.email = email
        member.save(update_fields=["email"])
    for event_type, (before, after) in changes.items():
        also_tell = former_address if event_type == Type.ADDRESS else ""
        record(member, event_type, actor=actor, before=before, after=after, also_tell=also_tell)
    member = User.objects.get(pk=member.pk)  # with the permissions that it has now
    may_work = member.has_perm("requests_app.triage_inquiry")
    if not may_work or Type.TEAM in changes:
        hand_back(actor=actor, officer=member, only_hidden=may_work)
    return member


@transaction.atomic
def end_staff(*, actor: User | None, member: User, expected_version: int | None) -> User:
    """End a staff account; the next request of its sessions finds nobody.

    Its roles, offices, second factor and enrolment go, and its open inquiries go back to the queue.
    Somebody whom the registry knows keeps the account as a resident's; any other is shut. Nothing
    happens if it has ended already. RuleViolation as in `_locked`.
    """
    member = _locked(actor, member, "end_staff")
    if not member.is_staff:
        return member
    _check_version(member, expected_version)
    before = _duties(member)
    member.is_staff = member.is_superuser = False
    member.is_active = member.identity_id is not None
    member.save(update_fields=["is_staff", "is_superuser", "is_active"])
    member.groups.clear()
    member.user_permissions.clear()
    member.teams.clear()
    member.offices.clear()
    take_off_second_factor(member)
    Enrolment.objects.filter(user=member).delete()
    hand_back(actor=actor, officer=member)
    record(member, Type.ENDED, actor=actor, before=before)
    return member


@transaction.atomic
def take_back_staff(
    *,
    actor: User | None,
    member: User,
    expected_version: int | None,
    roles: Collection[str],
    teams: Collection[Team] = (),
    offices: Collection[Office] = (),
) -> str:
    """Open an account that has ended again, with these duties; return its enrolment code.

    RuleViolation as in `_locked` and `_check_duties`, or `works_here`.
    """
    _check_duties(roles, offices)
    member = _locked(actor, member, "take_back_staff")
    _check_version(member, expected_version)
    if member.is_staff:
        raise RuleViolation(_("This account has not ended."), code="works_here")
    member.is_staff = member.is_active = True
    if member.identity_id is None:
        member.set_unusable_password()
    member.save(update_fields=["is_staff", "is_active", "password"])
    _set_duties(member, roles, teams, offices)
    record(member, Type.TAKEN_BACK, actor=actor, after=_duties(member))
    return new_enrolment_code(member)


@transaction.atomic
def reset_authenticator(*, actor: User | None, member: User, expected_version: int | None) -> str:
    """Take the member's second factor off and end their sessions; return a new enrolment code.

    RuleViolation as in `_locked`, or `ended`.
    """
    member = _working(actor, member, expected_version, "reset_authenticator")
    take_off_second_factor(member)
    record(member, Type.RESET, actor=actor)
    return new_enrolment_code(member)


@transaction.atomic
def renew_recovery_codes(
    *, actor: User | None, member: User, expected_version: int | None
) -> list[str]:
    """Return new recovery codes for the member, to be handed over; the old ones are void.

    RuleViolation as in `_locked`, `ended`, or `no_authenticator` before the enrolment.
    """
    member = _working(actor, member, expected_version, "renew_recovery_codes")
    if not TOTPDevice.objects.filter(user=member).exists():
        raise RuleViolation(
            _("This account has no authenticator yet. Recovery codes come with it."),
            code="no_authenticator",
        )
    record(member, Type.RECOVERY_CODES, actor=actor)
    return new_recovery_codes(member)


def version_of(member: User) -> int:
    """Return the number of the events of the member's account."""
    return StaffEvent.objects.filter(staff=member).count()


def check_may_keep(actor: User | None, member: User, deed: str) -> None:
    """Check that the actor may keep this account. RuleViolation as in `_locked`."""
    _check_actor(actor, deed)
    if actor is None:
        return
    if actor.pk == member.pk:
        message, code = _("Nobody changes their own account. Ask a colleague."), "own_account"
    elif member.is_superuser:
        message = _("The accounts of superusers are kept on the server alone.")
        code = "superuser"
    else:
        return
    raise _noted(actor, member, deed, RuleViolation(message, code=code))


def _locked(actor: User | None, member: User, deed: str) -> User:
    """Lock the accounts of the actor and the member; return the member's as it is now.

    Two keepers who end each other queue here, and the second is no keeper any more. RuleViolation
    `not_keeper`, `own_account`, `superuser`, or `no_staff` for a resident.
    """
    keys = {member.pk, actor.pk if actor else member.pk}
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    member = next(user for user in list(rows) if user.pk == member.pk)
    check_may_keep(actor, member, deed)
    if not staff_accounts().filter(pk=member.pk).exists():
        refused = RuleViolation(_("This is no account of staff."), code="no_staff")
        raise _noted(actor, member, deed, refused)
    return member


def _working(actor: User | None, member: User, expected_version: int | None, deed: str) -> User:
    """Return the locked account of somebody who works here, at the version that was seen."""
    member = _locked(actor, member, deed)
    _check_version(member, expected_version)
    if not member.is_staff:
        raise RuleViolation(_("This account has ended. Take it back first."), code="ended")
    return member


def _check_actor(actor: User | None, deed: str) -> None:
    """Check that the actor keeps staff, as the tables are now; None is the command line."""
    if actor is None:
        return
    now = User.objects.get(pk=actor.pk)
    if not (now.is_staff and now.has_perm(KEEP_STAFF)):
        refused = RuleViolation(_("Your account may not keep staff."), code="not_keeper")
        raise _noted(actor, None, deed, refused)


def _noted(
    actor: User | None, member: User | None, deed: str, refused: RuleViolation
) -> RuleViolation:
    account, staff = (each.pk if each else None for each in (actor, member))
    note(Event.DEED_REFUSED, refused.code, account=account, staff=staff, kind=deed)
    return refused


def _check_version(member: User, expected: int | None) -> None:
    """Raise RuleViolation `stale`, with what has changed, unless this version was seen."""
    if expected is None:
        return
    since = StaffEvent.objects.filter(staff=member).select_related("actor__identity")[expected:]
    changes = [
        pgettext("what happened, and who did it", "%(event)s (%(who)s)")
        % {"event": event.get_event_type_display(), "who": event.who}
        for event in since
    ]
    if changes:
        raise RuleViolation(
            _("This account has changed since you opened it: %(changes)s. Read it again first.")
            % {"changes": pgettext("between the items of a list", ", ").join(changes)},
            code="stale",
        )


def _check_duties(roles: Collection[str], offices: Collection[Office]) -> None:
    """Raise RuleViolation `roles` or `offices` unless these go together."""
    if not roles or not set(roles) <= set(PERMISSIONS):
        raise RuleViolation(_("Choose at least one role from the list."), code="roles")
    if {"keeper", "auditor"} <= set(roles):
        raise RuleViolation(
            _("An auditor signs off what staff keepers have done, so nobody is both. Choose one."),
            code="roles",
        )
    if offices and not AT_AN_OFFICE & set(roles):
        raise RuleViolation(
            _("Only clerks and managers work at an office. Choose that role, or no office."),
            code="offices",
        )


def _changes(
    member: User,
    roles: Collection[str],
    teams: Iterable[Team],
    offices: Iterable[Office],
    email: str,
) -> dict[StaffEvent.EventType, tuple[list, list]]:
    """Return what would be another than it is, each with how it was and how it will be."""
    if member.identity_id is not None and email != member.email:
        raise RuleViolation(
            _("This account is a resident's too, who keeps the address themselves."), code="email"
        )
    wanted = {
        Type.ROLES: (roles_of(member), [role for role in PERMISSIONS if role in roles]),
        Type.TEAM: (teams_of(member), sorted(team.slug for team in teams)),
        Type.OFFICES: (_offices_of(member), sorted(office.slug for office in offices)),
    }
    changes = {kind: pair for kind, pair in wanted.items() if pair[0] != pair[1]}
    if email != member.email:
        changes[Type.ADDRESS] = ([], [])
    return changes


def _set_duties(
    member: User, roles: Collection[str], teams: Iterable[Team], offices: Iterable[Office]
) -> None:
    """Give the member these roles, teams and offices; groups that are no roles stay."""
    others = member.groups.filter(name__in=other_groups_of(member))
    member.groups.set([*others, *map(group_for_role, roles)])
    member.teams.set(teams)
    member.offices.set(offices)


def _duties(member: User) -> list[str]:
    """Return the roles, the teams and the offices of the member as words of the program."""
    superuser = ["superuser"] if member.is_superuser else []
    teams = [f"team {slug}" for slug in teams_of(member)]
    offices = [f"office {slug}" for slug in _offices_of(member)]
    return [*superuser, *roles_of(member), *teams, *offices]


def _offices_of(member: User) -> list[str]:
    return sorted(member.offices.values_list("slug", flat=True))


def _bad_account(error: IntegrityError | ValidationError) -> RuleViolation:
    fields = getattr(error, "message_dict", {})
    code = "email" if set(fields) == {"email"} else "username"
    messages = fields.get(code) or [_("This username is taken. Choose another.")]
    return RuleViolation(messages[0], code=code)
