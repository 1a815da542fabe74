"""Which links and ages each service of the catalogue is open through, for filing and booking.

The reasons for the table stand in `docs/decisions/links-of-services.md`.
"""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from appointments.actions.rules import check_may_book
from core.accounts.models import Link, User
from core.catalogue.models import Service, Way
from core.exceptions import RuleViolation
from requests_app.actions.rules import check_may_file
from tests import factories
from tests.core.accounts.service_table import SERVICES, letters, rows, sentence
from tests.worlds import undone, world

# Who asks (oneself, or through these links), whom for, and a letter for each service.
TABLE = """
oneself        | citizen        | +++ nn nnn nn nn n
oneself        | citizen child  | +++ nn nnn nn nn n
oneself        | resident       | +++ +O OOO ++ ++ n
oneself        | resident child | +++ +O AAA AA ++ n
oneself        | visitor YE     | nnn nn nnn nn n+ +
oneself        | visitor SY     | nnn nn nnn nn n+ +
oneself        | visitor EG     | nnn nn nnn nn n+ n
oneself        | child from SY  | nnn nn nnn nn n+ +
employer       | citizen        | +++ nn nnn nn nn n
employer       | resident       | +++ ++ +++ ++ ++ n
employer       | resident child | +++ ++ AAA AA ++ n
employer       | visitor YE     | nnn nn nnn nn n+ o
employer       | visitor EG     | nnn nn nnn nn n+ n
host           | citizen        | ooo nn nnn nn nn n
host           | resident       | ooo oo ooo oo oo n
host           | resident child | ooo oo aaa aa oo n
host           | visitor YE     | nnn nn nnn nn nO +
host           | visitor EG     | nnn nn nnn nn no n
host           | child from SY  | nnn nn nnn nn nO +
guardian       | citizen child  | +++ nn nnn nn nn n
guardian       | resident child | +++ ++ AAA AA ++ n
guardian       | child from SY  | nnn nn nnn nn n+ o
guardian       | citizen        | lll ll lll ll ll l
guardian       | resident       | lll ll lll ll ll l
host, guardian | child from SY  | nnn nn nnn nn n+ +
host, employer | resident       | +++ ++ +++ ++ ++ n
representative | resident       | lll ll lll ll ll l
nobody         | resident       | lll ll lll ll ll l
"""
A_CHILD = timezone.localdate() - timedelta(days=3653)
PEOPLE = {
    "citizen": ("1000000008", "SA", date(1990, 1, 1)),
    "citizen child": ("1000000016", "SA", A_CHILD),
    "resident": ("2000000014", "PK", date(1990, 1, 1)),
    "resident child": ("2000000022", "PK", A_CHILD),
    "visitor YE": ("3000000001", "YE", date(1990, 1, 1)),
    "visitor SY": ("4000000002", "SY", date(1990, 1, 1)),
    "visitor EG": ("3000000003", "EG", date(1990, 1, 1)),
    "child from SY": ("4000000004", "SY", A_CHILD),
}


@world
def people():
    """Load the catalogue, with every service open to booking; return the people by their name."""
    call_command("load_reference", verbosity=0)
    Service.objects.update(can_be_booked=True)
    return {
        name: factories.IdentityFactory(number=number, nationality=nationality, birth_date=born)
        for name, (number, nationality, born) in PEOPLE.items()
    }


@pytest.fixture
def services(people, db):
    return {service.slug: service for service in Service.objects.all()}


def refusals(user, person, service):
    """Return the sentences with which filing and booking are refused; None where they are not."""
    filing = {"actor": user, "holder": user.identity, "beneficiary": person, "service": service}
    booking = {"actor": user, "holder": user.identity, "attendee": person, "service": service}
    for check, chosen in ((check_may_file, filing), (check_may_book, booking)):
        try:
            check(**chosen)
        except RuleViolation as violation:
            yield violation.message
        else:
            yield None


def who_asks(who, person):
    """Return a user who has these links to the person, or is the person."""
    if who == "oneself":
        return User(identity=person)
    asking = factories.UserFactory()
    for kind in who.split(", "):
        if kind != "nobody":
            factories.link(asking.identity, person, kind)
    return asking


def test_services_are_open_as_the_table_says(people, services):
    assert services.keys() == SERVICES.keys()
    for who, name, codes in rows(TABLE):
        with undone():
            person = people[name]
            asking = who_asks(who, person)
            for slug, letter in letters(codes):
                told = sentence(letter, slug, person.name_en)
                about = (who, name, slug)
                assert [*refusals(asking, person, services[slug])] == [told, told], about


def test_table_has_every_way_kind_and_age():
    ways = {way for who, *_rest in rows(TABLE) for way in who.split(", ")}
    assert ways == {*Way.values, *Link.Kind.values, "nobody"}
    assert {name for _who, name, _codes in rows(TABLE)} == PEOPLE.keys()


def test_ways_are_the_kinds_of_links_that_name_a_holder():
    assert {*Way.values} - {Way.ONESELF} == {*Link.Kind.values} - {Link.Kind.REPRESENTATIVE}


def test_ended_link_opens_nothing_that_another_link_does_not(people, services):
    person = people["resident"]
    asking = who_asks("host, employer", person)
    Link.objects.filter(kind="employer").update(until=timezone.localdate() - timedelta(days=1))
    told = sentence("o", "absconding-cancel", "")
    assert [*refusals(asking, person, services["absconding-cancel"])] == [told, told]


def test_a_service_for_minors_is_refused_to_adults(people):
    service = factories.ServiceFactory(name_en="School trips", age="minors")
    for name, told in (
        ("resident", "“School trips” is only for minors."),
        ("resident child", None),
    ):
        person = people[name]
        assert [*refusals(User(identity=person), person, service)] == [told, told], name


def test_refusal_names_no_service_that_is_closed(people, services):
    person, told = people["resident"], sentence("o", "sponsored-services", "")
    for closed in ("is_active", "takes_inquiries", "can_be_booked"):
        with undone():
            Service.objects.filter(slug="resident-services").update(**{closed: False})
            service = Service.objects.get(slug="sponsored-services")
            assert [*refusals(User(identity=person), person, service)] == [told, told], closed


def test_refusal_is_told_in_arabic(people, services):
    for name, slug, told in (
        (
            *("resident", "absconding-cancel"),
            "خدمة «إلغاء بلاغ الهروب» لا يطلبها إلا صاحب العمل. هل قُدِّم بلاغ تغيب عنك؟ "
            "يمكنك الاستفسار عمّا هو مسجل عنك. يرجى اختيار خدمة "
            "«الخدمات الخاصة بالمقيمين» بدلًا منها.",
        ),
        (
            *("resident child", "final-exit-visa"),
            "خدمة «الحصول على تأشيرة خروج نهائي» متاحة للبالغين فقط. هل الطلب عن طفل؟ "
            "يمكنك الاستفسار عمّا يلزم لمغادرته. يرجى اختيار خدمة "
            "«الخدمات الخاصة بالمقيمين» بدلًا منها.",
        ),
    ):
        with translation.override("ar"):
            person = people[name]
            assert [*refusals(User(identity=person), person, services[slug])] == [told, told]
    visitor = people["visitor EG"]
    with translation.override("ar"):
        (told, _same) = refusals(who_asks("host", visitor), visitor, services["resident-id-issue"])
    assert told == (
        "خدمة «إصدار الهوية الخاصة بالمقيم» لا يطلبها إلا المستفيد نفسه أو صاحب العمل أو ولي الأمر."
    )
