"""Ten officers ask for the next inquiry at once: each is handed out once, the most urgent first."""

from functools import partial

import pytest

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.browser.looks import people
from tests.races.together import at_once, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OFFICERS, INQUIRIES = 10, 200


def queue(number):
    """File so many inquiries that wait for an officer; return their keys in order of urgency."""
    first = factories.filed()
    people.many_like(first, number - 1)
    return list(Inquiry.objects.waiting_for_an_officer().values_list("pk", flat=True))


def take_in_turn(officer, times):
    return [actions.take_next(actor=officer).pk for _time in range(times)]


def test_each_of_200_is_handed_out_once_and_the_most_urgent_first():
    in_order = queue(INQUIRIES)
    officers = factories.OfficerFactory.create_batch(OFFICERS)

    first = at_once(*[partial(take_in_turn, officer, 1) for officer in officers])
    assert sorted(pk for (pk,) in first) == sorted(in_order[:OFFICERS])

    rest = at_once(*[partial(take_in_turn, officer, 19) for officer in officers])
    for taken in rest:
        # Nobody is handed one that is more urgent than one before.
        assert [in_order.index(pk) for pk in taken] == sorted(map(in_order.index, taken))
    handed_out = [pk for taken in (*first, *rest) for pk in taken]
    assert sorted(handed_out) == sorted(in_order)
    assert told(at_once(partial(take_in_turn, officers[0], 1))) == [
        "No inquiry waits for an officer."
    ]


def test_control_without_lock_and_condition_two_get_the_same_one(guards):
    queue(3)
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)
    officers = factories.OfficerFactory.create_batch(2)

    first, second = at_once(*[partial(take_in_turn, officer, 1) for officer in officers])

    assert first == second
