"""The search of the catalogue: any spelling finds the service, and any input is harmless."""

import html
import re

import pytest
from django.core.management import call_command
from django.test import Client

from tests import factories
from tests.conftest import notices_on, words


@pytest.fixture
def reference(db):
    call_command("load_reference", verbosity=0)


def search(query, language="en", client=None):
    return (client or Client()).get(f"/{language}/services/", {"q": query})


def found_on(page):
    """Return the slugs of the services that were found."""
    rows = re.search(r'(?s)<ul class="rows">.*?</ul>', page.content.decode())
    return re.findall(r"/services/([\w-]+)/", rows[0]) if rows else []


def kept_in(page):
    """Return the value of the search box."""
    box = re.search(r'<input [^>]*name="q"[^>]*>', page.content.decode())[0]
    return html.unescape(re.search(r'value="([^"]*)"', box)[1])


SPELLINGS = [
    "تجديد الإقامة",
    "تجديد الاقامة",
    "تجديد الاقامه",
    "تجديد اقامة",
    "الإقامة تجديد",
    "تجديد الأقامة",
    "تَجْدِيدُ الإِقَامَةِ",
    "تجـــديد الإقـــامة",
    "تجديد والإقامة",
    "تجديد الإقا",
    "تجد إقام",
    "تجدید الاقامة",
    "ﺗﺠﺪﻳﺪ ﺍﻹﻗﺎﻣﺔ",
    "\u200fتجديد\u200f الإقامة\u200e",
    "«تجديد، الإقامة»",
    "renew iqama",
    "Renew Residency",
    "RENEW RESIDENCY (IQAMA)",
    "  iqama \t renew ",
    "ｒｅｎｅｗ ｉｑａｍａ",
    "iqama, renew!",
    "resid permit renew",
]


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("query", SPELLINGS)
def test_every_spelling_finds_the_same_service(reference, query, language):
    assert found_on(search(query, language)) == ["iqama-renew"]


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("نقل خدمات المقيمين", "sponsorship-transfer"),
        ("نقل الكفالة", "sponsorship-transfer"),
        ("خروج نهائي", "final-exit-visa"),
        ("بلاغ الهروب", "absconding-cancel"),
        ("بلاغ تغيب", "absconding-cancel"),
        ("huroob", "absconding-cancel"),
        ("هوية مقيم", "resident-id-issue"),
        ("زيارة سوري", "visit-visa-extend-ye-sy"),
        ("يمني", "visit-visa-extend-ye-sy"),
        ("تعديل مهنة", "profession-change"),
        ("sponsor transfer", "sponsorship-transfer"),
        ("makfoul", "sponsored-services"),
        ("extend passport", "passport-extend"),
    ],
)
def test_words_of_name_and_description_are_found(reference, query, slug):
    assert slug in found_on(search(query, "ar"))


@pytest.mark.parametrize("query", ["نموذج ١٢", "نموذج ۱۲", "نموذج 12", "FORM 12", "form １２"])
def test_digits_of_every_script_are_found(db, query):
    factories.ServiceFactory(slug="other", name_en="Form 13", name_ar="نموذج 13")
    factories.ServiceFactory(slug="wanted", name_en="Form 12", name_ar="نموذج ١٢")
    assert found_on(search(query)) == ["wanted"]


def test_words_are_found_by_prefix_only(db):
    factories.ServiceFactory(slug="begins", description_en="Extension of stay.")
    factories.ServiceFactory(slug="contains", description_en="Overextension and unstaying.")
    assert found_on(search("ext stay")) == ["begins"]


def test_all_words_must_match(reference):
    assert "passport-renew" in found_on(search("passport"))
    assert found_on(search("passport huroob")) == []


def test_results_show_description_in_page_language(reference):
    page = search("huroob", "ar")
    assert "إلغاء بلاغ الهروب إلغاء بلاغ التغيب عن العمل المقدَّم على عامل" in words(page)


@pytest.mark.parametrize(
    ("count", "english", "arabic"),
    [
        (1, "1 service found", "نتيجة واحدة"),
        (2, "2 services found", "نتيجتان"),
        (3, "3 services found", "3 نتائج"),
        (11, "11 services found", "11 نتيجة"),
    ],
)
def test_result_count_is_described_in_words(db, count, english, arabic):
    for _service in range(count):
        factories.ServiceFactory()
    for language, expected in (("en", english), ("ar", arabic)):
        assert f"<h2>{expected}</h2>" in search("residents", language).content.decode()


@pytest.mark.parametrize("query", ["zebra", "???", "%", "_", "\u200f.\u200f"])
def test_search_without_result_shows_all(reference, query):
    page = search(query)
    shown = "." if "." in query else query
    assert notices_on(page) == [
        f"No service matches “{shown}”. Try fewer or other words, or choose from all services."
    ]
    assert len(re.findall(r'href="/en/services/[\w-]+/"', page.content.decode())) == 13


@pytest.mark.parametrize("query", ["", "   ", "\u200f\u202e", "\n\t"])
def test_empty_search_shows_the_list(reference, query):
    page = search(query)
    assert (notices_on(page), kept_in(page)) == ([], "")
    assert len(re.findall(r'href="/en/services/[\w-]+/"', page.content.decode())) == 13


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1; DROP TABLE catalogue_service; --",
    "{{ request.user }}{% debug %}",
    "((((((((((",
    "(?:a+)+$" + "a" * 60,
    "\\",
    "%s %(query)s %",
    "\U0001f600",
    "ﷺ" * 100,
    "ا" * 100,
    "é" + "\u0301" * 30,
    "\ufffd",
    "../../etc/passwd",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", ["ar", "en"])
def test_hostile_query_is_kept_and_harmless(reference, query, language):
    page = search(query, language)
    assert page.status_code == 200
    assert kept_in(page) == query
    markup = page.content.decode()
    assert not re.search(r"<(?:script>|img)", markup)


@pytest.mark.parametrize("length", [99, 100, 101, 5000])
def test_at_most_a_hundred_characters_are_read(reference, length):
    page = search("x" * length)
    assert kept_in(page) == "x" * min(length, 100)
    assert 'maxlength="100"' in page.content.decode()


def test_bidi_marks_are_not_kept(reference):
    assert kept_in(search("a\u202eb\u2066c\u200f\n d")) == "abc d"


@pytest.mark.parametrize("raw", ["q=%00", "q=%FF%FE", "q=%ED%A0%80"])
def test_bytes_that_are_not_text_are_refused(reference, client, raw):
    assert client.get(f"/en/services/?{raw}").status_code == 400


def test_last_of_several_queries_is_used(reference, client):
    assert kept_in(client.get("/en/services/?q=one&q=two&q[]=three")) == "two"


def test_language_switch_keeps_the_query(reference, client):
    page = client.get("/en/services/?q=iqama&x=1").content.decode()
    assert 'href="/ar/services/?q=iqama&amp;x=1"' in page
