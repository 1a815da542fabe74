"""Print every text and mail about an appointment, made with the longest names, as a table.

Each is rendered in both languages, at a time of the day and at one after midnight, with what the
portal gives its template and nothing else. A text is to fit three parts, and to say for whom it is,
which service, when, where and its number; `EXCEPTIONS` names those that leave something out.
"""

import datetime
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "templates" / "messages"
OF_AN_APPOINTMENT = ("appointment_*.txt", "time_free.txt", "wish_*.txt")
LANGUAGES = ("ar", "en")
MAX_PARTS = 3
REFERENCE = "888888888888"
# GSM 03.38 has these letters; any other makes all of a text UCS-2. Of the one, 160 letters fit into
# a text alone and 153 into a part of several; of the other, 70 and 67.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ALONE, OF_SEVERAL = {True: 160, False: 70}, {True: 153, False: 67}

# Names of the greatest length: a first name of 15 letters (cut from a longer one), a holder of 20
# (the first words of a longer name), a service of 25, an office of 30.
NAMES = {
    "ar": {
        "person": "سوبرامانيامبيلاي كريشنان",
        "holder": "مؤسسة أشجار النخيلية للمقاولات العامة والصيانة",
        "service": "تمديد تأشيرة زيارة عائلية",
        "office": "جوازات مركز حفر الباطن، العليا",
        "why_closed": "أعمال صيانة",
    },
    "en": {
        "person": "Balasubramanyamurthy Krishnan",
        "holder": "Green Palm Trees Est for General Contracting",
        "service": "Sponsored person services",
        "office": "Qasr Al-Hukm Station 2, Riyadh",
        "why_closed": "Repairs",
    },
}
MAX_FIRST_NAME, MAX_HOLDER = 15, 20
# What each says, besides the service and for whom it is.
WHEN = frozenset({"day of the week", "date", "other date", "time", "office"})
EXCEPTIONS = {
    "appointment_passed_on": (
        WHEN,
        "It goes to somebody who can no longer act for the person: the time is not theirs to know.",
    ),
    "time_free": ({"number"}, "What is kept for a wish is no appointment yet."),
    "wish_passed_on": (WHEN | {"number"}, "A wish has no time and no number yet."),
    "wish_passed_to_you": (WHEN | {"number"}, "A wish has no time and no number yet."),
}


def length_of(text: str) -> int:
    """Return the letters of a text, as networks count them."""
    return len(text.encode("utf-16-le")) // 2


