"""The pages of the catalogue: the list of services, and the page of each."""

import re

import pytest
from django.core.management import call_command

from core.catalogue.models import Service
from tests import factories
from tests.conftest import notices_on, words
from tests.worlds import undone

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


def test_list_groups_services_by_who_asks(reference, client):
    groups = groups_on(client.get("/en/services/"))
    assert {heading: len(names) for heading, names in groups.items()} == {
        "For citizens": 3,
        "For residents": 9,
        "For employers": 12,
        "For hosts of visitors": 1,
        "For visitors": 2,
    }
    assert groups["For citizens"] == ["Issue a passport", "Renew a passport", "Extend a passport"]
    groups = groups_on(client.get("/ar/services/"))
    assert groups["لمستضيفي الزائرين"] == [
        "تمديد تأشيرة زيارة الزائرين من الجنسية اليمنية والسورية"
    ]


def test_service_stands_with_all_whom_it_is_for_and_with_nobody_else(client, db):
    ways = {"name_en": "For two", "beneficiary_kinds": ["citizen"], "through": ["oneself", "host"]}
    factories.ServiceFactory(**ways)
    factories.ServiceFactory(name_en="For nobody yet", beneficiary_kinds=[])
    factories.ServiceFactory(beneficiary_kinds=["resident"], through=[])
    groups = groups_on(client.get("/en/services/"))
    assert {name: rows for name, rows in groups.items() if "For two" in rows} == {
        "For citizens": ["For two"],
        "For hosts of visitors": ["For two"],
    }


def test_usual_time_is_said_once_and_another_where_it_differs(client, db):
    factories.ServiceFactory.create_batch(2, target_working_days=7)
    slow = factories.ServiceFactory(name_en="Slow", target_working_days=20)
    for place in ("", "services/"):
        page = client.get(f"/en/{place}")
        assert words(page).count("Usually answered within 7 working days, unless") == 1
        assert words(page).count("within 7") == 1
        (row, *_others) = re.findall(
            rf'(?s)<li><a href="/en/services/{slow.slug}/".*?</li>', page.content.decode()
        )
        assert words(row) == "Slow Usually within 20 working days"


def test_home_and_list_link_to_every_service(reference, client):
    slugs = Service.objects.values_list("slug", flat=True)
    for language in ("ar", "en"):
        addresses = {f"/{language}/services/{slug}/" for slug in slugs}
        for place in ("", "services/"):
            page = client.get(f"/{language}/{place}").content.decode()
            assert addresses <= set(re.findall(r'href="([^"]*)"', page))
        for slug in slugs:
            page = client.get(f"/{language}/services/{slug}/")
            assert page.status_code == 200
            new = f'href="/{language}/inquiries/new/?service={slug}"'
            assert new in page.content.decode()


def test_the_page_of_a_service_in_english(reference, client):
    page = client.get("/en/services/visit-visa-extend-ye-sy/")
    assert facts_on(page) == {
        "Who it is for": "Visitors",
        "Nationalities": "Yemeni, Syrian",
        "For which age": "Any age",
        "Who can ask for it": "The person themselves or the host",
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
        "الفئة العمرية": "البالغون فقط",
        "من يحق له الطلب": "صاحب العمل وعن المنشأة يقدّم الطلب المفوَّض عنها.",
        "مدة الإنجاز": "عادةً خلال 5 أيام عمل",
    }
    assert section(page, "documents") == ("المستندات المطلوبة: مستند إثبات", ["مستند إثبات"])
    assert section(page, "conditions")[1] == [
        "ألا يكون قد مضى على البلاغ أكثر من 15 يومًا",
        "أن تكون الإقامة سارية المفعول عند تقديم البلاغ",
        "عدم صدور تأشيرة خروج نهائي للعامل",
        "ألا يكون على العامل أكثر من بلاغ واحد",
    ]


