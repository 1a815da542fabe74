"""The description of an inquiry: accepted, or refused with a helpful sentence."""

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
    """Return a parameter set for each sample, with an id of its language and name."""
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
    """Return a function that posts a description to the second step and returns the response."""

    def step(description):
        address = f"/en/inquiries/{inquiry.reference}/details/"
        return as_resident.post(address, factories.details_of(inquiry, description=description))

    return step


def typed_in(page):
    """Return the content of the description field."""
    field = re.search(r'(?s)<textarea name="description".*?>\r?\n(.*?)</textarea>', page)
    return html.unescape(field[1])


@pytest.mark.parametrize("typed", samples(english=GOOD_ENGLISH, arabic=GOOD_ARABIC))
def test_good_description_is_saved_as_written(as_resident, inquiry, step, typed):
    answer = step(typed)
    assert answer.status_code == 302, errors_on(answer)
    assert answer.url == f"/en/inquiries/{inquiry.reference}/documents/"
    kept = KEPT.get(typed, typed.replace("\r\n", "\n"))
    assert Inquiry.objects.get().description == kept
    back = as_resident.get(f"/en/inquiries/{inquiry.reference}/details/")
    assert typed_in(back.content.decode()) == kept


@pytest.mark.parametrize("sample", samples(english=BAD_ENGLISH, arabic=BAD_ARABIC))
def test_bad_description_is_refused_and_stays_in_form(step, sample):
    typed, sentence = sample
    page = step(typed)
    assert errors_on(page) == [sentence]
    assert typed_in(page.content.decode()) == typed
    assert Inquiry.objects.get().description == ""


def test_boundary_samples_have_boundary_lengths():
    for good, bad in ((GOOD_ENGLISH, BAD_ENGLISH), (GOOD_ARABIC, BAD_ARABIC)):
        shortest = good["thirty characters and five words"]
        assert (len(shortest), len(set(shortest.split()))) == (30, 5)
        assert len(bad["twenty-nine characters"][0]) == 29
        assert len(good["four thousand characters"]) == 4000
        assert len(bad["one character too many"][0]) == 4001
