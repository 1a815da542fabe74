from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model, QuerySet

from appointments.models import Office
from core.accounts.models import Enrolment, User, staff_accounts
from core.catalogue.models import Team
from core.exceptions import RuleViolation
from tawasul.portal import actions
from tawasul.portal.staff_roles import PERMISSIONS, roles_of

_Row = TypeVar("_Row", bound=Model)
_HOURS = int(Enrolment.VALID_FOR.total_seconds() // 3600)


class Command(BaseCommand):
    help = (
        "Keep the accounts of staff from the server, which alone makes the first staff keeper and "
        "superusers. Every change is recorded. Nothing secret is asked for: whoever joins chooses "
        "their password and gets their authenticator at staff/enrol/, with the code printed here."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        add = deeds.add_parser("add", help="add somebody, and print their enrolment code")
        change = deeds.add_parser(
            "change", help="change roles, teams, offices or address; what is not named stays"
        )
        deeds.add_parser(
            "end",
            help="end an account: its sessions end, its open inquiries go back to the queue",
        )
        back = deeds.add_parser(
            "take-back", help="open an account that has ended, and print an enrolment code"
        )
        deeds.add_parser(
            "reset-authenticator",
            help="take the second factor off, end the sessions, print an enrolment code",
        )
        deeds.add_parser("recovery-codes", help="print new recovery codes; the old ones are void")
        for each in deeds.choices.values():
            each.add_argument("username")
        for each in (add, change, back):
            each.add_argument(
                "--role",
                action="append",
                dest="roles",
                choices=PERMISSIONS,
                required=each is not change,
                help="once for each role",
            )
            each.add_argument(
                "--team",
                action="append",
                dest="teams",
                metavar="SLUG",
                help="once for each team of the catalogue they work in; '' for none",
            )
            each.add_argument(
                "--office",
                action="append",
                dest="offices",
                metavar="SLUG",
                help="once for each office where a clerk or manager works; '' for none",
            )
        for each in (add, change):
            each.add_argument("--email", help="address for notices about the account; '' for none")
        add.add_argument("--superuser", action="store_true", help="may do everything")

    def handle(self, *, deed: str, username: str, **options: Any) -> None:
        try:
            getattr(self, f"_{deed.replace('-', '_')}")(username, options)
        except RuleViolation as violation:
            raise CommandError(str(violation.message)) from violation

    def _add(self, username: str, options: dict[str, Any]) -> None:
        member, code = actions.add_staff(
            actor=None,
            username=username,
            roles=options["roles"],
            teams=_teams(options["teams"] or ()),
            offices=_offices(options["offices"] or ()),
            email=options["email"] or "",
            is_superuser=options["superuser"],
        )
        self._print_code(member, code)

    def _change(self, username: str, options: dict[str, Any]) -> None:
        member = _member(username)
        stays = {
            "roles": roles_of(member),
            "teams": member.teams.all(),
            "offices": member.offices.all(),
            "email": member.email,
        }
        given = {name: options[name] for name in stays if options[name] is not None}
        if "offices" in given:
            given["offices"] = _offices(given["offices"])
        if "teams" in given:
            given["teams"] = _teams(given["teams"])
        actions.change_staff(actor=None, member=member, expected_version=None, **{**stays, **given})
        self.stdout.write(f"The account {member} is as you said.")

    def _end(self, username: str, options: dict[str, Any]) -> None:
        member = actions.end_staff(actor=None, member=_member(username), expected_version=None)
        self.stdout.write(f"The account {member} has ended.")

    def _take_back(self, username: str, options: dict[str, Any]) -> None:
        member = _member(username)
        code = actions.take_back_staff(
            actor=None,
            member=member,
            expected_version=None,
            roles=options["roles"],
            teams=_teams(options["teams"] or ()),
            offices=_offices(options["offices"] or ()),
        )
        self._print_code(member, code)

    def _reset_authenticator(self, username: str, options: dict[str, Any]) -> None:
        member = _member(username)
        code = actions.reset_authenticator(actor=None, member=member, expected_version=None)
        self._print_code(member, code)

    def _recovery_codes(self, username: str, options: dict[str, Any]) -> None:
        member = _member(username)
        codes = actions.renew_recovery_codes(actor=None, member=member, expected_version=None)
        self.stdout.write("For when the app is lost, each good once:\n" + " ".join(codes))

    def _print_code(self, member: User, code: str) -> None:
        self.stdout.write(
            f"Give {member} this code; it is good once, for {_HOURS} hours, at staff/enrol/, and "
            f"is not shown again:\n{code}"
        )


def _member(username: str) -> User:
    username = User.objects.normalize_username(username)
    member = staff_accounts().filter(username=username).first()
    if member is None:
        raise CommandError(f"No member of staff has the username {username}.")
    return member


def _offices(slugs: Iterable[str]) -> list[Office]:
    return _named(Office.objects.all(), slugs, "office")


def _teams(slugs: Iterable[str]) -> list[Team]:
    return _named(Team.objects.all(), slugs, "team")


def _named(rows: QuerySet[_Row], slugs: Iterable[str], what: str) -> list[_Row]:
    named = {slug for slug in slugs if slug}
    found = {row.slug: row for row in rows.filter(slug__in=named)}  # type: ignore[attr-defined]  # both have it
    if missing := named - found.keys():
        raise CommandError(f"There is no {what} {', '.join(sorted(missing))}.")
    return list(found.values())
