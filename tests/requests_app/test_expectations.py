"""Within how many working days most inquiries were answered, as the public reads it."""

import datetime
from datetime import timedelta

import pytest
from django.utils import timezone

from core.catalogue.models import Expectation, Holiday
from requests_app.actions import measure_expectations
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.answers import answered, at_noon, filed_for

# In November 2026 the 15th is a Sunday, so the day of the month tells the day of the week.
SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (datetime.date(2026, 11, d) for d in range(15, 20))
NEXT_SUNDAY = SUNDAY + timedelta(days=7)
TODAY = datetime.date(2026, 12, 1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Let the clock stand at noon of a Tuesday; return a function that moves it."""
    moments = {"now": at_noon(TODAY)}
    monkeypatch.setattr(timezone, "now", lambda: moments["now"])

    def move_to(day):
        moments["now"] = at_noon(day)

    return move_to


@pytest.fixture
def service():
    return factories.ServiceFactory(target_working_days=5)


@pytest.fixture
def inquiry(service):
    return filed_for(service)


def measured(service):
    measure_expectations()
    return service.expected_working_days


def test_eight_of_ten_answers_tell_the_expectation(service, inquiry):
    answered(inquiry, SUNDAY, MONDAY, 15)
    answered(inquiry, SUNDAY, WEDNESDAY, 1)
    answered(inquiry, SUNDAY, NEXT_SUNDAY, 4)
    assert measured(service) == 3


def test_one_answer_less_within_the_time_makes_it_longer(service, inquiry):
    answered(inquiry, SUNDAY, WEDNESDAY, 15)
    answered(inquiry, SUNDAY, NEXT_SUNDAY, 5)
    assert measured(service) == 5


def test_days_without_work_do_not_count(service, inquiry):
    Holiday.objects.create(day=THURSDAY, name_ar="عطلة", name_en="Holiday")
    answered(inquiry, WEDNESDAY, NEXT_SUNDAY, 20)
    assert measured(service) == 1


def test_answers_on_the_same_day_promise_one_day(service, inquiry):
    answered(inquiry, SUNDAY, SUNDAY, 20)
    assert measured(service) == 1


def test_too_few_answers_tell_nothing(service, inquiry):
    answered(inquiry, SUNDAY, MONDAY, 19)
    assert measured(service) is None
    assert service.usual_working_days == 5


def test_only_decisions_on_this_service_of_the_last_ninety_days_count(service, inquiry):
    answered(inquiry, SUNDAY, MONDAY, 17)
    answered(inquiry, SUNDAY, MONDAY, outcome="rejected")
    answered(inquiry, SUNDAY, MONDAY, outcome="withdrawn", status="closed")
    other = factories.ServiceFactory()
    answered(filed_for(other), SUNDAY, MONDAY)
    long_ago = TODAY - 91 * DAY
    answered(inquiry, long_ago, long_ago)
    # What is answered today counts from tomorrow on: the figure is of whole days.
    answered(inquiry, SUNDAY, TODAY)
    assert measured(service) is None
    Expectation.objects.all().delete()
    answered(inquiry, TODAY - 90 * DAY, TODAY - 90 * DAY)
    assert measured(service) is None
    Expectation.objects.all().delete()
    answered(inquiry, SUNDAY, MONDAY)
    assert measured(service) == 1


def test_it_is_measured_once_a_day_and_anew_on_the_next(service, inquiry, today):
    answered(inquiry, SUNDAY, MONDAY, 20)
    assert measure_expectations() == 1
    before = list(Expectation.objects.values())
    answered(inquiry, SUNDAY, NEXT_SUNDAY, 20)
    assert measure_expectations() == 0
    assert list(Expectation.objects.values()) == before
    today(TODAY + DAY)
    assert measured(service) == 5
    today(TODAY + 200 * DAY)
    assert measured(service) is None


@pytest.mark.both_engines
def test_pages_say_it_in_both_languages(service, inquiry, client):
    receipt = f"inquiries/{inquiry.reference}/receipt/"
    browser = signed_in(inquiry.applicant)
    for days, english, arabic in (
        (None, "Usually within 5 working days", "عادةً خلال 5 أيام عمل"),
        (1, "Most are answered within 1 working day", "يُرد على معظم الطلبات خلال يوم عمل واحد"),
        (2, "Most are answered within 2 working days", "يُرد على معظم الطلبات خلال يومي عمل"),
        (4, "Most are answered within 4 working days", "يُرد على معظم الطلبات خلال 4 أيام عمل"),
        (12, "Most are answered within 12 working days", "يُرد على معظم الطلبات خلال 12 يوم عمل"),
        (100, "Most are answered within 100 working days", "يُرد على معظم الطلبات خلال 100 يوم عمل"),
    ):
        factories.expectation(service, days)
        for language, sentence in (("en", english), ("ar", arabic)):
            for page in (
                client.get(f"/{language}/services/{service.slug}/"),
                browser.get(f"/{language}/{receipt}"),
            ):
                assert f" {sentence} " in words(page), (days, language)


def test_home_and_list_say_what_the_page_of_the_service_says(service, inquiry, client):
    factories.ServiceFactory.create_batch(2, target_working_days=5)
    assert "Usually within" not in words(client.get("/en/services/"))
    factories.expectation(service, 9)
    for page in ("", "services/"):
        assert "Usually within 9 working days" in words(client.get(f"/en/{page}"))


def test_page_is_public_without_a_statement(service, client, django_assert_num_queries):
    page = f"/en/services/{service.slug}/"
    client.get(page)
    with django_assert_num_queries(0):
        assert client.get(page).status_code == 200
