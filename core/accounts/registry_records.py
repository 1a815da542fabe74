"""What the registry says, row by row: read from texts and validated, without a look at the tables.

The rows are those of `manage.py import_identities` and of a registry that answers over HTTP.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.hijri import hijri_to_gregorian
from core.identity_numbers import IdentityKind, identity_kind, is_identity_number
from core.mobiles import MobileField
from core.text import ascii_digits, bare_digits, single_line

OF_AN_IDENTITY = ("name_ar", "name_en", "birth_date", "nationality", "mobile", "status")
OF_A_LINK = ("holder", "kind", "since", "until")
COLUMNS = ("record", "number", *OF_AN_IDENTITY, "current_number", *OF_A_LINK)

_PERSONS = ("1", "2", "3", "4")
_ALL = (*_PERSONS, "7")
_FIRST_GREGORIAN_YEAR = 1700
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNREADABLE = "\ufffd"  # stands where a program before us met bytes that it could not read
_ACTIVE, _DEPARTED = Identity.Status.ACTIVE.value, Identity.Status.DEPARTED.value
_MOBILE = MobileField()


class WrongRecord(ValueError):
    """Holds every reason why; none repeats what stood there, because reasons are logged."""

    def __init__(self, *reasons):
        super().__init__("; ".join(reasons))


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """A person or an establishment, with the number in force."""

    number: str
    name_ar: str
    name_en: str
    birth_date: date | None
    nationality: str
    mobile: str
    status: str


@dataclass(frozen=True, slots=True)
class FormerNumberRecord:
    """A number that somebody had, and the one in force."""

    number: str
    current_number: str


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """Why the person with `number` is linked to `holder`; both numbers may be former ones."""

    holder: str
    number: str
    kind: str
    since: date
    until: date | None


def read_record(texts):
    """What these texts, by column, tell of; raises WrongRecord with every reason."""
    row = _Row(texts)
    word = row.texts["record"]
    if word not in _READERS:
        raise WrongRecord(f"record has to be {_listed(_READERS)}")
    record = _READERS[word](row)
    row.refuse_the_rest(word)
    if row.reasons:
        raise WrongRecord(*row.reasons)
    return record


class _Row:
    """The texts of a row, taken column by column; what is wrong with them is gathered."""

    def __init__(self, texts):
        self.texts = {column: single_line(texts.get(column) or "") for column in COLUMNS}
        self.reasons = []
        self._left = dict.fromkeys(COLUMNS[1:])

    def take(self, column, read):
        """What `read` makes of the column; None where something is wrong."""
        self._left.pop(column)
        text = self.texts[column]
        try:
            if not text:
                raise ValueError("is missing")
            if _UNREADABLE in text:
                raise ValueError("has characters that could not be read")
            return read(text)
        except ValueError as error:
            self.reasons.append(f"{column} {error}")
            return None

    def take_if_any(self, column, read, empty):
        """As `take`, and `empty` for a column in which nothing stands."""
        if not self.texts[column]:
            self._left.pop(column)
            return empty
        return self.take(column, read)

    def refuse_the_rest(self, word):
        """What stands in a column that says nothing for such a row has slipped there."""
        for column in self._left:
            if self.texts[column]:
                self.reasons.append(f"{column} has to be empty for {word}")


def _person(row):
    return IdentityRecord(
        number=row.take("number", _number_of(*_PERSONS)),
        name_ar=row.take("name_ar", _name),
        name_en=row.take("name_en", _name),
        birth_date=row.take("birth_date", _past_day),
        nationality=row.take("nationality", _country),
        mobile=row.take_if_any("mobile", _mobile, ""),
        status=row.take_if_any("status", _one_of(*Identity.Status.values), _ACTIVE),
    )


def _establishment(row):
    return IdentityRecord(
        number=row.take("number", _number_of("7")),
        name_ar=row.take("name_ar", _name),
        name_en=row.take("name_en", _name),
        birth_date=None,
        nationality=row.take_if_any("nationality", _country, "SA"),
        mobile=row.take_if_any("mobile", _mobile, ""),
        status=row.take_if_any("status", _one_of(_ACTIVE, _DEPARTED), _ACTIVE),
    )


def _former_number(row):
    number = row.take("number", _number_of(*_ALL))
    current = row.take("current_number", _number_of(*_ALL))
    if number and current:
        if number == current:
            row.reasons.append("number and current_number are the same")
        elif _is_establishment(number) != _is_establishment(current):
            row.reasons.append("number and current_number are of a person and an establishment")
    return FormerNumberRecord(number, current)


def _link(row):
    link = LinkRecord(
        holder=row.take("holder", _number_of(*_ALL)),
        number=row.take("number", _number_of(*_PERSONS)),
        kind=row.take("kind", _one_of(*Link.Kind.values)),
        since=row.take("since", _day),
        until=row.take_if_any("until", _day, None),
    )
    if link.since and link.until and link.until < link.since:
        row.reasons.append("until is before since")
    return link


_READERS = {
    "person": _person,
    "establishment": _establishment,
    "former_number": _former_number,
    "link": _link,
}


def _is_establishment(number):
    return identity_kind(number) == IdentityKind.ESTABLISHMENT


def _number_of(*first_digits):
    def read(text):
        number = bare_digits(text)
        if not (is_identity_number(number) and number[0] in first_digits):
            end = " and end in the right check digit" if settings.IDENTITY_CHECK_DIGIT else ""
            raise ValueError(f"has to be 10 digits that begin with {_listed(first_digits)}{end}")
        return number

    return read


def _one_of(*words):
    def read(text):
        if text not in words:
            raise ValueError(f"has to be {_listed(words)}")
        return text

    return read


def _name(text):
    longest = Identity._meta.get_field("name_ar").max_length
    if len(text) > longest:
        raise ValueError(f"has more than {longest} characters")
    return text


def _country(text):
    if not _COUNTRY.fullmatch(text):
        raise ValueError("has to be the two capital letters of a country, for example SA")
    return text


def _mobile(text):
    try:
        return str(_MOBILE.clean(text))
    except ValidationError as error:
        raise ValueError("has to be a mobile number, for example +9665XXXXXXXX") from error


def _day(text):
    """A day of either calendar: a year before 1700 is one of Umm al-Qura."""
    found = _DAY.fullmatch(ascii_digits(text))
    if not found:
        raise ValueError("has to be a day written as YYYY-MM-DD")
    year, month, day = map(int, found.groups())
    try:
        if year < _FIRST_GREGORIAN_YEAR:
            return hijri_to_gregorian(year, month, day)
        return date(year, month, day)
    except ValueError as error:
        raise ValueError("is no day of the calendar (Hijri years are 1343 to 1500)") from error


def _past_day(text):
    day = _day(text)
    if day > timezone.localdate():
        raise ValueError("is still to come")
    return day


def _listed(words):
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