def test_the_page_of_a_service_leads_to_another_that_is_open(reference, client):
    for language, told in (
        (
            "en",
            "Were you reported absent? Ask what the record says about you. Services for residents",
        ),
        ("ar", "هل قُدِّم بلاغ تغيب عنك؟ يمكنك الاستفسار عمّا هو مسجل عنك. الخدمات الخاصة بالمقيمين"),
    ):
        page = client.get(f"/{language}/services/absconding-cancel/")
        assert notices_on(page) == [told]
        assert f'href="/{language}/services/resident-services/"' in page.content.decode()
    assert notices_on(client.get("/en/services/resident-services/")) == []
    Service.objects.filter(slug="final-exit-visa").update(instead_text_en="", instead_text_ar="")
    assert notices_on(client.get("/en/services/final-exit-visa/")) == ["Services for residents"]
    for closed in ("is_active", "takes_inquiries"):
        with undone():
            Service.objects.filter(slug="resident-services").update(**{closed: False})
            assert notices_on(client.get("/en/services/absconding-cancel/")) == [], closed


def test_a_service_without_documents_says_so(reference, client):
    assert section(client.get("/en/services/resident-services/"), "documents")[0] == (
        "No document is required. Optional documents that help: Supporting proof"
    )


def test_facts_of_a_service_are_described_in_words(client, db):
    everybody = ["visitor", "citizen", "resident"]
    for fields, english, arabic in (
        (
            {"beneficiary_kinds": everybody},
            *("Citizens, Residents, Visitors", "المواطنون، المقيمون، الزائرون"),
        ),
        (
            {"age": "minors"},
            *("Minors only", "القاصرون فقط"),
        ),
        (
            {"through": ["guardian", "host", "employer", "oneself"]},
            "The person themselves, the employer, the host or the guardian",
            "المستفيد نفسه أو صاحب العمل أو المستضيف أو ولي الأمر",
        ),
        # A nationality without a name in the portal is shown by its code.
        ({"nationalities": ["PK", "ZZ"]}, "Pakistani, ZZ", "الباكستانية، ZZ"),
        ({"target_working_days": 1}, "Usually within 1 working day", "عادةً خلال يوم عمل واحد"),
        ({"target_working_days": 2}, "Usually within 2 working days", "عادةً خلال يومي عمل"),
        ({"target_working_days": 3}, "Usually within 3 working days", "عادةً خلال 3 أيام عمل"),
        ({"target_working_days": 11}, "Usually within 11 working days", "عادةً خلال 11 يوم عمل"),
        ({"target_working_days": 100}, "Usually within 100 working days", "عادةً خلال 100 يوم عمل"),
    ):
        service = factories.ServiceFactory(**fields)
        for language, expected in (("en", english), ("ar", arabic)):
            page = client.get(f"/{language}/services/{service.slug}/")
            assert any(fact.startswith(expected) for fact in facts_on(page).values())
            assert ("<bdi>ZZ</bdi>" in page.content.decode()) == ("nationalities" in fields)


def test_closed_service_is_not_shown(client, db):
    factories.ServiceFactory(slug="closed-one", name_en="Closed", is_active=False)
    factories.ServiceFactory(slug="closed-two", name_en="Closed", takes_inquiries=False)
    for slug in ("closed-one", "closed-two"):
        assert client.get(f"/en/services/{slug}/").status_code == 404
    for place in ("", "services/", "services/?q=closed", "services/?q=nothing"):
        assert "closed-" not in client.get(f"/en/{place}").content.decode(), place


def test_without_services_the_list_is_empty_and_no_page_exists(client, db):
    page = client.get("/en/services/")
    assert (page.status_code, groups_on(page)) == (200, {})
    for name in ("nothing/", "خدمة/", "a/b/", "%27/", "1"):
        assert client.get(f"/en/services/{name}", follow=True).status_code == 404, name


def test_texts_of_staff_are_escaped(client, db):
    texts = dict.fromkeys(
        ("name_en", "description_en", "conditions_en", "prompt_en"), "<b>&amp;</b>{{ x }}"
    )
    service = factories.ServiceFactory(**texts)
    for address in ("services/", f"services/{service.slug}/", "services/?q=amp"):
        markup = client.get(f"/en/{address}").content.decode()
        assert "<b>" not in markup
        assert "&lt;b&gt;&amp;amp;&lt;/b&gt;{{ x }}" in markup
