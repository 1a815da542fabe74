"""The pages of the catalogue: the list of services, and the page of each."""

import re

import pytest
from django.core.management import call_command

from core.catalogue.models import Service
from tests import factories
from tests.conftest import words
from tests.portal.test_queries import queries

MAX = 3


@pytest.fixture
def reference(db):
    call_command("load_reference", verbosity=0)


def facts_on(page):
    """Return the summary of a service: each term with its value."""
    pairs = re.findall(r"(?s)<dt>(.*?)</dt><dd>(.*?)</dd>", page.content.decode())
    return {words(name): words(fact) for name, fact in pairs}


def section(page, name):
    """Return the words of a section without its heading, and the items of its lists."""
    markup = page.content.decode()
    markup = re.search(rf'(?s)<section aria-labelledby="{name}">(.*?)</section>', markup)[1]
    markup = re.sub(r"(?s)<h2.*?</h2>", "", markup)
    items = re.findall(r"(?s)<li>.*?</li>", markup)
    return words(markup), [words(item) for item in items]


def groups_on(page):
    """Return the headings of the list with the names under each."""
    parts = re.findall(
        r'(?s)<h2>([^<]*)</h2>\s*<ul class="services">(.*?)</ul>', page.content.decode()
    )
    names = r"(?s)<li><a [^>]*>(.*?)</a>"
    return {heading: re.findall(names, rows) for heading, rows in parts}


def test_list_groups_services_by_beneficiary_kind(reference, client):
    groups = groups_on(client.get("/en/services/"))
    assert {heading: len(names) for heading, names in groups.items()} == {
        "Citizens": 3,
        "Residents": 9,
        "Visitors": 1,
    }
    assert groups["Citizens"] == ["Issue a passport", "Renew a passport", "Extend a passport"]
    groups = groups_on(client.get("/ar/services/"))
    assert groups["الزائرون"] == ["تمديد تأشيرة زيارة الزائرين من الجنسية اليمنية والسورية"]


def test_service_for_several_kinds_is_listed_once(client, db):
    factories.ServiceFactory(name_en="For all", beneficiary_kinds=["visitor", "resident"])
    factories.ServiceFactory(name_en="For nobody yet", beneficiary_kinds=[])
    assert groups_on(client.get("/en/services/")) == {"Residents": ["For all"]}


@pytest.mark.parametrize("language", ["ar", "en"])
def test_home_and_list_link_to_every_service(reference, client, language):
    addresses = {f"/{language}/services/{slug}/" for slug in slugs()}
    for place in ("", "services/"):
        page = client.get(f"/{language}/{place}").content.decode()
        assert addresses <= set(re.findall(r'href="([^"]*)"', page))
    assert {client.get(address).status_code for address in addresses} == {200}


def slugs():
    return Service.objects.values_list("slug", flat=True)


def test_the_page_of_a_service_in_english(reference, client):
    page = client.get("/en/services/visit-visa-extend-ye-sy/")
    assert facts_on(page) == {
        "Who it is for": "Visitors",
        "Nationalities": "Yemeni, Syrian",
        "Who can file an inquiry": "The person themselves, or somebody linked to them, such as the "
        "guardian, the employer or the host.",
        "How long it takes": "Usually within 5 working days",
    }
    assert "Extend a visit visa for Yemeni and Syrian visitors" in words(page)
    assert (
        "A longer stay for a visitor of Yemeni or Syrian nationality; the host usually asks for "
        "it. An inquiry can find out why an extension was refused, or why a fee you paid or the "
        "new expiry date is not shown."
    ) in words(page)
    assert section(page, "documents") == (
        "Required documents: Copy of the current passport Copy of the visit visa "
        "Optional documents that help: Supporting proof",
        ["Copy of the current passport", "Copy of the visit visa", "Supporting proof"],
    )
    said, conditions = section(page, "conditions")
    assert said.startswith(
        "These conditions usually apply. What counts are the rules in force on the day you apply."
    )
    assert conditions == [
        "The visitor's border number",
        "The visitor is of Yemeni or Syrian nationality",
        "The fees have been paid",
        "The host has an Absher account",
    ]
    assert section(page, "prompt")[1][0] == "When the visit visa expires"


def test_the_page_of_a_service_in_arabic(reference, client):
    page = client.get("/ar/services/absconding-cancel/")
    assert facts_on(page) == {
        "فئة المستفيدين": "المقيمون",
        "من يحق له التقديم": "شخص مرتبط بالمستفيد، مثل صاحب العمل أو المستضيف أو ولي الأمر، ولا "
        "يمكن للمستفيد تقديم الطلب بنفسه.",
        "مدة الإنجاز": "عادةً خلال 5 أيام عمل",
    }
    assert section(page, "documents") == ("المستندات المطلوبة: مستند إثبات", ["مستند إثبات"])
    assert section(page, "conditions")[1] == [
        "ألا يكون قد مضى على البلاغ أكثر من 15 يومًا",
        "أن تكون الإقامة سارية المفعول عند تقديم البلاغ",
        "عدم صدور تأشيرة خروج نهائي للعامل",
        "ألا يكون على العامل أكثر من بلاغ واحد",
    ]


