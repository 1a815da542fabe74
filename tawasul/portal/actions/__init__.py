"""Actions of the roof: on the accounts of staff, invitations, and what people say of pages."""

from tawasul.portal.actions.enrolment import ENDED_CODE, check_enrolment_code, enrol
from tawasul.portal.actions.feedback import give_feedback
from tawasul.portal.actions.invitations import invite, last_days, withdraw_invitation
from tawasul.portal.actions.reviews import sign_off
from tawasul.portal.actions.staff import (
    add_staff,
    change_staff,
    check_may_keep,
    end_staff,
    renew_recovery_codes,
    reset_authenticator,
    take_back_staff,
)

__all__ = [
    "ENDED_CODE",
    "add_staff",
    "change_staff",
    "check_enrolment_code",
    "check_may_keep",
    "end_staff",
    "enrol",
    "give_feedback",
    "invite",
    "last_days",
    "renew_recovery_codes",
    "reset_authenticator",
    "sign_off",
    "take_back_staff",
    "withdraw_invitation",
]
