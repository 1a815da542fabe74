"""The contact page, and the links in the footer of every page."""

import re

from django.test import Client

from tests.conftest import words

PHONES = {
    "+966112573597": "011 257 3597",
    "+966126315858": "012 631 5858",
    "+966126080456": "012 608 0456",
}
MAIL = "992@gdp.gov.sa"
FAX = "011 477 8835"


def main_of(page):
    return re.search(r"(?s)<main.*?</main>", page.content.decode())[0]


def test_contact_page_links_every_channel(client, db):
    for language in ("ar", "en"):
        page = main_of(client.get(f"/{language}/contact/"))
        links = dict(re.findall(r'<a href="((?:tel|mailto):[^"]*)">(.*?)</a>', page))
        assert links == {
            **{f"tel:{number}": f'<bdi dir="ltr">{read}</bdi>' for number, read in PHONES.items()},
            f"mailto:{MAIL}": f'<bdi dir="ltr">{MAIL}</bdi>',
        }
        assert f'<p><bdi dir="ltr">{FAX}</bdi></p>' in page
    # The dialled number is the shown one.
    for number, read in PHONES.items():
        assert number == f"+966{read.replace(' ', '').removeprefix('0')}"


def test_each_channel_has_its_description(client, db):
    def channels(language):
        page = main_of(client.get(f"/{language}/contact/"))
        rows = re.findall(r"(?s)<dt>(.*?)</dt>(.*?)</div>", page)
        return {
            words(name): words(re.search(r'class="hint">(.*?)</p>', row)[1]) for name, row in rows
        }

    assert channels("en") == {
        "Riyadh, unified number": "Questions by phone about any service. Have your ID number and "
        "the number of your request or appointment at hand.",
        "Jeddah": "Questions by phone to the passports office in Jeddah. Have your ID number and "
        "the number of your request or appointment at hand.",
        "E-mail": "Questions and remarks in writing. Do not send documents: add them to an "
        "inquiry.",
        "Fax": "For letters sent by fax.",
    }
    assert channels("ar") == {
        "الرياض، الرقم الموحد": "للاستفسار الهاتفي عن جميع الخدمات. عند الاتصال يرجى تجهيز رقم "
        "الهوية ورقم الطلب أو الموعد.",
        "جدة": "للاستفسار الهاتفي من الجوازات في جدة. عند الاتصال يرجى تجهيز رقم الهوية ورقم "
        "الطلب أو الموعد.",
        "البريد الإلكتروني": "للاستفسارات والملاحظات المكتوبة. يرجى إرفاق المستندات "
        "بالطلب وعدم إرسالها بالبريد الإلكتروني.",
        "الفاكس": "للخطابات المرسلة بالفاكس.",
    }


def test_footer_of_every_page_links_services_and_contact(as_resident):
    for place in ("", "contact/", "services/", "account/sign-in/", "nothing/"):
        assert_footer(Client(), f"/ar/{place}", "ar")
        assert_footer(Client(), f"/en/{place}", "en")
    for place in ("my/", "inquiries/new/"):
        assert_footer(as_resident, f"/en/{place}", "en")


def assert_footer(browser, address, language):
    page = browser.get(address).content.decode()
    foot = re.search(r"(?s)<footer.*?</footer>", page)[0]
    links = dict(re.findall(r'<a href="(/[^"]*)">(.*?)</a>', foot))
    services, contact, display = {
        "ar": ("الخدمات", "قنوات التواصل", "حجم النص والألوان"),
        "en": ("Services", "Contact", "Text size and colours"),
    }[language]
    assert links == {
        f"/{language}/services/": services,
        f"/{language}/contact/": contact,
        f"/{language}/display/?next={address}": display,
    }
