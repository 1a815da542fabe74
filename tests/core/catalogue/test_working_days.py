"""Working days: Sunday to Thursday without holidays."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.catalogue.models import Holiday
from core.catalogue.working_days import add_working_days

# In November 2026 the 15th is a Sunday, so the day of the month tells the day of the week.
SUNDAY = datetime.date(2026, 11, 15)
THURSDAY = datetime.date(2026, 11, 19)


def after(start, days):
    return (add_working_days(start, days) - start).days


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "days", "later"),
    [
        (THURSDAY, 1, 3),  # Sunday
        (THURSDAY + datetime.timedelta(1), 1, 2),  # from Friday
        (THURSDAY + datetime.timedelta(2), 1, 1),  # from Saturday
        (SUNDAY, 1, 1),
        (SUNDAY, 4, 4),  # Thursday
        (SUNDAY, 5, 7),  # the next Sunday
        (SUNDAY, 10, 14),
        (SUNDAY, 0, 0),
    ],
)
def test_fridays_and_saturdays_do_not_count(start, days, later):
    assert after(start, days) == later


@pytest.mark.django_db
def test_holidays_do_not_count():
    for day in (22, 23, 25, 27):  # Sunday, Monday, Wednesday, and a Friday, which is free anyway
        Holiday.objects.create(day=f"2026-11-{day}", name_ar="عطلة", name_en="Holiday")
    assert add_working_days(THURSDAY, 1) == datetime.date(2026, 11, 24)
    assert add_working_days(THURSDAY, 2) == datetime.date(2026, 11, 26)
    assert add_working_days(THURSDAY, 3) == datetime.date(2026, 11, 29)


@pytest.mark.django_db
def test_a_holiday_on_the_day_itself_changes_nothing():
    Holiday.objects.create(day=THURSDAY, name_ar="عطلة")
    assert after(THURSDAY, 1) == 3


@pytest.mark.django_db
def test_a_month_without_a_working_day_is_passed_over():
    for more in range(1, 31):
        day = THURSDAY + datetime.timedelta(days=more)
        Holiday.objects.create(day=day, name_ar="عطلة")
    assert after(THURSDAY, 1) == 31


@pytest.mark.django_db
def test_a_day_is_a_holiday_once():
    Holiday.objects.create(day=THURSDAY, name_ar="عطلة")
    with pytest.raises(IntegrityError), transaction.atomic():
        Holiday.objects.create(day=THURSDAY, name_ar="أخرى")
    with pytest.raises(ValidationError):
        Holiday(day=THURSDAY, name_ar="أخرى").full_clean()


@pytest.mark.django_db
def test_the_holidays_are_read_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        add_working_days(SUNDAY, 200)
