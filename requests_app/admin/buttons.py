"""What an officer can press: the action, what is typed for it, and what is told afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_app import actions
from requests_app.forms import AnswerForm, AssignForm, NoteForm, VersionForm


@dataclass(frozen=True)
class Button:
    label: Promise
    act: Callable
    form: type[VersionForm]
    done: Promise
    permission: str = "triage"


BUTTONS = {
    "claim": Button(
        _("Assign to me"),
        actions.claim,
        VersionForm,
        _("The inquiry is assigned to you. You can answer it now."),
    ),
    "release": Button(
        _("Give back to the queue"),
        actions.release,
        VersionForm,
        _("The inquiry is in the queue again."),
    ),
    "assign": Button(
        _("Assign to an officer"),
        actions.assign,
        AssignForm,
        _("The inquiry has been assigned."),
        permission="assign",
    ),
    "reply": Button(
        _("Answer and keep open"), actions.reply, AnswerForm, _("Your answer has been sent.")
    ),
    "return": Button(
        _("Return to the applicant"),
        actions.send_back,
        AnswerForm,
        _("The inquiry has been returned to the applicant."),
    ),
    "approve": Button(
        _("Approve"), actions.approve, AnswerForm, _("The inquiry has been approved.")
    ),
    "reject": Button(_("Reject"), actions.reject, AnswerForm, _("The inquiry has been rejected.")),
    "close": Button(
        _("Close the inquiry"), actions.close, VersionForm, _("The inquiry has been closed.")
    ),
    "note": Button(_("Add a note"), actions.note, NoteForm, _("The note has been added.")),
}
# Those that stand together under the answer that is written to the applicant.
ANSWERS = ("approve", "reject", "return", "reply")