def parts_of(text: str) -> int:
    is_gsm, length = GSM.issuperset(text), length_of(text)
    return 1 if length <= ALONE[is_gsm] else -(-length // OF_SEVERAL[is_gsm])


class Told(NamedTuple):
    """A text or a mail as it leaves, and what it has to say: {fact: its words}."""

    template: str
    language: str
    is_mail: bool
    words: str
    facts: dict[str, str]

    @property
    def lacking(self) -> list[str]:
        """What it ought to say and does not."""
        left_out = EXCEPTIONS.get(self.template, (set(), ""))[0]
        return [
            fact
            for fact, words in self.facts.items()
            if fact not in left_out and words not in self.words
        ]


def templates(*, of_mails: bool = False) -> list[str]:
    folder = FOLDER / "mails" if of_mails else FOLDER
    return sorted(path.stem for pattern in OF_AN_APPOINTMENT for path in folder.glob(pattern))


def everything() -> Iterator[Told]:
    """Yield each text and mail, in each language and each of its cases."""
    for is_mail in (False, True):
        for template in templates(of_mails=is_mail):
            for language in LANGUAGES:
                yield from _told(template, language, is_mail=is_mail)


def _told(template: str, language: str, *, is_mail: bool) -> Iterator[Told]:
    from django.template.loader import render_to_string
    from django.utils import translation

    folder = "messages/mails" if is_mail else "messages"
    with translation.override(language):
        for hour in (14, 0):
            start = _longest_moment(language, hour)
            facts = _facts(language, start)
            for context in _contexts(template, start):
                words = render_to_string(f"{folder}/{template}.txt", context).strip()
                yield Told(template, language, is_mail, words, facts)


@cache
def _longest_moment(language: str, hour: int) -> datetime.datetime:
    """Return the moment of thirty years that takes the most letters, at 45 minutes past `hour`."""
    from django.utils import timezone

    from core.template_filters import moment_in_text

    first = datetime.datetime(2026, 1, 1, hour, 45, tzinfo=timezone.get_current_timezone())
    days = (first + datetime.timedelta(days=day) for day in range(30 * 365))
    return max(days, key=lambda start: len(moment_in_text(start)))


def _facts(language: str, start: datetime.datetime) -> dict[str, str]:
    from core import hijri
    from core.references import reference_in_text
    from core.template_filters import first_words, time_of_day, weekday_or_night

    own, _space, other = hijri.both_in_text(start).partition(" (")
    names = NAMES[language]
    return {
        "for whom": first_words(names["person"].split()[0], MAX_FIRST_NAME),
        "service": names["service"],
        "day of the week": weekday_or_night(start),
        "date": own,
        "other date": other.removesuffix(")"),
        "time": time_of_day(start),
        "office": names["office"],
        "number": reference_in_text(REFERENCE),
    }


def _contexts(template: str, start: datetime.datetime) -> Iterator[dict[str, Any]]:
    """Yield what the portal gives the template, in each of the cases that it tells apart."""
    from appointments.models import Appointment, Offer, Office, Slot, Waiting
    from core.accounts.models import Identity
    from core.catalogue.models import Service

    def both(field: str, name: str) -> dict[str, str]:
        return {f"{field}_{language}": NAMES[language][name] for language in LANGUAGES}

    person, holder = Identity(**both("name", "person")), Identity(**both("name", "holder"))
    service = Service(**both("short_name", "service"))
    slot = Slot(office=Office(**both("short_name", "office")), start=start)
    about = {"holder": holder, "attendee": person, "service": service}
    waiting = Waiting(**about)
    appointment = Appointment(reference=REFERENCE, slot=slot, **about)
    known: dict[str, Any] = {"has_account": False}
    if not template.startswith("wish_") and template != "time_free":
        known["appointment"] = appointment
        known["why_closed"] = _InLanguage(both("reason", "why_closed"))
    if template in ("time_free", "appointment_offered", "appointment_displaced"):
        made = start - datetime.timedelta(days=2)
        until = made + datetime.timedelta(hours=24)
        known |= {"waiting": waiting, "offer": Offer(slot=slot, created_at=made, expires_at=until)}
    if template.startswith("wish_"):
        known["waiting"] = waiting
    if template == "appointment_displaced":
        # Arabic has a form of its own for each of these numbers.
        for hours in (1, 2, 3, 24):
            yield {**known, "hours": hours}
        return
    yield known
    if template == "appointment_passed_to_you":
        displaced = Appointment(
            reference=REFERENCE, slot=slot, status=Appointment.Status.DISPLACED, **about
        )
        yield {**known, "appointment": displaced}


class _InLanguage:
    """The reason of a closure, which is said in the language of the message."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.reasons[f"reason_{get_language()}"]


def print_table() -> None:
    print("template | language | letters | parts | words")
    for told in everything():
        kind = "mail " if told.is_mail else ""
        length, parts = length_of(told.words), "-" if told.is_mail else parts_of(told.words)
        words = told.words.replace("\n", " / ")
        print(f"{kind}{told.template} | {told.language} | {length} | {parts} | {words}")
        if told.lacking:
            print(f"    lacks: {', '.join(told.lacking)}")
    print("\nWhat is left out, and why:")
    for template, (facts, why) in EXCEPTIONS.items():
        print(f"{template} | {', '.join(sorted(facts))} | {why}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")
    import django

    django.setup()
    print_table()
