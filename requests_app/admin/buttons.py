"""The buttons of the triage desk."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from core.staff_buttons import Button
from requests_app import actions
from requests_app.forms import (
    AnswerForm,
    AssignForm,
    NoteForm,
    ReopenForm,
    SecondReadingForm,
    TransferForm,
    VersionForm,
)


@dataclass(frozen=True)
class InquiryButton(Button):
    """A button that always has a form: an officer decides on the version that they have read."""

    form: type[forms.Form] = VersionForm
    permission: str = "triage"
    ends_sight: bool = False  # whoever pressed it may not see the inquiry afterwards


BUTTONS = {
    "claim": InquiryButton(
        _("Assign to me"),
        actions.claim,
        _("The inquiry is assigned to you. You can answer it now."),
    ),
    "release": InquiryButton(
        _("Return to the queue"), actions.release, _("The inquiry is in the queue again.")
    ),
    "assign": InquiryButton(
        _("Assign to an officer"),
        actions.assign,
        _("The inquiry has been assigned."),
        form=AssignForm,
        permission="assign",
    ),
    "transfer": InquiryButton(
        _("Pass to another team"),
        actions.transfer,
        _("The inquiry waits in the queue of the other team."),
        form=TransferForm,
        permission="assign",
        ends_sight=True,
    ),
    "reply": InquiryButton(
        _("Answer and keep open"), actions.reply, _("Your answer has been sent."), form=AnswerForm
    ),
    "return": InquiryButton(
        _("Return to the applicant"),
        actions.send_back,
        _("The inquiry has been returned to the applicant."),
        form=AnswerForm,
    ),
    "approve": InquiryButton(
        _("Approve"), actions.approve, _("The inquiry has been approved."), form=AnswerForm
    ),
    "reject": InquiryButton(
        _("Reject"), actions.reject, _("The inquiry has been rejected."), form=AnswerForm
    ),
    "take_back": InquiryButton(
        _("Take the decision back"),
        actions.take_back,
        _("The decision is taken back, and the applicant knows nothing of it. Decide anew."),
    ),
    "confirm_refusal": InquiryButton(
        _("Confirm the refusal"),
        actions.confirm_refusal,
        _("The refusal is confirmed, and will be sent to the applicant."),
    ),
    "send_refusal_back": InquiryButton(
        _("Send it back to the officer"),
        actions.send_refusal_back,
        _("The refusal is back with its officer, who reads your note."),
        form=SecondReadingForm,
    ),
    "look_again": InquiryButton(
        _("Mark as reviewed"),
        actions.look_again,
        _("The decision has been reviewed."),
        permission="assign",
    ),
    "reopen": InquiryButton(
        _("Reopen the inquiry"),
        actions.reopen,
        _("The inquiry has been reopened, and the applicant is told."),
        form=ReopenForm,
        permission="assign",
    ),
    "close": InquiryButton(
        _("Close the inquiry"), actions.close, _("The inquiry has been closed.")
    ),
    "note": InquiryButton(
        _("Add a note"), actions.note, _("The note has been added."), form=NoteForm
    ),
}
# Whoever comes back to a decision, or passes an inquiry on, looks at one at a time.
_ONE_BY_ONE = (
    *("take_back", "confirm_refusal", "send_refusal_back", "look_again", "reopen"),
    "transfer",
)
IN_BULK = tuple(name for name in BUTTONS if name not in _ONE_BY_ONE)
# These have a form of their own with a text, beside the answer to the applicant.
OWN_TEXTS = ("note", "send_refusal_back", "reopen", "transfer")
# These end the inquiry, and are asked about once more, with what will be sent.
DECISIONS = ("approve", "reject")
# These buttons stand together below the answer to the applicant.
ANSWERS = ("reply", "return", *DECISIONS)