def test_a_service_without_documents_says_so(reference, client):
    assert section(client.get("/en/services/resident-services/"), "documents")[0] == (
        "No document is required. Optional documents that help: Supporting proof"
    )


def test_beneficiaries_are_described_in_words(client, db):
    service = factories.ServiceFactory(beneficiary_kinds=["visitor", "citizen", "resident"])
    for language, kinds in (
        ("en", "Citizens, Residents, Visitors"),
        ("ar", "المواطنون، المقيمون، الزائرون"),
    ):
        page = client.get(f"/{language}/services/{service.slug}/")
        assert kinds in facts_on(page).values()


def test_nationality_is_shown_by_name_or_else_by_code(client, db):
    service = factories.ServiceFactory(nationalities=["PK", "ZZ"])
    for language, names in (("en", "Pakistani, ZZ"), ("ar", "الباكستانية، ZZ")):
        page = client.get(f"/{language}/services/{service.slug}/")
        assert names in facts_on(page).values()
        assert "<bdi>ZZ</bdi>" in page.content.decode()


@pytest.mark.parametrize(
    ("days", "english", "arabic"),
    [
        (1, "Usually within 1 working day", "عادةً خلال يوم عمل واحد"),
        (2, "Usually within 2 working days", "عادةً خلال يومي عمل"),
        (3, "Usually within 3 working days", "عادةً خلال 3 أيام عمل"),
        (11, "Usually within 11 working days", "عادةً خلال 11 يوم عمل"),
        (100, "Usually within 100 working days", "عادةً خلال 100 يوم عمل"),
    ],
)
def test_processing_time_is_described_in_words(client, db, days, english, arabic):
    service = factories.ServiceFactory(target_working_days=days)
    for language, expected in (("en", english), ("ar", arabic)):
        page = client.get(f"/{language}/services/{service.slug}/")
        assert expected in facts_on(page).values()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_service_page_links_to_new_inquiry(reference, client, language):
    page = client.get(f"/{language}/services/iqama-renew/").content.decode()
    assert f'href="/{language}/inquiries/new/?service=iqama-renew"' in page


@pytest.mark.parametrize("closed", [{"is_active": False}, {"takes_inquiries": False}])
def test_closed_service_is_not_shown(client, db, closed):
    service = factories.ServiceFactory(slug="closed-one", name_en="Closed", **closed)
    assert client.get(f"/en/services/{service.slug}/").status_code == 404
    for place in ("", "services/", "services/?q=closed", "services/?q=nothing"):
        assert "closed-one" not in client.get(f"/en/{place}").content.decode()


@pytest.mark.parametrize(
    "address",
    ["services/nothing/", "services/خدمة/", "services/a/b/", "services/%27/", "services/1"],
)
def test_unknown_service_has_no_page(client, db, address):
    assert client.get(f"/en/{address}", follow=True).status_code == 404


def test_without_services_the_list_is_empty(client, db):
    page = client.get("/en/services/")
    assert (page.status_code, groups_on(page)) == (200, {})


def test_texts_of_staff_are_escaped(client, db):
    texts = dict.fromkeys(
        ("name_en", "description_en", "conditions_en", "prompt_en"), "<b>&amp;</b>{{ x }}"
    )
    service = factories.ServiceFactory(**texts)
    for address in ("services/", f"services/{service.slug}/", "services/?q=amp"):
        markup = client.get(f"/en/{address}").content.decode()
        assert "<b>" not in markup
        assert "&lt;b&gt;&amp;amp;&lt;/b&gt;{{ x }}" in markup


@pytest.mark.parametrize("address", ["services/", "services/?q=service", "services/?q=nothing"])
def test_query_count_of_list_does_not_grow_with_services(client, db, address):
    factories.ServiceFactory()
    for_one, _page = queries(client, f"/en/{address}")
    last = [factories.ServiceFactory() for _row in range(29)][-1]
    for_thirty, page = queries(client, f"/en/{address}")
    assert last.slug in page
    assert for_thirty == for_one <= MAX


def test_query_count_of_page_does_not_grow_with_documents(client, db):
    service = factories.ServiceFactory()

    def add(number):
        document = factories.document_type(slug=f"document-{number}")
        service.documents.add(document)
        service.optional_documents.add(document)

    add(0)
    for_one, _page = queries(client, f"/en/services/{service.slug}/")
    for number in range(1, 30):
        add(number)
    for_thirty, page = queries(client, f"/en/services/{service.slug}/")
    assert page.count("<li>Supporting proof</li>") == 60
    assert for_thirty == for_one <= MAX
