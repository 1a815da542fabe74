"""Records of the registry, read from texts and validated without a query.

The rows are those of `manage.py import_identities` and of a registry that answers over HTTP.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.hijri import hijri_to_gregorian
from core.identity_numbers import IdentityKind, identity_kind, is_identity_number
from core.mobiles import MobileField
from core.text import ascii_digits, bare_digits, single_line

IDENTITY_FIELDS = ("name_ar", "name_en", "birth_date", "nationality", "mobile", "status")
LINK_FIELDS = ("holder", "kind", "since", "until")
COLUMNS = ("record", "number", *IDENTITY_FIELDS, "current_number", *LINK_FIELDS)

_PERSON_DIGITS = ("1", "2", "3", "4")
_FIRST_DIGITS = (*_PERSON_DIGITS, "7")
_FIRST_GREGORIAN_YEAR = 1700
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNREADABLE = "\ufffd"  # the mark that decoders put in place of bytes they could not read
_ACTIVE, _DEPARTED = Identity.Status.ACTIVE.value, Identity.Status.DEPARTED.value
_MOBILE = MobileField()

_Value = TypeVar("_Value")
_Empty = TypeVar("_Empty")


class WrongRecord(ValueError):
    """Raised with all reasons against a record; none quotes its data, as reasons are logged."""

    def __init__(self, *reasons: str) -> None:
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
    """A former number of an identity, and its number in force."""

    number: str
    current_number: str


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link between the person with `number` and `holder`; both numbers may be former ones."""

    holder: str
    number: str
    kind: str
    since: date
    until: date | None


Record = IdentityRecord | FormerNumberRecord | LinkRecord


def read_record(texts: Mapping[str, str | None]) -> Record:
    """Return the record in `texts`, a dict by column; raise WrongRecord with all reasons."""
    row = _Row(texts)
    word = row.texts["record"]
    if word not in _READERS:
        raise WrongRecord(f"record has to be {_listed(_READERS)}")
    record = _READERS[word](row)
    row.refuse_other_columns(word)
    if row.reasons:
        raise WrongRecord(*row.reasons)
    return record


class _Row:
    """The texts of a row, taken column by column; errors are collected in `reasons`."""

    def __init__(self, texts: Mapping[str, str | None]) -> None:
        self.texts = {column: single_line(texts.get(column) or "") for column in COLUMNS}
        self.reasons: list[str] = []
        self._unread = dict.fromkeys(COLUMNS[1:])

    def take(self, column: str, read: Callable[[str], _Value]) -> _Value:
        """Return the column as read by `read`; if that fails, note the error and return None."""
        self._unread.pop(column)
        text = self.texts[column]
        try:
            if not text:
                raise ValueError("is missing")
            if _UNREADABLE in text:
                raise ValueError("has characters that could not be read")
            return read(text)
        except ValueError as error:
            self.reasons.append(f"{column} {error}")
            return None  # type: ignore[return-value]  # read_record then raises

    def take_if_any(
        self, column: str, read: Callable[[str], _Value], empty: _Empty
    ) -> _Value | _Empty:
        """Return `empty` for an empty column; otherwise do as `take`."""
        if not self.texts[column]:
            self._unread.pop(column)
            return empty
        return self.take(column, read)

    def refuse_other_columns(self, word: str) -> None:
        """Note an error for each filled column that a record of this type does not have."""
        for column in self._unread:
            if self.texts[column]:
                self.reasons.append(f"{column} has to be empty for {word}")


def _person(row: _Row) -> IdentityRecord:
    return IdentityRecord(
        number=row.take("number", _number_of(*_PERSON_DIGITS)),
        name_ar=row.take("name_ar", _name),
        name_en=row.take("name_en", _name),
        birth_date=row.take("birth_date", _past_day),
        nationality=row.take("nationality", _country),
        mobile=row.take_if_any("mobile", _mobile, ""),
        status=row.take_if_any("status", _one_of(*Identity.Status.values), _ACTIVE),
    )


def _establishment(row: _Row) -> IdentityRecord:
    return IdentityRecord(
        number=row.take("number", _number_of("7")),
        name_ar=row.take("name_ar", _name),
        name_en=row.take("name_en", _name),
        birth_date=None,
        nationality=row.take_if_any("nationality", _country, "SA"),
        mobile=row.take_if_any("mobile", _mobile, ""),
        status=row.take_if_any("status", _one_of(_ACTIVE, _DEPARTED), _ACTIVE),
    )


def _former_number(row: _Row) -> FormerNumberRecord:
    number = row.take("number", _number_of(*_FIRST_DIGITS))
    current = row.take("current_number", _number_of(*_FIRST_DIGITS))
    if number and current:
        if number == current:
            row.reasons.append("number and current_number are the same")
        elif _is_establishment(number) != _is_establishment(current):
            row.reasons.append("number and current_number are of a person and an establishment")
    return FormerNumberRecord(number, current)


def _link(row: _Row) -> LinkRecord:
    link = LinkRecord(
        holder=row.take("holder", _number_of(*_FIRST_DIGITS)),
        number=row.take("number", _number_of(*_PERSON_DIGITS)),
        kind=row.take("kind", _one_of(*Link.Kind.values)),
        since=row.take("since", _day),
        until=row.take_if_any("until", _day, None),
    )
    if link.since and link.until and link.until < link.since:
        row.reasons.append("until is before since")
    return link


_READERS: dict[str, Callable[[_Row], Record]] = {
    "person": _person,
    "establishment": _establishment,
    "former_number": _former_number,
    "link": _link,
}


def _is_establishment(number: str) -> bool:
    return identity_kind(number) == IdentityKind.ESTABLISHMENT


def _number_of(*first_digits: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        number = bare_digits(text)
        if not (is_identity_number(number) and number[0] in first_digits):
            end = " and end in the right check digit" if settings.IDENTITY_CHECK_DIGIT else ""
            raise ValueError(f"has to be 10 digits that begin with {_listed(first_digits)}{end}")
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"has to be {_listed(words)}")
        return text

    return read


def _name(text: str) -> str:
    longest = Identity._meta.get_field("name_ar").max_length
    if len(text) > longest:  # type: ignore[operator]  # this field has a maximum
        raise ValueError(f"has more than {longest} characters")
    return text


def _country(text: str) -> str:
    if not _COUNTRY.fullmatch(text):
        raise ValueError("has to be the two capital letters of a country, for example SA")
    return text


def _mobile(text: str) -> str:
    try:
        return str(_MOBILE.clean(text))
    except ValidationError as error:
        raise ValueError("has to be a mobile number, for example +9665XXXXXXXX") from error


def _day(text: str) -> date:
    """Return a day of either calendar; a year before 1700 is taken as Umm al-Qura."""
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


def _past_day(text: str) -> date:
    day = _day(text)
    if day > timezone.localdate():
        raise ValueError("is still to come")
    return day


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
