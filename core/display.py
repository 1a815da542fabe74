"""Template filters for what every page shows: dates, references, masked numbers."""

from django import template
from django.utils import timezone
from django.utils.html import format_html

from core import hijri, references

register = template.Library()

register.filter("both_calendars", hijri.both_calendars)
register.filter("day_in_other_calendar", hijri.day_in_other_calendar)


def masked(number: str) -> str:
    """Hide all but the last three digits, so that its owner alone knows the number again."""
    return "•••• " + str(number)[-3:]


@register.filter
def unlocalized(value):
    """A number as programs write it."""
    return str(value)


@register.filter
def in_minutes(seconds):
    """How many full minutes so many seconds are about, at least one."""
    return max(1, round(seconds / 60))


@register.filter
def time_of_day(value):
    """The time in the Kingdom, as 14:05."""
    return f"{timezone.localtime(value):%H:%M}"


@register.filter
def moment_in_words(value):
    """As `moment`, for texts: without marks of direction, which a phone may show."""
    return f"{hijri.both_calendars(value)} {time_of_day(value)}"


@register.filter
def moment(value):
    """The day in both calendars and the time of day in the Kingdom, as 14:05."""
    return format_html("{} · {}", hijri.both_calendars(value), ltr(time_of_day(value)))


@register.filter
def isolated(value):
    """A name, which may run the other way than the text around it."""
    return format_html("<bdi>{}</bdi>", value)


@register.filter
def ltr(value):
    """A number or an address that reads from left to right, whatever the text around it does."""
    return format_html('<bdi dir="ltr">{}</bdi>', value)


@register.filter
def reference(value):
    """A reference number in groups, reading from left to right."""
    return ltr(references.grouped_reference(value))


@register.filter
def masked_recipient(value):
    """A mobile with all but its last digits hidden, or a mail address in full."""
    return ltr(value) if "@" in str(value) else masked_number(value)


@register.filter
def masked_number(value):
    """A number with all but its last digits hidden, reading from left to right."""
    return ltr(masked(value))


@register.filter
def masked_mail(value):
    """A mail address with all but its first letter and its domain hidden."""
    return ltr(f"{value[:1]}•••@{value.partition('@')[2]}")
