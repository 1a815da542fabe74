"""Actions on the accounts of staff, which need both services."""

from tawasul.portal.actions.enrolment import ENDED_CODE, check_enrolment_code, enrol
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
    "renew_recovery_codes",
    "reset_authenticator",
    "sign_off",
    "take_back_staff",
]
