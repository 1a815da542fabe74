"""The buttons of the triage desk."""

from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _

from core.staff_buttons import Button
from requests_app import actions
from requests_app.forms import AnswerForm, AssignForm, NoteForm, VersionForm


class InquiryButton(Button):
    """A button that always has a form."""

    form: type[forms.Form]


_button = partial(InquiryButton, form=VersionForm, permission="triage")

BUTTONS = {
    "claim": _button(
        _("Assign to me"),
        actions.claim,
        _("The inquiry is assigned to you. You can answer it now."),
    ),
    "release": _button(
        _("Give back to the queue"), actions.release, _("The inquiry is in the queue again.")
    ),
    "assign": _button(
        _("Assign to an officer"),
        actions.assign,
        _("The inquiry has been assigned."),
        form=AssignForm,
        permission="assign",
    ),
    "reply": _button(
        _("Answer and keep open"), actions.reply, _("Your answer has been sent."), form=AnswerForm
    ),
    "return": _button(
        _("Return to the applicant"),
        actions.send_back,
        _("The inquiry has been returned to the applicant."),
        form=AnswerForm,
    ),
    "approve": _button(
        _("Approve"), actions.approve, _("The inquiry has been approved."), form=AnswerForm
    ),
    "reject": _button(
        _("Reject"), actions.reject, _("The inquiry has been rejected."), form=AnswerForm
    ),
    "close": _button(_("Close the inquiry"), actions.close, _("The inquiry has been closed.")),
    "note": _button(_("Add a note"), actions.note, _("The note has been added."), form=NoteForm),
}
# These buttons stand together below the answer to the applicant.
ANSWERS = ("approve", "reject", "return", "reply")
