"""Announcements: on which pages and for how long they are shown, and who keeps them."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tawasul.portal.models import Announcement
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import DAYS, OFFICES, TIMES, address, criteria_of, verified
from tests.conftest import notices_on, signed_in_staff

pytestmark = pytest.mark.django_db

LIST = "/en/staff/portal/announcement/"
HOME = "/en/"
FORM = {
    "text_ar": "يغلق المكتب مبكرًا",
    "text_en": "The office closes early.",
    "begins_at": "2026-05-04 08:30",
    "ends_at": "1447-11-18 ٠٩:٠٠",
}
BEGINS, ENDS = places.at(places.MONDAY, "08:30"), places.at(places.TUESDAY, "09:00")


@pytest.fixture
def clock(monkeypatch):
    clock = places.Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def test_announcement_is_shown_where_all_that_it_names_is_chosen(resident):
    slot = places.some_slot(capacity=4)
    office, other = slot.office, places.office("jeddah", region=places.region("makkah", "SA-02"))
    service, another = factories.ServiceFactory.create_batch(2)
    for text, named in {
        "everywhere": {},
        "service": {"service": service},
        "region": {"region": office.region},
        "office": {"office": office},
        "service there": {"service": service, "office": office},
        "other service": {"service": another},
        "other region": {"region": other.region},
        "other office": {"office": other},
        "service elsewhere": {"service": service, "region": other.region},
    }.items():
        factories.announcement(text, text_ar=f"بالعربية {text}", **named)
    criteria = criteria_of(resident.identity, service)
    chosen = {"office": office.slug, "day": slot.day}
    of_choice = {"everywhere", "service", "region"}
    at_office = of_choice | {"office", "service there"}
    for page, expected in {
        HOME: {"everywhere"},
        f"/en/services/{service.slug}/": {"everywhere", "service"},
        f"/en/services/{another.slug}/": {"everywhere", "other service"},
        address(OFFICES, criteria): of_choice,
        address(DAYS, criteria, **chosen): at_office,
        address(TIMES, criteria, **chosen): at_office,
    }.items():
        browser = verified(resident)
        assert {*notices_on(browser.get(page))} == expected, page
        arabic = browser.get(page.replace("/en/", "/ar/", 1))
        assert {*notices_on(arabic)} == {f"بالعربية {text}" for text in expected}, page
        assert '<section class="notices" aria-label="إعلانات">' in arabic.content.decode(), page


def test_page_that_is_kept_begins_and_ends_with_its_announcement(clock, django_assert_num_queries):
    factories.announcement("Now", begins_at=BEGINS, ends_at=ENDS)
    second = timedelta(seconds=1)
    before = None
    for now, shown, max_age in (
        (BEGINS - 90 * second, [], 60),
        (BEGINS - 30 * second, [], 30),
        (BEGINS - second / 2, [], 0),
        (BEGINS, ["Now"], 60),
        (ENDS - 7 * second, ["Now"], 7),
        (ENDS, [], 60),
    ):
        clock.now = now
        first = Client().get(HOME)
        with django_assert_num_queries(0):
            kept = Client().get(HOME)
            known = Client().get(HOME, headers={"if-none-match": first["ETag"]})
        assert known.status_code == 304
        for answer in (first, kept, known):
            assert answer["Cache-Control"] == f"public, max-age={max_age}", now
        assert notices_on(kept) == shown, now
        assert len(cache._cache) == 1
        # Whoever had the page of before gets the other one.
        if before and before["ETag"] != first["ETag"]:
            again = Client().get(HOME, headers={"if-none-match": before["ETag"]})
            assert again.status_code == 200, now
        before = first


def test_hostile_text_is_shown_as_text():
    text = "<script>alert(1)</script> <b>&amp;"
    factories.announcement(text)
    page = Client().get(HOME)
    assert notices_on(page) == [text]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;&amp;amp;" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def errors_of(page):
    return {name: list(errors) for name, errors in page.context["adminform"].form.errors.items()}


ENDS_FIRST = "An announcement has to end after it begins."
NO_MOMENT = "Enter the day and the time, for example 2026-06-05 08:30."


def test_editor_keeps_announcements_of_everywhere(clock):
    editor = factories.of_role("editor")
    browser, office, service = signed_in_staff(editor), places.office(), factories.ServiceFactory()
    add = f"{LIST}add/"
    for changes, told in (
        ({"text_ar": ""}, {"text_ar": ["Fill this in."]}),
        ({"text_en": " \u200f"}, {"text_en": ["Fill this in."]}),
        (
            {"text_en": "x" * 301},
            {"text_en": ["Ensure this value has at most 300 characters (it has 301)."]},
        ),
        ({"ends_at": FORM["begins_at"]}, {"__all__": [ENDS_FIRST]}),
        (
            {"office": office.pk, "region": office.region_id},
            {"__all__": ["Choose a region or an office, not both."]},
        ),
        *(
            ({"ends_at": typed}, {"ends_at": [NO_MOMENT]})
            for typed in ("2026-05-05", "9999-12-31 23:59", "0001-01-01 00:00", "1447-13-01 09:00")
        ),
    ):
        assert errors_of(browser.post(add, {**FORM, **changes})) == told, changes
    assert not Announcement.objects.exists()
    assert browser.post(add, {**FORM, "office": office.pk, "service": service.pk}).url == LIST
    kept = Announcement.objects.get()
    assert (kept.begins_at, kept.ends_at) == (BEGINS, ENDS)
    change = f"{LIST}{kept.pk}/change/"
    shown = browser.get(change).context["adminform"].form
    assert 'value="2026-05-04 08:30"' in str(shown["begins_at"])
    browser.post(change, {**FORM, "text_en": "Changed."})
    assert str(Announcement.objects.get()) == "Changed."
    assert Announcement.objects.get().office is None
    browser.post(f"{LIST}{kept.pk}/delete/", {"post": "yes"})
    assert not Announcement.objects.exists()
    assert LogEntry.objects.filter(user=editor).count() == 3


def test_manager_keeps_announcements_of_their_own_offices_alone(clock):
    manager = factories.of_role("manager")
    own, other = places.office(), places.office("olaya", "Olaya")
    manager.offices.add(own)
    browser = signed_in_staff(manager)
    theirs = factories.announcement("Theirs", office=own)
    others = [
        factories.announcement("Of another office", office=other),
        factories.announcement("Of everywhere"),
        factories.announcement("Of the region", region=own.region),
    ]
    rows = re.findall(rf"{LIST}(\d+)/change/", browser.get(LIST).content.decode())
    assert rows == [str(theirs.pk)]
    form = browser.get(f"{LIST}add/").context["adminform"].form
    assert "region" not in form.fields
    assert [*form.fields["office"].queryset] == [own]
    before = [*Announcement.objects.order_by("pk").values()]
    for office in ("", other.pk):
        assert "office" in errors_of(browser.post(f"{LIST}add/", {**FORM, "office": office}))
        change = browser.post(f"{LIST}{theirs.pk}/change/", {**FORM, "office": office})
        assert "office" in errors_of(change)
    for each in others:
        for page in ("change", "delete", "history"):
            place = f"{LIST}{each.pk}/{page}/"
            assert browser.get(place).url == "/en/staff/", place
            form = {**FORM, "office": own.pk, "post": "yes"}
            assert browser.post(place, form).status_code in (302, 405), place
    assert [*Announcement.objects.order_by("pk").values()] == before
    form = {**FORM, "office": own.pk, "region": other.region_id}
    assert browser.post(f"{LIST}add/", form).url == LIST
    added = Announcement.objects.exclude(pk__in=[row["id"] for row in before]).get()
    assert (added.office, added.region) == (own, None)


def test_database_refuses_what_ends_before_it_begins_and_two_places():
    office = places.office()
    for wrong in ({"ends_at": timezone.now() - timedelta(days=1)}, {"office": office}):
        with pytest.raises(IntegrityError), transaction.atomic():
            factories.announcement(region=office.region, **wrong)
