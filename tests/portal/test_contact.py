"""The contact page."""

import re

from tests.conftest import main_of, words

PHONES = {
    "+966112573597": "011 257 3597",
    "+966126315858": "012 631 5858",
    "+966126080456": "012 608 0456",
}
MAIL = "992@gdp.gov.sa"
FAX = "011 477 8835"


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
