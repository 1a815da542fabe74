"""Template filters for dates, references and masked numbers, on every page."""

import datetime
import re

from django import template
from django.http import QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import hijri, references

register = template.Library()

# Until this hour people say that it is still the night of the day before.
_MORNING = 6
_ICON_LINK = re.compile(r'(<a\b[^>]*\btitle="([^"]*)"[^>]*>)((?:<img\b[^>]*>)?)</a>')

register.filter("both_calendars", hijri.both_calendars)
register.filter("both_in_text", hijri.both_in_text)
register.filter("in_each_calendar", hijri.in_each_calendar)
register.filter("day_in_other_calendar", hijri.day_in_other_calendar)


def masked(number: object) -> str:
    """Hide all but the last three digits, so that only the owner recognises the number."""
    return "•••• " + str(number)[-3:]


@register.filter
def unlocalized(value: object) -> str:
    """Return the number as programs write it, without separators of the language."""
    return str(value)


@register.filter
def in_minutes(seconds: float) -> int:
    """Return the seconds as minutes, rounded, at least 1."""
    return max(1, round(seconds / 60))


@register.filter
def time_of_day(value: datetime.datetime) -> str:
    """Return the time of day in the Kingdom, as 14:05."""
    return f"{timezone.localtime(value):%H:%M}"


@register.filter
def time_beside(value: datetime.datetime, other: datetime.datetime) -> str:
    """Return the time of day, and its weekday where that is another than that of `other`."""
    if timezone.localdate(value) == timezone.localdate(other):
        return time_of_day(value)
    return _("%(time)s on %(weekday)s") % {"time": time_of_day(value), "weekday": weekday(value)}


@register.filter
def night(value: datetime.datetime) -> str:
    """Return whose night it is in the Kingdom: of the evening before and of this day, or ""."""
    here = timezone.localtime(value)
    if here.hour >= _MORNING:
        return ""
    days = {"evening": weekday(here.date() - datetime.timedelta(days=1)), "day": weekday(here)}
    return _("the night from %(evening)s to %(day)s") % days


@register.filter
def weekday_or_night(value: datetime.datetime) -> str:
    """Return the name of the day of the week, or of a moment after midnight whose night it is."""
    return night(value) or weekday(value)


@register.filter
def moment_in_text(value: datetime.datetime) -> str:
    """Return weekday, day in both calendars and time, as short as a text of a language needs it."""
    return f"{weekday_or_night(value)} {hijri.both_in_text(value)} {time_of_day(value)}"


@register.filter
def day_in_text(value: datetime.date) -> str:
    """Return weekday and day in both calendars, as short as a text of a language needs it."""
    return f"{weekday(value)} {hijri.both_in_text(value)}"


@register.filter
def moment_in_words(value: datetime.datetime) -> str:
    """Return the same as `moment` without markup, for text messages and mails."""
    return f"{hijri.both_calendars(value)} {time_of_day(value)}"


@register.filter
def weekday(value: datetime.date | datetime.datetime) -> str:
    """Return the name of the day of the week in the Kingdom."""
    return str(WEEKDAYS[hijri.day_of(value).weekday()])


@register.filter
def without_year(value: datetime.date | datetime.datetime) -> tuple[str, str]:
    """Return what `in_each_calendar` does without the year, for a day of the coming weeks."""
    return hijri.in_each_calendar(value, with_year=False)


@register.filter
def full_day(value: datetime.date | datetime.datetime) -> SafeString:
    """Return in one line what components/when.html says of a day; its bracket stays whole."""
    return _day(weekday(value), value)


def _day(of_the_week: str, value: datetime.date | datetime.datetime) -> SafeString:
    own, other = hijri.in_each_calendar(value)
    if not other:
        return format_html("{} {}", of_the_week, own)
    return format_html('{} {} <span class="whole">({})</span>', of_the_week, own, other)


@register.filter
def full_moment(value: datetime.datetime) -> SafeString:
    """Return weekday or night, the day as `full_day` does, and the time of day in the Kingdom."""
    time = ltr(time_of_day(value))
    return format_html("{} · {}", _day(weekday_or_night(value), value), time)


def full_moment_in_words(value: datetime.datetime) -> str:
    """Return the same as `full_moment` without markup, where there can be none."""
    return f"{weekday_or_night(value)} {hijri.both_calendars(value)} · {time_of_day(value)}"


@register.filter
def full_day_in_words(value: datetime.date | datetime.datetime) -> str:
    """Return the same as `full_day` without markup, where there can be none."""
    return f"{weekday(value)} {hijri.both_calendars(value)}"


@register.filter
def just_now_in_words(value: datetime.datetime) -> str:
    """Return the same as `moment_in_words` without the year, where a text has no room for it."""
    return f"{hijri.both_calendars(value, with_year=False)} {time_of_day(value)}"


@register.filter
def first_words(name: str, most: int) -> str:
    """Return the first words of a name that fit into `most` letters, or the cut first word."""
    words = name[: most + 1].rsplit(" ", 1)[0] if len(name) > most else name
    return words[:most]


@register.filter
def moment(value: datetime.datetime) -> SafeString:
    """Return the day in both calendars and the time of day in the Kingdom, as 14:05."""
    return format_html("{} · {}", hijri.both_calendars(value), ltr(time_of_day(value)))


@register.filter
def isolated(value: object) -> SafeString:
    """Isolate a name, whose direction may differ from that of the surrounding text."""
    return format_html("<bdi>{}</bdi>", value)


@register.filter
def ltr(value: object) -> SafeString:
    """Isolate a number or an address that always reads from left to right."""
    return format_html('<bdi dir="ltr">{}</bdi>', value)


@register.filter
def reference(value: str) -> SafeString:
    """Return the reference number in groups of four, reading from left to right."""
    return ltr(references.grouped_reference(value))


@register.filter
def reference_in_text(value: str) -> str:
    """Return the reference number in groups that an Arabic sentence does not turn round."""
    return references.reference_in_text(value)


@register.filter
def masked_recipient(value: object) -> SafeString:
    """Return a mobile with all but its last three digits hidden, or a mail address in full."""
    return ltr(value) if "@" in str(value) else masked_number(value)


@register.filter
def masked_number(value: object) -> SafeString:
    """Return a number with all but its last three digits hidden, reading from left to right."""
    return ltr(masked(value))


@register.filter
def masked_mail(value: str) -> SafeString:
    """Return a mail address with all but its first letter and its domain hidden."""
    return ltr(f"{value[:1]}•••@{value.partition('@')[2]}")


@register.filter
def parameter(query: str, name: str) -> str:
    """Return the value of a parameter in a query such as "?page=2", or "" without it."""
    return QueryDict(query.removeprefix("?")).get(name, "")


@register.filter
def with_link_texts(markup: object) -> SafeString:
    """Give the links of Django's admin that are an icon alone the text of their title."""
    text = r'\1\3<span class="visually-hidden">\2</span></a>'
    return mark_safe(_ICON_LINK.sub(text, str(markup)))  # noqa: S308 - Django's own markup


@register.filter
def with_row_headers(markup: SafeString) -> SafeString:
    """Give the row headers in a list of Django's admin their scope."""
    scoped = markup.replace('<th class="field-', '<th scope="row" class="field-')
    return mark_safe(scoped)  # noqa: S308 - Django's own markup
