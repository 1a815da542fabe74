"""The past that the demo begins with, and the people of today."""

import datetime
import re
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F
from django.urls import reverse
from django.utils import timezone, translation

from appointments.models import Appointment, AppointmentEvent, Closure, Slot, Waiting
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app.models import Attachment, CannedText, Decision, Inquiry, InquiryEvent
from tawasul.portal.demo_data import appointments, filling, today
from tawasul.portal.demo_data.clock import clock_at
from tawasul.portal.demo_data.inquiries import stories
from tawasul.portal.management.commands.load_demo import OFFICE
from tawasul.portal.models import Announcement, Feedback
from tests.conftest import signed_in_staff
from tests.worlds import undone, world

pytestmark = pytest.mark.xdist_group("demo data")

STANDINGS = {"due", "late", "here", "called", "served", "missed"}
# A Monday at noon, a Friday night after midnight, and the first minutes of an office's day.
NOON = datetime.datetime(2026, 11, 30, 9, tzinfo=datetime.UTC)
HOURS = [
    datetime.datetime(2026, 12, 11, 23, 10, tzinfo=datetime.UTC),
    datetime.datetime(2026, 12, 14, 3, 5, tzinfo=datetime.UTC),
]


def start():
    call_command("fill_demo", verbosity=0)


@world
def filled():
    # One past appointment a day has every way in which they end.
    with clock_at(NOON), patch.object(appointments, "A_DAY", 1):
        for command in ("load_reference", "load_offices"):
            call_command(command, verbosity=0)
        start()


@pytest.fixture(autouse=True)
def _at_noon(filled, db, decoder_process):
    with clock_at(NOON):
        yield


def counts(rows, *fields):
    counted = rows.order_by().values_list(*fields).annotate(Count("pk"))
    return {row[:-1] if len(fields) > 1 else row[0]: row[-1] for row in counted}


def test_every_status_of_both_services_is_there():
    assert set(counts(Inquiry.objects, "status")) == set(Inquiry.Status)
    # A return ends after thirty days, and the demo has three weeks of history.
    outcomes = {"", *Inquiry.Outcome.values} - {Inquiry.Outcome.UNANSWERED}
    assert set(counts(Inquiry.objects.filed(), "outcome")) == outcomes
    assert Inquiry.objects.filter(rejected_by__isnull=False).count() == 1
    assert len(stories()) == Inquiry.objects.count() >= 80
    never_left = {Appointment.Status.HELD, Appointment.Status.EXPIRED}
    assert set(counts(Appointment.objects, "status")) == set(Appointment.Status) - never_left
    assert Appointment.objects.filter(made_by_office=True, is_walk_in=False).exists()
    assert Waiting.objects.open().wishes().count() == 2


def test_texts_do_not_repeat():
    texts = Inquiry.objects.values_list("description", flat=True)
    assert len(set(texts)) == len(texts)
    assert sum(bool(re.search("[a-z]{4}", text)) for text in texts) >= 15


def test_officers_have_work_and_some_of_it_is_late():
    officer = User.objects.get(username="officer")
    assert Inquiry.objects.to_be_read_by(officer).count() == 1
    assert not Decision.objects.due(timezone.now()).exists()
    assert not Inquiry.objects.overdue().not_escalated().exists()
    at_desk = Inquiry.objects.waiting()
    by_officer = counts(at_desk, "assignee__username")
    assert set(by_officer) == {None, "officer", "officer2"}
    assert min(by_officer.values()) >= 5
    assert at_desk.overdue().filter(assignee=None).exists()
    assert at_desk.overdue().exclude(assignee=None).exists()


def test_past_is_one_of_working_days():
    for inquiry in Inquiry.objects.filed().prefetch_related("events"):
        moments = [event.at for event in inquiry.events.all() if event.actor_id]
        assert moments == sorted(moments), inquiry
        days = {timezone.localdate(at) for at in moments} - {timezone.localdate()}
        assert all(day.weekday() not in (4, 5) for day in days), inquiry
        assert inquiry.created_at <= inquiry.submitted_at < timezone.now()


def test_canned_texts_would_be_saved():
    for each in CannedText.objects.all():
        each.full_clean()


def test_answers_came_with_their_documents():
    answered = [
        step[3]
        for story in stories()
        for step in story["then"]
        if step[0] == "answer" and len(step) > 3
    ]
    names = {f"{name}.pdf" for name in answered}
    later = Attachment.objects.filter(sent_at__gt=F("inquiry__submitted_at"))
    assert set(later.values_list("original_name", flat=True)) == names
    assert later.count() == len(answered)


