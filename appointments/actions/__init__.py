"""What can be done to hours and appointments: by who books, and by who receives people."""

from appointments.actions.booking import cancel, confirm, expire_due, hold, move
from appointments.actions.desk import check_in, miss, serve
from appointments.actions.hours import horizon, make_slots
from appointments.actions.rules import check_own_data

__all__ = [
    "cancel",
    "check_in",
    "check_own_data",
    "confirm",
    "expire_due",
    "hold",
    "horizon",
    "make_slots",
    "miss",
    "move",
    "serve",
]
