"""Messages that wait are in the language that the person has when they leave."""

from datetime import timedelta

import pytest
from django.conf import settings

from appointments import actions
from core.accounts.actions import choose_language
from core.messaging.actions import delivery
from core.messaging.actions.notices import Recipient, notify
from core.messaging.gateways import DemoPhone, GatewayError
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in
from tests.core.accounts import pages
from tests.delivery import deliver_due

pytestmark = pytest.mark.both_engines

ENGLISH = (
    "Tawasul: the office will be open. Appointment 8123-4567-8906 for Mohammed is valid: "
    "Services for residents, Sunday 3 May 2026 CE (16 Dhu al-Qadah 1447 AH) 12:00, Olaya."
)
ARABIC = (
    "تواصل: أُعيد فتح المكتب، وموعد محمد رقم 8123\u00a04567\u00a08906 قائم: "
    "الخدمات الخاصة بالمقيمين، الأحد 16/11/1447هـ (3/5/2026م) 12:00، العليا."
)
SUBJECTS = {
    "en": "Tawasul: your appointment 8123-4567-8906",
    "ar": "تواصل: موعدك رقم 8123\u00a04567\u00a08906",
}
WORDS = {"en": ENGLISH, "ar": ARABIC}


class PhoneThatIsOff(DemoPhone):
    def send(self, **_message):
        raise GatewayError("off")


@pytest.fixture
def person(db):
    return factories.UserFactory(email="person@example.org")


@pytest.fixture
def appointment(person, clock):
    appointment = places.confirmed(person, slot=places.some_slot())
    appointment.reference = "812345678906"
    appointment.slot.office.short_name_ar = "العليا"
    appointment.slot.start = places.at(places.SUNDAY, "12:00")
    Message.objects.all().delete()
    return appointment


def tell(person, appointment, **options):
    """Write a notice to the person, in the language that they have now."""
    to = Recipient(person.mobile, person.email, person.language, person.pk)
    context = {"appointment": appointment}
    notify([to], "appointment_restored", context, about=appointment.reference, **options)


def received():
    """Return what has arrived, as (subject, text), in order; a text has no subject."""
    return [(each["subject"], each["text"]) for each in DemoPhone().received()[::-1]]


def both_ways(language):
    return [("", WORDS[language]), (SUBJECTS[language], WORDS[language])]


def test_what_waits_until_morning_is_in_the_language_of_then(person, appointment, clock):
    morning = clock.now + timedelta(hours=10)
    tell(person, appointment, not_before=morning)
    choose_language(actor=person, language="ar")
    clock.now = morning
    assert deliver_due() == 2
    assert received() == both_ways("ar")


def test_it_follows_from_the_page_of_the_account(person, appointment, clock):
    tell(person, appointment, not_before=clock.now + timedelta(hours=1))
    signed_in(person).post(pages.MESSAGES, {"language": "ar"})
    assert person.__class__.objects.get(pk=person.pk).language == "ar"
    clock.now += timedelta(hours=1)
    deliver_due()
    assert received() == both_ways("ar")


def test_who_changes_their_mind_gets_the_last_language(person, appointment):
    tell(person, appointment)
    for language in ("ar", "ar", "en"):
        choose_language(actor=person, language=language)
    deliver_due()
    assert received() == both_ways("en")


def test_what_a_gateway_did_not_take_follows_too(person, appointment, clock, monkeypatch):
    tell(person, appointment)
    with monkeypatch.context() as off:
        off.setattr(settings, "SMS_GATEWAY", f"{__name__}.PhoneThatIsOff")
        deliver_due(limit=1)
    choose_language(actor=person, language="ar")
    clock.now += timedelta(minutes=1)
    deliver_due()
    assert sorted(received()) == sorted(both_ways("ar"))


def test_what_leaves_at_that_moment_is_recorded_as_it_left(person, appointment):
    tell(person, appointment)
    leased = delivery.lease_due(2)
    choose_language(actor=person, language="ar")
    for message in leased:
        delivery.record(message, delivery.send(message))
    assert received() == both_ways("en")
    rows = Message.objects.order_by("pk").values_list("language", "subject", "text", "other_text")
    assert list(rows) == [("en", *words, "") for words in both_ways("en")]


def test_nobody_elses_and_nothing_of_the_account_follows(person, appointment):
    """What has no owner keeps its language, and so do codes and what has been sent."""
    other = factories.UserFactory(email="other@example.org")
    tell(other, appointment)
    without = Recipient("+966500000001", "", "en", None)
    context = {"appointment": appointment}
    notify([without], "appointment_restored", context, about="")
    kept = [
        factories.MessageFactory(owner=person.pk, is_encrypted=True, other_text="ar"),
        factories.MessageFactory(owner=person.pk, status=Message.Status.SENT, other_text="ar"),
        factories.MessageFactory(owner=person.pk, other_text=""),  # from before an upgrade
    ]
    before = list(Message.objects.order_by("pk").values())
    choose_language(actor=person, language="ar")
    assert list(Message.objects.order_by("pk").values()) == before
    assert len(before) == len(kept) + 3


def test_a_message_takes_one_statement_to_write_as_before(
    person, appointment, django_assert_num_queries
):
    with django_assert_num_queries(2):
        tell(person, appointment)


def test_both_wordings_wait_and_the_other_goes_when_it_is_sent_or_too_late(
    person, appointment, clock
):
    tell(person, appointment)
    tell(person, appointment, not_before=clock.now + timedelta(hours=1), not_after=clock.now)
    assert set(Message.objects.values_list("other_text", flat=True)) == {ARABIC}
    deliver_due()
    delivery.expire_late()
    assert set(Message.objects.values_list("other_text", flat=True)) == {""}


def test_what_an_action_tells_is_in_both(person, appointment):
    actions.cancel(actor=person, appointment=appointment)
    assert Message.objects.filter(owner=person.pk).exclude(other_text="").count() == 2