def test_rows_were_made_in_the_order_of_time():
    for events in (InquiryEvent, AppointmentEvent):
        moments = list(events.objects.order_by("pk").values_list("at", flat=True))
        assert moments == sorted(moments), events


def test_every_chain_verifies():
    call_command("verify_chains")


def test_no_text_of_the_past_is_still_to_leave_nor_on_the_phone(settings):
    assert not Message.objects.due(timezone.now()).exists()
    assert Message.objects.filter(status=Message.Status.SENT).count() > 300
    assert not settings.DEMO_PHONE_FILE.exists()


def test_manager_finds_a_closing_and_what_was_left_unmarked():
    manager = User.objects.get(username="manager")
    assert Appointment.objects.managed_by(manager).unmarked().count() == 1
    closing = Closure.objects.get()
    assert closing.first_day > timezone.localdate()
    displaced = Appointment.objects.displaced()
    assert {each.slot.day for each in displaced.select_related("slot")} == {closing.first_day}


def test_everybody_who_comes_today_stands_at_the_desk():
    at_desk = Appointment.objects.of_today().filter(slot__office__slug=OFFICE)
    assert set(counts(at_desk.with_standing(), "standing")) == STANDINGS
    assert at_desk.filter(is_walk_in=True).count() == 2


QUEUE, BOOKED = "requests_app_inquiry_changelist", "appointments_appointment_changelist"
LISTS = {
    "officer": [f"{QUEUE}?queue=nobody", f"{QUEUE}?queue=mine"],
    "officer2": [f"{QUEUE}?queue=mine"],
    "supervisor": [f"{QUEUE}?queue=all&time=overdue", "feedback"],
    "clerk": [BOOKED, "appointment_today?office=al-rimal", "recoveries"],
    "manager": [
        *(BOOKED, "appointment_unmarked", "recoveries"),
        *("appointments_closure_changelist", "portal_announcement_changelist"),
    ],
    "editor": ["catalogue_holiday_changelist", "portal_announcement_changelist", "feedback"],
    "auditor": [f"{QUEUE}?queue=all", BOOKED, "appointments_closure_changelist", "members"],
    "keeper": ["members"],
}
NAMES = {"feedback": "خمس دقائق", "recoveries": "Yazeed Alhazmi", "members": "officer2"}
NAMES |= {"appointment_today": "Lina Alkhatib", "appointment_unmarked": "Siti Nurhayati"}


def test_each_role_finds_something_on_its_pages():
    for role, lists in LISTS.items():
        browser = signed_in_staff(User.objects.get(username=role))
        for name, _mark, query in (each.partition("?") for each in lists):
            with translation.override("en"):
                page = browser.get(f"{reverse(f'admin:{name}')}?{query}")
            assert page.status_code == 200, (role, name)
            if name in NAMES:
                assert NAMES[name] in page.content.decode(), (role, name)
            else:
                assert page.context["cl"].result_list, (role, name)


def test_second_start_adds_nothing():
    models = (Inquiry, Appointment, Message, Announcement, Feedback, User, Slot)
    before = [model.objects.count() for model in models]
    start()
    assert [model.objects.count() for model in models] == before


@pytest.mark.parametrize("now", HOURS)
def test_another_day_has_people_of_its_own(now):
    with undone(), clock_at(now):
        filling.renew_today()
        at_desk = Appointment.objects.of_today().filter(slot__office__slug=OFFICE)
        assert set(counts(at_desk.with_standing(), "standing")) >= STANDINGS
        assert not today.is_empty(now)


def test_interrupted_filling_leaves_nothing(monkeypatch):
    with undone():
        people = User.objects.count()
        monkeypatch.setattr(filling, "add_people", lambda: User.objects.create_user("half", None))
        monkeypatch.setattr(filling, "add_inquiries", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            filling.fill()
        assert User.objects.count() == people


def test_demo_starts_without_a_past_that_does_not_go_with_it(monkeypatch, capsys):
    def refuse(*_given):
        raise RuleViolation("This service takes no inquiries.", code="service")

    with undone():
        target = "tawasul.portal.management.commands.fill_demo"
        monkeypatch.setattr(f"{target}.is_untouched", lambda: True)
        monkeypatch.setattr(f"{target}.fill", refuse)
        start()
    assert "The desks stay as they are: This service takes no" in capsys.readouterr().out


def test_demo_that_was_used_before_is_left_alone():
    assert not filling.is_untouched()


def test_desk_is_refused_outside_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="make run"):
        start()
