"""A person's page, or an inquiry, that is opened twice at the same moment."""

import pytest

from core.accounts.actions import open_person
from core.accounts.models import PersonOpening
from core.accounts.models.openings import PersonOpeningQuerySet
from requests_app.actions import note_opening
from requests_app.models.openings import InquiryOpeningQuerySet
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def opened_twice(guards):
    staff, person = factories.of_role("officer"), factories.IdentityFactory()

    def click():
        open_person(actor=staff, person=person, reason="A call about a lost passport.")

    guards.run_during(PersonOpeningQuerySet, "create", first=click, second=click)
    return PersonOpening.objects.count()


def test_two_clicks_are_one_opening(guards):
    assert opened_twice(guards) == 1


def test_control_without_the_lock_they_are_two(guards):
    guards.take_out_row_locks()
    assert opened_twice(guards) == 2


def inquiry_opened_twice(guards):
    staff, inquiry = factories.of_role("officer"), factories.filed()

    def click():
        note_opening(actor=staff, inquiry=inquiry)

    guards.run_during(InquiryOpeningQuerySet, "create", first=click, second=click)
    return inquiry.openings.count()


def test_two_clicks_on_an_inquiry_are_one_opening(guards):
    assert inquiry_opened_twice(guards) == 1


def test_control_without_the_lock_an_inquiry_is_opened_twice(guards):
    guards.take_out_row_locks()
    assert inquiry_opened_twice(guards) == 2
