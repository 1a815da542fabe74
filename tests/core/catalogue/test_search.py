"""The search of the catalogue: any spelling finds the service, and any input is harmless."""

import html
import re

import pytest
from django.core.management import call_command
from django.test import Client

from core.catalogue.models import Service
from tests import factories
from tests.conftest import notices_on, words


@pytest.fixture
def reference(db):
    call_command("load_reference", verbosity=0)


def search(query, language="en"):
    return Client().get(f"/{language}/services/", {"q": query})


def found_on(page):
    """Return the slugs of the services that were found."""
    rows = re.search(r'(?s)<ul class="rows">.*?</ul>', page.content.decode())
    return re.findall(r"/services/([\w-]+)/", rows[0]) if rows else []


def kept_in(page):
    """Return the value of the search box."""
    box = re.search(r'<input [^>]*name="q"[^>]*>', page.content.decode())[0]
    return html.unescape(re.search(r'value="([^"]*)"', box)[1])


SPELLINGS = [
    *("تجديد الإقامة", "تجديد الاقامة", "تجديد الاقامه", "تجديد اقامة", "الإقامة تجديد"),
    *("تجديد الأقامة", "تَجْدِيدُ الإِقَامَةِ", "تجـــديد الإقـــامة", "تجديد والإقامة"),
    *("تجديد الإقا", "تجد إقام", "تجدید الاقامة", "ﺗﺠﺪﻳﺪ ﺍﻹﻗﺎﻣﺔ"),
    *("\u200fتجديد\u200f الإقامة\u200e", "«تجديد، الإقامة»", "renew iqama", "Renew Residency"),
    *("RENEW RESIDENCY (IQAMA)", "  iqama \t renew ", "ｒｅｎｅｗ ｉｑａｍａ", "iqama, renew!"),
    "resid permit renew",
]
WORDS_OF_SERVICES = {
    "sponsorship-transfer": ["نقل خدمات المقيمين", "نقل الكفالة", "sponsor transfer"],
    "final-exit-visa": ["خروج نهائي"],
    "absconding-cancel": ["بلاغ الهروب", "بلاغ تغيب", "huroob"],
    "resident-id-issue": ["هوية مقيم"],
    "visit-visa-extend-ye-sy": ["زيارة سوري", "يمني"],
    "profession-change": ["تعديل مهنة"],
    "sponsored-services": ["makfoul"],
    "passport-extend": ["extend passport"],
}
HOSTILE = [
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "((((((((((", "\\"),
    *("' OR 1=1; DROP TABLE catalogue_service; --", "{{ request.user }}{% debug %}"),
    *("(?:a+)+$" + "a" * 60, "%s %(query)s %", "\U0001f600", "ﷺ" * 100, "ا" * 100),
    *("é" + "\u0301" * 30, "\ufffd", "../../etc/passwd", "javascript:alert(1)"),
]


def test_every_spelling_finds_the_same_service(reference):
    for query in SPELLINGS:
        for language in ("ar", "en"):
            assert found_on(search(query, language)) == ["iqama-renew"], query


def test_words_of_name_and_description_are_found(reference):
    for slug, queries in WORDS_OF_SERVICES.items():
        for query in queries:
            assert slug in found_on(search(query, "ar")), query


def test_digits_of_every_script_are_found(db):
    factories.ServiceFactory(slug="other", name_en="Form 13", name_ar="نموذج 13")
    factories.ServiceFactory(slug="wanted", name_en="Form 12", name_ar="نموذج ١٢")
    for query in ("نموذج ١٢", "نموذج ۱۲", "نموذج 12", "FORM 12", "form １２"):
        assert found_on(search(query)) == ["wanted"], query


def test_words_are_found_by_prefix_only(db):
    factories.ServiceFactory(slug="begins", description_en="Extension of stay.")
    factories.ServiceFactory(slug="contains", description_en="Overextension and unstaying.")
    assert found_on(search("ext stay")) == ["begins"]


def test_all_words_must_match_and_results_are_described(reference):
    assert "passport-renew" in found_on(search("passport"))
    assert found_on(search("passport huroob")) == []
    page = search("huroob", "ar")
    assert "إلغاء بلاغ الهروب إلغاء بلاغ التغيب عن العمل المقدَّم على عامل" in words(page)


def test_result_count_is_described_in_words(db):
    for count, english, arabic in (
        (1, "1 service found", "نتيجة واحدة"),
        (2, "2 services found", "نتيجتان"),
        (3, "3 services found", "3 نتائج"),
        (11, "11 services found", "11 نتيجة"),
    ):
        factories.ServiceFactory.create_batch(count - Service.objects.count())
        for language, expected in (("en", english), ("ar", arabic)):
            assert f"<h2>{expected}</h2>" in search("residents", language).content.decode()


def test_without_query_or_result_all_are_listed(reference):
    notice = "No service matches “{}”. Try fewer or other words, or choose from all services."
    for query, kept in (
        *(("zebra", "zebra"), ("???", "???"), ("%", "%"), ("_", "_"), ("\u200f.\u200f", ".")),
        *(("", ""), ("   ", ""), ("\u200f\u202e", ""), ("\n\t", "")),
    ):
        page = search(query)
        notices = [notice.format(kept)] if kept else []
        assert (notices_on(page), kept_in(page)) == (notices, kept), query
        assert len(set(re.findall(r'href="/en/services/[\w-]+/"', page.content.decode()))) == 13


def test_hostile_query_is_kept_and_harmless(reference):
    for query in HOSTILE:
        for language in ("ar", "en"):
            page = search(query, language)
            assert (page.status_code, kept_in(page)) == (200, query)
            assert not re.search(r"<(?:script>|img)", page.content.decode())


def test_of_a_long_search_a_hundred_characters_are_read_and_all_kept(reference):
    for length in (99, 100, 101, 5000):
        page = search("x" * length)
        assert kept_in(page) == "x" * length
        told = f"This search has {length} characters, and only the first 100 are looked for."
        assert (told in notices_on(page)) == (length > 100), length


def test_query_is_read_from_the_address(reference, client):
    for raw in ("q=%00", "q=%FF%FE", "q=%ED%A0%80"):
        assert client.get(f"/en/services/?{raw}").status_code == 400, raw
    assert kept_in(client.get("/en/services/?q=one&q=two&q[]=three")) == "two"
    assert kept_in(search("a\u202eb\u2066c\u200f\n d")) == "abc d"
    page = client.get("/en/services/?q=iqama&x=1").content.decode()
    assert 'href="/ar/services/?q=iqama&amp;x=1"' in page
