"""Umm al-Qura and Gregorian dates, side by side, as people read them.

hijridate knows 1343 to 1500 AH (1 August 1924 to 16 November 2077); outside that range it raises
OverflowError, and a date is then shown in the Gregorian calendar alone.
"""

import datetime

from django.utils import timezone
from django.utils.translation import get_language
from hijridate import Gregorian

# One list of month names each: Django, CLDR and hijridate spell some of them differently.
_HIJRI_MONTHS = {
    "ar": (
        "محرم",
        "صفر",
        "ربيع الأول",
        "ربيع الآخر",
        "جمادى الأولى",
        "جمادى الآخرة",
        "رجب",
        "شعبان",
        "رمضان",
        "شوال",
        "ذو القعدة",
        "ذو الحجة",
    ),
    "en": (
        "Muharram",
        "Safar",
        "Rabi al-Awwal",
        "Rabi al-Thani",
        "Jumada al-Ula",
        "Jumada al-Akhirah",
        "Rajab",
        "Shaban",
        "Ramadan",
        "Shawwal",
        "Dhu al-Qadah",
        "Dhu al-Hijjah",
    ),
}
_GREGORIAN_MONTHS = {
    "ar": (
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
_ERAS = {"ar": ("هـ", "م"), "en": ("AH", "CE")}


def hijri_date(day: datetime.date) -> tuple[int, int, int]:
    """Year, month and day of `day` in the Umm al-Qura calendar; OverflowError outside its range."""
    return Gregorian.fromdate(day).to_hijri().datetuple()


def both_calendars(moment: datetime.date | datetime.datetime, language: str | None = None) -> str:
    """A date in words in both calendars, the one usual in `language` first.

    A moment is taken as the day it is in the Kingdom. `language` is the active one unless told.
    """
    language = language or get_language() or "ar"
    if isinstance(moment, datetime.datetime):
        moment = timezone.localtime(moment).date()
    hijri_era, gregorian_era = _ERAS[language]
    month = _GREGORIAN_MONTHS[language][moment.month - 1]
    gregorian = f"{moment.day} {month} {moment.year} {gregorian_era}"
    try:
        year, hijri_month, day = hijri_date(moment)
    except OverflowError:
        return gregorian
    hijri = f"{day} {_HIJRI_MONTHS[language][hijri_month - 1]} {year} {hijri_era}"
    first, second = (hijri, gregorian) if language == "ar" else (gregorian, hijri)
    return f"{first} ({second})"
