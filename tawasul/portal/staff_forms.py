"""The forms of staff accounts: duties, enrolment, and the sign-off of who may do what."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models import Office
from core.accounts.forms import EmailForm
from core.accounts.models import User
from core.catalogue.models import Team, several_teams
from core.forms import Form
from core.row_fields import RowsField
from core.template_filters import isolated
from core.text import TextField
from requests_app.forms import VersionForm
from tawasul.portal.staff_roles import ROLES, roles_of, teams_of


class DutiesForm(VersionForm, EmailForm):
    """What somebody who works here does, and where they are told of changes to their account."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLES.items,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one role."),
            "invalid_choice": _("There is no such role. Choose from the list."),
        },
    )
    teams = RowsField(
        label=_("Teams"),
        read=several_teams,
        key="slug",
        label_of=isolated,
        required=False,
        help_text=_(
            "They see the inquiries of these teams, and those that no team has. Without a team, "
            "they see all inquiries."
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("There is no such team. Choose from the list."),
        },
    )
    offices = RowsField(
        label=_("Offices"),
        read=Office.cached.all,
        key="slug",
        label_of=isolated,
        required=False,
        help_text=_("For clerks and managers alone."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("There is no such office. Choose from the list."),
        },
    )
    _teams: list[Team] = []
    field_order = ["username", "roles", "offices", "teams", "email", "expected_version"]

    def __init__(
        self, *args: Any, member: User | None = None, version: int = 0, **kwargs: Any
    ) -> None:
        if member is not None:
            kwargs["initial"] = {
                "roles": roles_of(member),
                "teams": teams_of(member),
                "offices": [office.slug for office in member.offices.all()],
                "email": member.email,
            }
        super().__init__(*args, **kwargs)
        if not self.fields["teams"].rows:  # type: ignore[attr-defined]  # a RowsField
            # One team divides nothing, and whoever is in it stays there.
            del self.fields["teams"]
            self._teams = list(member.teams.all()) if member else []
        self.fields["expected_version"].initial = version
        address = self.fields["email"]
        address.required = False
        address.widget.attrs["autocomplete"] = "off"
        address.help_text = _("Every change of the account is mailed there. It may be empty.")
        if member is not None and member.identity_id is not None:
            # Who is a resident too keeps the address themselves, with a code.
            address.disabled = True

    @property
    def duties(self) -> dict[str, Any]:
        """The arguments of the actions, but for the actor and the account."""
        names = ("roles", "offices", "email")
        return {name: self.cleaned_data[name] for name in names if name in self.fields} | {
            "teams": self.cleaned_data.get("teams", self._teams)
        }


class AddStaffForm(DutiesForm):
    username = TextField(
        label=_("Username"),
        max_length=60,
        help_text=_(
            "3 to 30 letters a-z, digits, dots, dashes and underscores, beginning with a letter."
        ),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "dir": "ltr"}),
        error_messages={"required": _("Choose a username.")},
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class TakeBackForm(DutiesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]


class EnrolmentForm(Form):
    username = TextField(
        label=_("Username"),
        max_length=60,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}
        ),
        error_messages={"required": _("Enter your username.")},
    )
    code = TextField(
        label=pgettext_lazy("of an enrolment", "Code"),
        max_length=60,
        help_text=_("The 16 letters and digits that you were given. Dashes do not matter."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "dir": "ltr"}),
        error_messages={"required": _("Enter the code that you were given.")},
    )


class SignOffForm(Form):
    """The digest of the list that was on the screen."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
