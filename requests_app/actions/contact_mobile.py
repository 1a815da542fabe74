"""Confirmation of an inquiry's mobile when it differs from the account's."""

from django.utils.translation import gettext as _

from core.accounts.codes import send_code, use_code
from core.accounts.models import OneTimeCode, User
from core.digests import digest_of
from core.exceptions import RuleViolation
from requests_app import purposes
from requests_app.actions.drafts import lock_draft
from requests_app.actions.preparation import language_for
from requests_app.actions.rights import Deed, check_may
from requests_app.models import Inquiry


def ask_to_confirm_mobile(*, actor: User, inquiry: Inquiry, session_key: str | None) -> OneTimeCode:
    """Text a code to the draft's mobile.

    RuleViolation as in `check_may`, or the limits of `send_code`.
    """
    check_may(actor, Deed.EDIT, inquiry)
    return send_code(
        actor=inquiry.applicant,
        purpose=purposes.CONTACT,
        session_key=session_key,
        language=language_for(actor, inquiry),
        recipient=str(inquiry.mobile),
        confirms=_mobile_digest(inquiry),
        about=inquiry,
    )


def confirm_mobile(*, actor: User, inquiry: Inquiry, session_key: str | None, guess: str) -> None:
    """Check the code and mark the draft's mobile as confirmed, so that officers can use it.

    RuleViolation `changed` if the draft's mobile is no longer the one that the code was sent to.
    """

    def confirm(code: OneTimeCode) -> None:
        draft = lock_draft(actor, inquiry)
        if code.confirms != _mobile_digest(draft):
            raise RuleViolation(
                _("The mobile has changed since this code was sent. Ask for a new code."),
                code="changed",
            )
        draft.confirmed_mobile = draft.mobile
        draft.save(update_fields=["confirmed_mobile"])

    use_code(
        actor=inquiry.applicant,
        purpose=purposes.CONTACT,
        session_key=session_key,
        guess=guess,
        action=confirm,
    )


def _mobile_digest(inquiry: Inquiry) -> str:
    return digest_of(["mobile", inquiry.reference, str(inquiry.mobile)])
