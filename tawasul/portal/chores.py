"""The chores of the worker: what is done again and again, and how often."""

from datetime import timedelta

from django.utils import timezone

from appointments.actions import (
    allocate,
    displace_due,
    expire_due,
    lapse_due,
    make_slots,
    pass_on_appointments,
    pass_on_wishes,
    remind_of_appointments,
    settle_past,
)
from appointments.offer_hours import hours_at
from core.accounts.actions.devices import forget_ended_sessions
from core.accounts.codes import forget_old_codes
from core.accounts.guesses import forget_old_guesses
from core.accounts.visual_code import forget_old_pictures
from core.chores.actions import Chores
from core.messaging.actions import expire_late, purge_expired_secrets
from core.submissions.models import forget_old_submissions
from requests_app import actions as inquiries
from requests_app.actions import (
    end_inquiries,
    escalate_overdue,
    expire_exports,
    hand_back_hidden,
    measure_expectations,
    pass_on_inquiries,
    remind_of_returns,
    scan_quarantined,
    send_decisions,
)
from requests_app.admin.exports import listed_in
from requests_app.document_sweep import sweep
from requests_app.models.uploads import forget_old_uploads

_SECONDS, _MINUTES, _HOURS = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def tell_passed_on() -> None:
    """Tell people of what has passed on with the end of a link, when it wakes nobody."""
    if hours_at(timezone.now()):
        pass_on_inquiries()
        pass_on_appointments()
        pass_on_wishes()


def make_exports() -> None:
    """Make the files that staff wait for, of the lists as the queue shows them to each."""
    inquiries.make_exports(listed_in)


CHORES: Chores = {
    chore.__name__: (every, chore)
    for every, chore in (
        (30 * _SECONDS, expire_late),
        (30 * _SECONDS, expire_due),
        (10 * _SECONDS, lapse_due),
        (10 * _SECONDS, displace_due),
        (5 * _SECONDS, allocate),
        (30 * _SECONDS, remind_of_appointments),
        (5 * _MINUTES, remind_of_returns),
        (5 * _MINUTES, end_inquiries),
        (15 * _SECONDS, send_decisions),
        (30 * _SECONDS, scan_quarantined),
        (3 * _SECONDS, make_exports),
        (10 * _MINUTES, expire_exports),
        (1 * _MINUTES, hand_back_hidden),
        (10 * _MINUTES, tell_passed_on),
        (10 * _MINUTES, make_slots),
        (10 * _MINUTES, settle_past),
        (10 * _MINUTES, escalate_overdue),
        # Once a day, in the first hour of it.
        (1 * _HOURS, measure_expectations),
        (1 * _HOURS, sweep),
        (1 * _HOURS, forget_old_uploads),
        (1 * _HOURS, forget_old_codes),
        (1 * _HOURS, forget_old_guesses),
        (1 * _HOURS, forget_ended_sessions),
        (1 * _HOURS, forget_old_pictures),
        (1 * _HOURS, purge_expired_secrets),
        (1 * _HOURS, forget_old_submissions),
    )
}
