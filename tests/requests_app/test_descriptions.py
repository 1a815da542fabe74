"""What people write under "What do you need?": taken, or refused with the sentence that helps."""

import html
import re

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on
from tests.requests_app.sample_descriptions import (
    BAD_ARABIC,
    BAD_ENGLISH,
    GOOD_ARABIC,
    GOOD_ENGLISH,
    KEPT,
)


def samples(**by_language):
    """One test for each sample, named by its language and what it is about."""
    return [
        pytest.param(sample, id=f"{language}-{about}".replace(" ", "-"))
        for language, by_name in by_language.items()
        for about, sample in by_name.items()
    ]


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def step(as_resident, inquiry):
    """Type a description into the second step and continue; the page that answers."""

    def step(description):
        address = f"/en/inquiries/{inquiry.reference}/details/"
        return as_resident.post(address, factories.details_of(inquiry, description=description))

    return step


def typed_in(page):
    """What stands in the description's field."""
    field = re.search(r'(?s)<textarea name="description".*?>\r?\n(.*?)</textarea>', page)
    return html.unescape(field[1])


@pytest.mark.parametrize("typed", samples(english=GOOD_ENGLISH, arabic=GOOD_ARABIC))
def test_a_good_description_is_taken_and_kept_as_it_was_written(as_resident, inquiry, step, typed):
    answer = step(typed)
    assert answer.status_code == 302, errors_on(answer)
    assert answer.url == f"/en/inquiries/{inquiry.reference}/documents/"
    kept = KEPT.get(typed, typed.replace("\r\n", "\n"))
    assert Inquiry.objects.get().description == kept
    back = as_resident.get(f"/en/inquiries/{inquiry.reference}/details/")
    assert typed_in(back.content.decode()) == kept


@pytest.mark.parametrize("sample", samples(english=BAD_ENGLISH, arabic=BAD_ARABIC))
def test_a_bad_description_is_refused_with_its_sentence_and_stays_in_the_form(step, sample):
    typed, sentence = sample
    page = step(typed)
    assert errors_on(page) == [sentence]
    assert typed_in(page.content.decode()) == typed
    assert Inquiry.objects.get().description == ""


def test_the_samples_at_the_limits_are_at_the_limits():
    for good, bad in ((GOOD_ENGLISH, BAD_ENGLISH), (GOOD_ARABIC, BAD_ARABIC)):
        shortest = good["thirty characters and five words"]
        assert (len(shortest), len(set(shortest.split()))) == (30, 5)
        assert len(bad["twenty-nine characters"][0]) == 29
        assert len(good["four thousand characters"]) == 4000
        assert len(bad["one character too many"][0]) == 4001
