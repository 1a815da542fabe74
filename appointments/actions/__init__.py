"""Actions on slots and appointments: those of applicants, of clerks and of the worker."""

from appointments.actions.allocation import allocate
from appointments.actions.assistance import (
    account_of,
    begin_assistance,
    may_assist,
    prove_caller,
    send_caller_code,
)
from appointments.actions.booking import cancel, confirm, hold, move
from appointments.actions.desk import call, check_in, mark_no_show, serve
from appointments.actions.displacement import displace_due
from appointments.actions.hold_expiry import expire_due
from appointments.actions.no_show import settle, settle_past
from appointments.actions.on_behalf import book_for, book_later, cancel_for, move_for
from appointments.actions.passing_on import pass_on_appointments, pass_on_wishes
from appointments.actions.reminders import remind_of_appointments
from appointments.actions.rights import Deed, Rights, check_may, may, rights_of
from appointments.actions.rules import check_bookable_in, check_own_data
from appointments.actions.scanner import receive
from appointments.actions.slot_generation import (
    booked_beyond,
    booked_into_share,
    booked_outside_hours,
    booked_without_service,
    horizon,
    make_slots,
    opening_hours_of,
)
from appointments.actions.taking_back import last_mark, take_back
from appointments.actions.waiting import (
    accept,
    decline,
    lapse_due,
    stop_waiting,
    wait,
    wait_for_any_time,
)
from appointments.actions.walk_ins import walk_in

__all__ = [
    "Deed",
    "Rights",
    "accept",
    "account_of",
    "allocate",
    "begin_assistance",
    "book_for",
    "book_later",
    "booked_beyond",
    "booked_into_share",
    "booked_outside_hours",
    "booked_without_service",
    "call",
    "cancel",
    "cancel_for",
    "check_bookable_in",
    "check_in",
    "check_may",
    "check_own_data",
    "confirm",
    "decline",
    "displace_due",
    "expire_due",
    "hold",
    "horizon",
    "lapse_due",
    "last_mark",
    "make_slots",
    "mark_no_show",
    "may",
    "may_assist",
    "move",
    "move_for",
    "opening_hours_of",
    "pass_on_appointments",
    "pass_on_wishes",
    "prove_caller",
    "receive",
    "remind_of_appointments",
    "rights_of",
    "send_caller_code",
    "serve",
    "settle",
    "settle_past",
    "stop_waiting",
    "take_back",
    "wait",
    "wait_for_any_time",
    "walk_in",
]
