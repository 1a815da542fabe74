"""The recovery of an account at a counter, and the line of each step in the security log."""

import uuid
from functools import partial

import pytest

from core.accounts import actions
from core.accounts.models import Recovery
from tests import factories
from tests.portal.security_lines import check, line, refused, without_network

pytestmark = pytest.mark.django_db
PASSPORT = {"document": "passport", "document_end": "AB12"}
SESSION = "session-of-the-first-clerk"
REASON = "The photo in the passport is of somebody else."


def test_each_step_at_the_counter(resident, lines):
    first, second, officer = map(factories.of_role, ("clerk", "clerk", "officer"))
    person = resident.identity

    def begin(actor=first):
        return actions.begin_recovery(
            actor=actor,
            person=person,
            mobile="+966550000432",
            idempotency_key=uuid.uuid4(),
            removes_authenticator=True,
            **PASSPORT,
        )

    def last():
        return Recovery.objects.latest("pk")

    def send():
        actions.send_counter_code(actor=first, recovery=last(), session_key=SESSION)

    def finish():
        guess = factories.code_sent_to(resident, "counter")
        actions.finish_recovery(actor=first, recovery=last(), session_key=SESSION, guess=guess)

    def lift():
        actions.lift_restriction(actor=second, person=person, **PASSPORT)

    def by(staff, kind, outcome="done"):
        return without_network(line("recovery", outcome, account=staff, person=person, kind=kind))

    def of_account(event, **facts):
        return without_network(line(event, account=resident, **facts))

    check(
        lines,
        [
            (partial(refused, begin, actor=officer), by(officer, "counter_begun", "not_allowed")),
            (begin, by(first, "counter_begun")),
            (
                lambda: actions.refuse_recovery(actor=second, recovery=last(), reason=REASON),
                by(second, "counter_refused"),
            ),
            (begin, by(first, "counter_begun")),
            (
                lambda: actions.confirm_recovery(actor=second, recovery=last()),
                by(second, "counter_confirmed"),
            ),
            (send, of_account("code_sent", purpose="counter")),
            (
                finish,
                of_account("recovery", kind="counter"),
                of_account("mobile_changed"),
                by(first, "authenticator_removed"),
                by(first, "counter_done"),
                of_account("code_tried", purpose="counter"),
            ),
            (lift, by(second, "lifted")),
        ],
    )
    Recovery.objects.update(status=Recovery.Status.DISPUTED)
    begin()
    actions.confirm_recovery(actor=second, recovery=last())
    factories.let_a_minute_pass(resident)
    send()
    assert by(first, "decided") in lines(finish)
