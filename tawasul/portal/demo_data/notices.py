"""What staff and visitors of the demo have left beside inquiries and appointments."""

import datetime
import json
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from appointments.models import Office
from core.accounts.actions import begin_recovery
from core.accounts.models import Recovery
from core.catalogue.models import Holiday, Service
from requests_app.models import CannedText
from tawasul.portal.actions.feedback import give_feedback
from tawasul.portal.demo_data.bookings import CLERK, MANAGER, MINUTE
from tawasul.portal.demo_data.chronicle import Chronicle
from tawasul.portal.demo_data.days import DAY, Days
from tawasul.portal.demo_data.people import account, identity_of
from tawasul.portal.models import Announcement

TOLD: dict[str, Any] = json.loads(Path(__file__).with_name("notices.json").read_text("utf-8"))
# No holiday of the demo is so near that an appointment could stand on it.
HOLIDAYS_FROM = 45 * DAY


def add_notices(chronicle: Chronicle, days: Days) -> None:
    for number, told in enumerate(TOLD["announcements"]):
        at = days.at(-1 - number, 8 * 60)
        chronicle.add(at, partial(_announce, days, told))
    for number, told in enumerate(TOLD["feedback"]):
        at = days.at(-1 - number % 12, 9 * 60 + number * 23)
        chronicle.add(at, partial(_answer, number, told))
    chronicle.add(days.at(-14, 9 * 60), _add_canned_texts)
    for number, begun_by in enumerate((CLERK, MANAGER)):
        username = TOLD["recoveries"][number]
        at = days.now - (40 - 15 * number) * MINUTE
        chronicle.add(at, partial(_begin_recovery, begun_by, username, number))
    chronicle.add(days.at(-3, 10 * 60), partial(_add_holidays, days.today))


def _announce(days: Days, told: dict[str, Any]) -> None:
    Announcement.objects.create(
        text_ar=told["ar"],
        text_en=told["en"],
        begins_at=days.at(told["from"], 0),
        ends_at=days.at(told["until"], 23 * 60),
        office=Office.objects.filter(slug=told.get("office")).first(),
        service=Service.objects.filter(slug=told.get("service")).first(),
    )


def _answer(number: int, told: dict[str, Any]) -> None:
    give_feedback(
        page=told["page"],
        language=told["language"],
        is_useful=told["is_useful"],
        sentence=told["sentence"],
        network=f"demo {number}",
        idempotency_key=uuid.uuid5(uuid.NAMESPACE_URL, f"demo feedback {number}"),
    )


def _begin_recovery(begun_by: str, username: str, number: int) -> None:
    """Begin to give somebody who has lost their mobile another one: a colleague confirms it."""
    begin_recovery(
        actor=account(begun_by),
        person=identity_of(account(username)),
        document=Recovery.Document.PASSPORT,
        document_end=f"7{number}4K",
        mobile=f"+96650000019{number}",
        idempotency_key=uuid.uuid5(uuid.NAMESPACE_URL, f"demo recovery {number}"),
    )


def _add_canned_texts() -> None:
    for told in TOLD["canned_texts"]:
        CannedText.objects.create(
            title_ar=told["title_ar"],
            title_en=told["title_en"],
            text_ar=told["ar"],
            text_en=told["en"],
            service=Service.objects.filter(slug=told.get("service")).first(),
        )


def _add_holidays(today: datetime.date) -> None:
    for told in TOLD["holidays"]:
        day = datetime.date(today.year, told["month"], told["day"])
        if day < today + HOLIDAYS_FROM:
            day = day.replace(year=today.year + 1)
        if day >= today + HOLIDAYS_FROM:
            Holiday.objects.get_or_create(
                day=day, defaults={"name_ar": told["ar"], "name_en": told["en"]}
            )
