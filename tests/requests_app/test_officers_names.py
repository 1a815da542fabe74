"""The names of beneficiaries as officers read them, whatever language an inquiry was filed in."""

import pytest
from django.utils import translation

from core.search import searchable
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import words
from tests.requests_app.desk_pages import listed
from tests.requests_app.test_queue_search import filed

NAMES = {"ar": "عائشة إبراهيم القاضي", "en": "Ayesha Ebrahim Al-Qadi"}
IN_THE_INQUIRY = {"ar": "في الطلب", "en": "in the inquiry"}


@pytest.fixture
def person(db):
    identity = factories.IdentityFactory(name_ar=NAMES["ar"], name_en=NAMES["en"])
    return factories.UserFactory(identity=identity)


def test_officers_read_the_name_of_the_registry_in_the_language_of_the_page(as_officer, person):
    # The last has another middle name than the registry.
    for typed in ("AYESHA EBRAHIM ALQADI", "عائشه ابراهيم القاضى", "Ayesha Noor Al-Qadi"):
        inquiry = filed(person)
        # What is spelled in another way by now, or was by somebody before names came from there.
        Inquiry.objects.filter(pk=inquiry.pk).update(
            name=typed, search_text=f"{inquiry.search_text} {searchable(typed)}"
        )
        for language, name in NAMES.items():
            queue = f"/{language}/staff/requests_app/inquiry/"
            chosen = {"action": "claim", "index": 0, "_selected_action": [inquiry.pk]}
            with translation.override(language):
                pages = [
                    as_officer.get(queue),
                    as_officer.get(queue, {"q": inquiry.reference}),
                    as_officer.get(f"{queue}{inquiry.pk}/change/"),
                    as_officer.post(f"{queue}?queue=all", chosen, follow=True),
                ]
            beside = f"{name} ({IN_THE_INQUIRY[language]}: {typed})"
            for page in map(words, pages):
                assert name in page, (language, typed)
                assert (beside in page) == ("Noor" in typed), (language, typed)
                assert (typed in page) == ("Noor" in typed), (language, typed)
        assert set(listed(as_officer, q="عائشة القاضي")) == set(listed(as_officer, q="ayesha qadi"))
        assert inquiry.reference in listed(as_officer, q=typed)
