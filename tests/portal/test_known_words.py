"""The words that people know from the directorate's announcements stand where they lead."""

import re
from urllib.parse import urlencode

import pytest

from tests import factories
from tests.appointments import places
from tests.appointments.browsing import criteria_of, verified
from tests.conftest import ask_for_code, signed_in, words

pytestmark = pytest.mark.django_db


def named(page, *tags):
    """Return what the elements of these kinds say, in their order."""
    found = re.findall(rf"(?s)<({'|'.join(tags)})\b[^>]*>(.*?)</\1>", page.content.decode())
    return [words(inside) for _tag, inside in found]


def test_way_to_an_inquiry(client):
    home = client.get("/ar/")
    assert "الخدمات الإلكترونية" in named(home, "h1")[0]
    assert "خدماتي" in named(home, "a")
    user = factories.UserFactory()
    browser = signed_in(user)
    mine = browser.get("/ar/my/")
    assert {"خدماتي", "الجوازات"} <= set(re.findall(r"\w+", " ".join(named(mine, "h2"))))
    assert "تواصل: تقديم الطلب" in named(mine, "a")
    assert "التالي" in named(browser.get("/ar/inquiries/new/"), "button")

    inquiry = factories.draft(user)
    step = f"/ar/inquiries/{inquiry.reference}/"
    assert "التالي" in named(browser.get(f"{step}details/"), "button")
    assert "التالي" in named(browser.get(f"{step}documents/"), "a")
    assert "تأكيد الطلب" in named(browser.get(f"{step}review/"), "button")
    assert "إرسال" in named(ask_for_code(browser, inquiry, "ar", follow=True), "button")


def test_way_to_an_appointment():
    slot = places.some_slot()
    user, service = factories.UserFactory(), factories.ServiceFactory()
    asked = signed_in(user).get("/ar/appointments/", follow=True)
    assert "التحقق من البيانات" in named(asked, "button")
    browser = verified(user)
    for page in ("", "my/", "appointments/"):
        assert "حجز موعد جديد" in named(browser.get(f"/ar/{page}"), "a"), page
    new = "/ar/appointments/new/"
    assert any(each.startswith("التالي") for each in named(browser.get(new), "button"))
    criteria = {**criteria_of(user.identity, service), "office": slot.office.slug, "day": slot.day}
    times = browser.get(f"{new}time/?{urlencode(criteria)}")
    assert any(each.startswith("حفظ") for each in named(times, "button"))
    held = places.held(user, slot=slot)
    page = browser.get(f"/ar/appointments/{held.reference}/")
    assert any(each.startswith("تأكيد") for each in named(page, "button"))
