"""The actions of people on their own accounts, and of staff on accounts and people's pages."""

from core.accounts.actions.authenticators import (
    add_authenticator,
    check_may_change_authenticator,
    remove_authenticator,
    renew_recovery_codes,
)
from core.accounts.actions.contacts import (
    ask_to_change_mobile,
    ask_to_confirm_email,
    change_mobile,
    choose_language,
    confirm_email,
    remove_email,
)
from core.accounts.actions.counter_recovery import (
    begin_recovery,
    check_document,
    confirm_recovery,
    finish_recovery,
    lift_restriction,
    refuse_recovery,
    send_counter_code,
)
from core.accounts.actions.devices import (
    end_sessions,
    forget_ended_sessions,
    sign_out_device,
    sign_out_elsewhere,
    warn_of_new_device,
)
from core.accounts.actions.objection import object_to_recovery
from core.accounts.actions.openings import open_person
from core.accounts.actions.passwords import ask_to_reset, set_password
from core.accounts.actions.recovery import ask_to_recover, recover
from core.accounts.actions.registration import ask_to_register, register
from core.accounts.actions.second_factor import use_second_factor
from core.accounts.actions.sign_in import check_may_enter, check_undisputed, try_sign_in_code

__all__ = [
    "add_authenticator",
    "ask_to_change_mobile",
    "ask_to_confirm_email",
    "ask_to_recover",
    "ask_to_register",
    "ask_to_reset",
    "begin_recovery",
    "change_mobile",
    "check_document",
    "check_may_change_authenticator",
    "check_may_enter",
    "check_undisputed",
    "choose_language",
    "confirm_email",
    "confirm_recovery",
    "end_sessions",
    "finish_recovery",
    "forget_ended_sessions",
    "lift_restriction",
    "object_to_recovery",
    "open_person",
    "recover",
    "refuse_recovery",
    "register",
    "remove_authenticator",
    "remove_email",
    "renew_recovery_codes",
    "send_counter_code",
    "set_password",
    "sign_out_device",
    "sign_out_elsewhere",
    "try_sign_in_code",
    "use_second_factor",
    "warn_of_new_device",
]
