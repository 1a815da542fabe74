"""Working days: Sunday to Thursday without holidays."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.catalogue.models import Holiday
from core.catalogue.working_days import add_working_days, number_days

pytestmark = pytest.mark.django_db

# In November 2026 the 15th is a Sunday, so the day of the month tells the day of the week.
SUNDAY = datetime.date(2026, 11, 15)
THURSDAY = datetime.date(2026, 11, 19)


def after(start, days):
    return (add_working_days(start, days) - start).days


def test_fridays_and_saturdays_do_not_count():
    friday, saturday = THURSDAY + datetime.timedelta(1), THURSDAY + datetime.timedelta(2)
    for start, later in ((THURSDAY, 3), (friday, 2), (saturday, 1), (SUNDAY, 1)):
        assert after(start, 1) == later, start
    for days, later in ((0, 0), (4, 4), (5, 7), (10, 14)):
        assert after(SUNDAY, days) == later, days


def test_holidays_do_not_count():
    for day in (22, 23, 25, 27):  # Sunday, Monday, Wednesday, and a Friday, which is free anyway
        Holiday.objects.create(day=f"2026-11-{day}", name_ar="عطلة", name_en="Holiday")
    assert add_working_days(THURSDAY, 1) == datetime.date(2026, 11, 24)
    assert add_working_days(THURSDAY, 2) == datetime.date(2026, 11, 26)
    assert add_working_days(THURSDAY, 3) == datetime.date(2026, 11, 29)


def test_a_month_without_a_working_day_is_passed_over():
    for more in range(1, 31):
        day = THURSDAY + datetime.timedelta(days=more)
        Holiday.objects.create(day=day, name_ar="عطلة")
    assert after(THURSDAY, 1) == 31


def test_a_day_is_a_holiday_once_and_its_own_does_not_count():
    Holiday.objects.create(day=THURSDAY, name_ar="عطلة")
    assert after(THURSDAY, 1) == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Holiday.objects.create(day=THURSDAY, name_ar="أخرى")
    with pytest.raises(ValidationError):
        Holiday(day=THURSDAY, name_ar="أخرى").full_clean()


def test_the_holidays_are_read_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        add_working_days(SUNDAY, 200)


def test_numbers_of_days_agree_with_adding(django_assert_num_queries):
    Holiday.objects.create(day="2026-11-23", name_ar="عطلة")
    start = THURSDAY
    with django_assert_num_queries(1):
        numbers = number_days(start, datetime.date(2027, 1, 31))
    for days in range(40):
        day = add_working_days(start, days)
        assert numbers[day] - numbers[start] == days, day
    friday, saturday = (start + datetime.timedelta(days=more) for more in (1, 2))
    assert numbers[friday] == numbers[saturday] == 0
    assert number_days(start, start) == {start: 0}
